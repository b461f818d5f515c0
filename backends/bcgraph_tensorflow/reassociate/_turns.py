"""All turns of a graph at once, by TensorFlow's `pfor`, the engine of `tf.vectorized_map`.

Its converters do the operations. What it does not know, or not as a loop needs it, is done here:
an item at an index that differs from turn to turn, and branches, each output of which is computed
for the turns that take them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import func_graph
from tensorflow.python.ops.parallel_for import pfor
from tensorflow.python.util import object_identity

from ._folds import Count
from ._reads import BRANCHES, SELECTIONS, Reads, is_item


class Unfit(Exception):
    """What cannot be done for all turns at once, though it looked so."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What an input of a graph is: a value for each turn, or one for all."""

    value: Any
    stacked: bool = True


@functools.cache
def can_convert(kind: str) -> bool:
    """Whether an operation can be done for all turns at once."""
    return kind in pfor._pfor_converter_registry or kind in ("Const", "StridedSlice")


class Turns:
    """The values of a graph in `count` turns; `numbers` are those of the turns."""

    def __init__(self, reads: Reads, count: Count, numbers: Any, given: Sequence[Given | None]):
        self._reads, self.count, self.numbers = reads, count, numbers
        scratch = func_graph.FuncGraph("turns")
        with scratch.as_default():
            turn = tf.compat.v1.placeholder_with_default(0, [])
        self._keep = scratch
        operations = reads.graph.get_operations()
        self._engine = pfor.PFor(turn, count, operations, False, all_indices=numbers)
        outside = {id(inside): value for value, inside in reads.graph.captures}
        for place, value in enumerate(reads.graph.inputs):
            one = given[place] if place < len(given) else None
            if one is None and id(value) in outside:
                one = Given(outside[id(value)], False)
            if one is not None:
                self._set(value, one.value, one.stacked)

    def with_state(self, place: int, given: Given) -> Turns:
        """The same with one input more, and all that has been computed without it."""
        made = object.__new__(Turns)
        made.__dict__.update(self.__dict__)
        engine = made._engine = object.__new__(pfor.PFor)
        engine.__dict__.update(self._engine.__dict__)
        engine._conversion_map = object_identity.ObjectIdentityDictionary()
        engine._conversion_map.update(self._engine._conversion_map)
        made._set(self._reads.graph.inputs[place], given.value, given.stacked)
        return made

    def has_state(self, place: int) -> bool:
        """Whether an input is known."""
        return self._has(self._reads.graph.inputs[place])

    def _set(self, old: Any, new: Any, stacked: bool) -> None:
        self._engine._add_conversion(old, pfor.wrap(new, stacked))

    def prepare(self, value: Any, unset: frozenset[int]) -> None:
        """Computes what a value needs that does not come from the inputs that are `unset`."""
        for op, outputs in self._reads.steps([value]):
            for output in outputs:
                if not unset & self._reads.of(output):
                    self._convert(op, output)

    def of(self, value: Any) -> Given:
        """A value, of each turn if it differs."""
        for op, outputs in self._reads.steps([value]):
            for output in outputs:
                self._convert(op, output)
        found = self._engine._convert_helper(value)
        return Given(found.t, found.is_stacked)

    def stacked(self, value: Any) -> Any:
        """A value in all turns, along a new first axis."""
        self.of(value)
        found = self._engine.convert(value)
        found.set_shape(tf.TensorShape([self._row_count]).concatenate(value.shape))
        return found

    @property
    def _row_count(self) -> int | None:
        return self.count if isinstance(self.count, int) else None

    def _has(self, value: Any) -> bool:
        return value in self._engine._conversion_map

    def _known(self, value: Any) -> Given:
        found = self._engine._conversion_map[value]
        return Given(found.t, found.is_stacked)

    def _convert(self, op: Any, output: Any) -> None:
        if self._has(output):
            return
        chosen = self._reads.chosen(op) if op.type in SELECTIONS else None
        if chosen is not None:
            found = self._known(chosen)
        elif op.type in BRANCHES:
            found = self._branch(op, output)
        elif op.type in ("StridedSlice", "GatherV2") and self._takes_rows(op):
            found = self._rows_of(op)
        elif op.type == "Select" and self._known(op.inputs[0]).stacked:
            found = self._selection(op)
        elif op.type == "StridedSlice" and self._differs(op):
            found = self._item(op)
        else:
            self._engine._convert_helper(output)
            return
        self._set(output, found.value, found.stacked)

    def _selection(self, op: Any) -> Given:
        """A `Select`, without tiles of what is the same in all turns."""
        predicate, first, second = (self._known(value).value for value in op.inputs)
        if op.inputs[0].shape.rank == 0 and op.inputs[1].shape.rank:
            predicate = tf.reshape(predicate, [-1] + [1] * op.inputs[1].shape.rank)
        return Given(tf.where(predicate, first, second))

    def _takes_rows(self, op: Any) -> bool:
        """Whether each turn takes the next row of a tensor."""
        return not self._known(op.inputs[0]).stacked and self._reads.row(op) is not None

    def _rows_of(self, op: Any) -> Given:
        tensor, first = self._known(op.inputs[0]).value, self._reads.row(op)
        if first == 0 and tensor.shape[0] is not None and tensor.shape[0] == self._row_count:
            return Given(tensor)
        return Given(tensor[first : first + self.count])

    def _differs(self, op: Any) -> bool:
        return any(self._known(bound).stacked for bound in list(op.inputs)[1:])

    def _item(self, op: Any) -> Given:
        """`x[i, j]`, at other indices in each turn."""
        if not is_item(op):
            raise Unfit("a slice that differs from turn to turn")
        tensor, index = self._known(op.inputs[0]), self._index(op)
        taken = op.inputs[1].shape[0]
        batch = int(tensor.stacked)
        sizes = tf.shape(tensor.value)[batch : batch + taken]
        known = tensor.value.shape[batch : batch + taken]
        if known.is_fully_defined():
            sizes = tf.constant(list(known), tf.int32)
        if not self._reads.is_safe(op):
            index = tf.where(index < 0, index + tf.cast(sizes, index.dtype), index)
        if taken == 1:
            found = tf.gather_nd(tensor.value, index[:, None], batch_dims=batch)[:, 0]
        else:
            found = tf.gather_nd(tensor.value, index, batch_dims=batch)
        return Given(found)

    def _index(self, op: Any) -> Any:
        """The indices of all turns, in columns."""
        return self._engine._unwrap_or_tile(self._engine._convert_helper(op.inputs[1]))

    def _branch(self, op: Any, output: Any) -> Given:
        ways, number = self._reads.ways(op), output.value_index
        inputs = [self._known(value) if self._has(value) else None for value in list(op.inputs)[1:]]
        if len(ways) == 1:
            return Turns(ways[0], self.count, self.numbers, inputs).of(
                ways[0].graph.outputs[number]
            )
        predicate = self._known(op.inputs[0])
        if not predicate.stacked:
            made = [
                lambda way=way: Turns(way, self.count, self.numbers, inputs).stacked(
                    way.graph.outputs[number]
                )
                for way in ways
            ]
            return Given(tf.cond(predicate.value, *made))
        others, those = tf.dynamic_partition(
            tf.range(self.count, dtype=tf.int32), tf.cast(predicate.value, tf.int32), 2
        )
        found = []
        for way, turns in ((ways[1], others), (ways[0], those)):
            given = [
                Given(tf.gather(one.value, turns)) if one is not None and one.stacked else one
                for one in inputs
            ]
            some = Turns(way, tf.size(turns), turns, given)
            found.append(some.stacked(way.graph.outputs[number]))
        joined = tf.dynamic_stitch([others, those], found)
        joined.set_shape(tf.TensorShape([self._row_count]).concatenate(output.shape))
        return Given(joined)
