"""How often a loop turns at most, and which indices are numbers of rows in each of its turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ._folds import Count
from ._reads import constant, is_item, origin


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop as it has been recorded, and what its first turn is given."""

    test: Any
    body: Any
    before: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Affine:
    """`start + step * turn`."""

    start: int
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """A test that counts.

    Attributes:
        loop: whose.
        steps: of what is counted, by its place, a turn's.
        place: what the test counts.
        limit: up to where, exclusively: an int, or a tensor outside of the loop.
        terms: what else the test asks, all of which must hold.
    """

    loop: Loop
    steps: dict[int, int]
    place: int
    limit: Any
    terms: tuple[Any, ...]

    @property
    def known(self) -> int | None:
        """How many turns there are at most, where that is known."""
        start = constant(self.loop.before[self.place])
        if start is None or not isinstance(self.limit, int):
            return None
        return max(-((int(start) - self.limit) // self.steps[self.place]), 0)

    def count(self, before: Any, limit: Any) -> Count:
        """The same, in the graph that is being built."""
        if self.known is not None:
            return self.known
        start = before[self.place]
        limit = tf.cast(limit, start.dtype)
        step = self.steps[self.place]
        turns = limit - start if step == 1 else -((start - limit) // step)
        return tf.cast(tf.maximum(turns, 0), tf.int32)

    @property
    def counts_rows(self) -> bool:
        """Whether it turns once for each row of some tensor, at most."""
        return isinstance(self.limit, int) or _row_count_of(self.limit) is not None

    def affine(self, value: Any) -> Affine | None:
        """An integer of the body as a function of the number of the turn."""
        value = _uncast(value)
        known = constant(value)
        if known is not None:
            return Affine(int(known), 0) if np.ndim(known) == 0 else None
        op = value.op
        if op.type in ("Add", "AddV2", "Sub"):
            first, second = (self.affine(side) for side in op.inputs)
            if first is None or second is None:
                return None
            sign = -1 if op.type == "Sub" else 1
            return Affine(first.start + sign * second.start, first.step + sign * second.step)
        if op.type == "GatherV2" and op.inputs[1].shape.rank == 0:
            return self._of_range(op)
        for place, step in self.steps.items():
            if self.loop.body.inputs[place] is value:
                start = constant(self.loop.before[place])
                return None if start is None else Affine(int(start), step)
        return None

    def _of_range(self, op: Any) -> Affine | None:
        """A number of a `tf.range`."""
        index, numbers = self.affine(op.inputs[1]), _outside(op.inputs[0]).op
        if index is None or numbers.type != "Range" or not self.is_safe(op):
            return None
        start, step = constant(numbers.inputs[0]), constant(numbers.inputs[2])
        if start is None or step is None or not op.outputs[0].dtype.is_integer:
            return None
        return Affine(int(start) + int(step) * index.start, int(step) * index.step)

    def row(self, op: Any) -> int | None:
        """Which row of a tensor a read takes in the first turn, and the next one in the next."""
        index = op.inputs[1]
        index = getattr(index, "_bcgraph_unguarded", index)
        if not self.is_safe(op):
            return None
        if op.type == "StridedSlice":
            if index.op.type != "Pack" or len(index.op.inputs) != 1:
                return None
            index = index.op.inputs[0]
        elif constant(op.inputs[2]) != 0:
            return None
        found = self.affine(index)
        return found.start if found is not None and found.step == 1 else None

    def is_safe(self, op: Any) -> bool:
        """Whether a read of an item or row is one that the tensor has, in each turn."""
        index = op.inputs[1]
        index = getattr(index, "_bcgraph_unguarded", index)
        if op.type == "GatherV2":
            axis = constant(op.inputs[2])
            if axis is None or op.get_attr("batch_dims") or index.shape.rank != 0:
                return False
            return self._is_within(index, op.inputs[0], int(axis))
        if not is_item(op):
            return False
        parts = list(index.op.inputs) if index.op.type == "Pack" else _scalars(index)
        return bool(parts) and all(
            self._is_within(part, op.inputs[0], axis) for axis, part in enumerate(parts)
        )

    def _is_within(self, index: Any, tensor: Any, axis: int) -> bool:
        found = Affine(int(index), 0) if isinstance(index, int) else self.affine(index)
        if found is None or found.start < 0 or found.step < 0 or tensor.shape.rank is None:
            return False
        size = tensor.shape[axis]
        if size is not None and found.step == 0:
            return found.start < size
        if size is not None and self.known is not None:
            return found.start + found.step * max(self.known - 1, 0) < size
        start = constant(self.loop.before[self.place])
        if axis or found.step != 1 or self.steps[self.place] != 1 or start is None:
            return False
        rows = None if isinstance(self.limit, int) else _row_count_of(self.limit)
        counted = None if rows is None else _counted_rows(rows)
        return any(r is _outside(tensor) for r in (rows, counted)) and found.start <= int(start)


def counting(loop: Loop) -> Counting | None:
    """How the test of a loop counts; None if it does not."""
    count = len(loop.before)
    steps = {
        place: step
        for place in range(count)
        if (step := _step(loop.body.inputs[place], loop.body.outputs[place])) is not None
    }
    terms = _terms(loop.test.outputs[0])
    for term in terms:
        if term.op.type != "Less":
            continue
        place, limit = _place(loop.test, term.op.inputs[0]), _limit(loop, term.op.inputs[1])
        if place is not None and steps.get(place, 0) > 0 and limit is not None:
            rest = tuple(other for other in terms if other is not term)
            return Counting(loop, steps, place, limit, rest)
    return None


def _terms(value: Any) -> list[Any]:
    value = origin(value)
    if value.op.type == "LogicalAnd":
        return [term for side in value.op.inputs for term in _terms(side)]
    return [value]


def _step(given: Any, after: Any) -> int | None:
    op = origin(after).op
    if not given.dtype.is_integer or given.shape.rank != 0 or op.type not in ("Add", "AddV2"):
        return None
    steps = [constant(side) for side in op.inputs if origin(side) is not given]
    return int(steps[0]) if len(steps) == 1 and steps[0] is not None else None


def _place(graph: Any, value: Any) -> int | None:
    value = _uncast(value)
    return next((n for n, given in enumerate(graph.inputs) if given is value), None)


def _limit(loop: Loop, value: Any) -> Any:
    known = constant(value)
    if known is not None:
        return int(known) if np.ndim(known) == 0 else None
    place = _place(loop.test, value)
    if place is None:
        return None
    if place >= len(loop.before):
        return _outside(_uncast(value))
    is_kept = origin(loop.body.outputs[place]) is loop.body.inputs[place]
    found = loop.before[place] if is_kept else None
    known = None if found is None else constant(found)
    return found if known is None else int(known)


def _uncast(value: Any) -> Any:
    value = origin(value)
    while (
        value.op.type == "Cast" and value.dtype.is_integer and value.op.inputs[0].dtype.is_integer
    ):
        value = origin(value.op.inputs[0])
    return value


def _outside(value: Any) -> Any:
    """What a captured value is outside of all loops and branches that capture it."""
    value = origin(value)
    while value.op.type == "Placeholder":
        captures = getattr(value.graph, "captures", ())
        outside = [e for e, inside in captures if inside is value]
        if not outside or not isinstance(getattr(outside[0], "graph", None), tf.Graph):
            return value
        value = origin(outside[0])
    return value


def _row_count_of(value: Any) -> Any:
    """The tensor whose number of rows a value is."""
    op = _outside(_uncast(value)).op
    if op.type != "StridedSlice" or op.inputs[0].op.type != "Shape" or not is_item(op):
        return None
    first = constant(op.inputs[1])
    return _outside(op.inputs[0].op.inputs[0]) if first is not None and not first.any() else None


def _counted_rows(numbers: Any) -> Any:
    """The tensor whose rows a `tf.range` numbers."""
    if numbers.op.type != "Range":
        return None
    start, step = constant(numbers.op.inputs[0]), constant(numbers.op.inputs[2])
    return _row_count_of(numbers.op.inputs[1]) if (start, step) == (0, 1) else None


def _scalars(index: Any) -> list[int]:
    known = constant(index)
    return [] if known is None else [int(number) for number in known]
