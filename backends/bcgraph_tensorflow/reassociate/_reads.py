"""What each value of a graph is computed from, and by which operations.

Exact about branches, each output of which reads its own inputs, and about what is known to hold:
where a predicate is known, the other way is not read. An index that a selection has made harmless
(`_select`) counts as the index, where that is known to be one of the tensor's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

BRANCHES = frozenset({"If", "StatelessIf"})
SELECTIONS = frozenset({"Select", "SelectV2"})
Sources = frozenset[int]


class Reads:
    """The sources of a graph's values: the numbers of its inputs.

    `known` holds predicates that are known, by the tensor's `id`; `is_safe` says of a read of an
    item that its index is one of the tensor's, `row` which row it takes in the first turn, where
    each turn takes the next.
    """

    def __init__(
        self,
        graph: Any,
        known: Mapping[int, bool] | None = None,
        is_safe: Callable[[Any], bool] = lambda op: False,
        row: Callable[[Any], int | None] = lambda op: None,
    ) -> None:
        self.graph, self.known, self.is_safe, self.row = graph, known or {}, is_safe, row
        self._places = {id(value): place for place, value in enumerate(graph.inputs)}
        self._found: dict[int, Sources] = {}
        self._branches: dict[Any, tuple[Reads, Reads]] = {}
        self.unguarded: dict[int, Any] = {}
        for op in graph.get_operations():
            self._unguard(op)
        for op in graph.get_operations():
            for output in op.outputs:
                inputs = self.inputs(op, [output])
                found = [self._found.get(id(value), frozenset()) for value in inputs]
                self._found[id(output)] = frozenset().union(*found)
            if op.type == "Placeholder" and id(op.outputs[0]) in self._places:
                self._found[id(op.outputs[0])] = frozenset({self._places[id(op.outputs[0])]})

    def _unguard(self, op: Any) -> None:
        if op.type in ("StridedSlice", "GatherV2"):
            index = op.inputs[1]
            real = getattr(index, "_bcgraph_unguarded", None)
            if real is not None and self.is_safe(op):
                self.unguarded[id(index)] = real

    def of(self, value: Any) -> Sources:
        """The numbers of the inputs that a value is computed from."""
        return self._found[id(value)]

    def chosen(self, op: Any) -> Any:
        """What a selection gives where that is known: the only one of its inputs that is read."""
        real = self.unguarded.get(id(op.outputs[0]))
        if real is not None:
            return real
        if op.type in SELECTIONS and id(op.inputs[0]) in self.known:
            return op.inputs[1 if self.known[id(op.inputs[0])] else 2]
        return None

    def branches(self, op: Any) -> tuple[Reads, Reads]:
        """What is read in the two branches of an `If`."""
        if op not in self._branches:
            names = (op.get_attr(field).name for field in ("then_branch", "else_branch"))
            graphs = [op.graph._get_function(name).graph for name in names]
            self._branches[op] = (Reads(graphs[0]), Reads(graphs[1]))
        return self._branches[op]

    def ways(self, op: Any) -> list[Reads]:
        """The branches of an `If` that may be taken."""
        both = self.branches(op)
        taken = self.known.get(id(op.inputs[0]))
        return list(both) if taken is None else [both[0 if taken else 1]]

    def inputs(self, op: Any, outputs: Iterable[Any]) -> list[Any]:
        """The inputs that some outputs of an operation are computed from."""
        chosen = self.chosen(op) if op.type in SELECTIONS else None
        if chosen is not None:
            return [chosen]
        if op.type not in BRANCHES:
            return list(op.inputs)
        ways = self.ways(op)
        places = [way.of(way.graph.outputs[o.value_index]) for o in outputs for way in ways]
        read = [op.inputs[1 + place] for place in sorted(frozenset().union(*places))]
        return [op.inputs[0], *read] if len(ways) == 2 else read

    def steps(self, values: Iterable[Any]) -> list[tuple[Any, list[Any]]]:
        """The operations that some values need, in order, each with those of its outputs."""
        wanted = {id(value) for value in values}
        found = []
        for op in reversed(self.graph.get_operations()):
            outputs = [output for output in op.outputs if id(output) in wanted]
            if outputs and op.type != "Placeholder":
                found.append((op, outputs))
                wanted.update(map(id, self.inputs(op, outputs)))
        return found[::-1]

    def all_steps(self, values: Iterable[Any]) -> list[tuple[Any, Reads]]:
        """The operations that some values need, those in branches, too."""
        found: list[tuple[Any, Reads]] = []
        for op, outputs in self.steps(values):
            found.append((op, self))
            if op.type in BRANCHES:
                for way in self.ways(op):
                    found += way.all_steps(way.graph.outputs[o.value_index] for o in outputs)
        return found


def origin(value: Any) -> Any:
    """What an identity is of."""
    while value.op.type == "Identity":
        value = value.op.inputs[0]
    return value


def constant(value: Any) -> Any:
    """A value that is known, an array; None if it is not. Through captures, too."""
    value = origin(value)
    while value.op.type == "Placeholder" and isinstance(value.graph, tf.Graph):
        outside = [e for e, inside in getattr(value.graph, "captures", ()) if inside is value]
        if not outside or not isinstance(getattr(outside[0], "graph", None), tf.Graph):
            return None
        value = origin(outside[0])
    known = tf.get_static_value(value)
    if known is None and value.op.type in _FOLDED:
        sides = [constant(side) for side in value.op.inputs]
        if not any(side is None for side in sides):
            with np.errstate(all="ignore"):
                known = _FOLDED[value.op.type](*sides)
    if known is None and value.op.type == "StridedSlice" and is_item(value.op):
        tensor, index = constant(value.op.inputs[0]), constant(value.op.inputs[1])
        if tensor is not None and index is not None:
            known = tensor[tuple(index)]
    return known


def is_item(op: Any) -> bool:
    """Whether a slice is `x[i, j]`."""
    taken = op.inputs[1].shape[0]
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")
    return (
        taken is not None
        and op.get_attr("shrink_axis_mask") == 2**taken - 1
        and not any(op.get_attr(mask) for mask in masks)
    )


# What the bounds of a range are computed with.
_FOLDED: dict[str, Callable[..., Any]] = {
    "Add": np.add, "AddV2": np.add, "FloorDiv": np.floor_divide, "Maximum": np.maximum,
    "Minimum": np.minimum, "Mul": np.multiply, "Neg": np.negative, "Sub": np.subtract,
}  # fmt: skip
