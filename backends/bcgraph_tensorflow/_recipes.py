"""How a condition follows from what a loop carries, so that its test can compute it again.

Only conditions of few operations on few elements, which cannot fail: a test may compute one more
often than the program does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ._constants import here
from ._harmless import FREE, elements, guarded, only_computes
from ._remake import remade

_MOST_OPERATIONS = 8
_MOST_ELEMENTS = 64


@dataclass(frozen=True, slots=True)
class Recipe:
    """A value, and the `operations`, in order, that make it of leaves.

    `places` tells which of the `leaves` a tensor is, by its identity. All other tensors that are
    read are the same in each turn.
    """

    value: Any
    operations: tuple[Any, ...]
    leaves: tuple[Any, ...]
    places: dict[int, int]

    def made(self, leaves: Sequence[Any]) -> Any:
        """The value of other leaves, in the graph that is being built."""
        values: dict[int, Any] = {}

        def read(tensor: Any) -> Any:
            if id(tensor) in values:
                return values[id(tensor)]
            place = _place(tensor, self.places)
            return leaves[place] if place is not None else _outside(tensor)

        for op in self.operations:
            made = (
                [here(op.outputs[0])]
                if op.type == "Const"
                else remade(op, list(map(read, op.inputs)))
            )
            values.update((id(old), new) for old, new in zip(op.outputs, made, strict=True))
        return read(self.value)

    def makes(self, value: Any, leaves: Sequence[Any]) -> bool:
        """Whether a value is made of these leaves (None: not known) in the same way."""
        return self._is_same(self.value, value, leaves)

    def _is_same(self, first: Any, second: Any, leaves: Sequence[Any]) -> bool:
        place = _place(first, self.places)
        if place is not None:
            return any(outer is leaves[place] for outer in _outwards(second))
        if first.op not in self.operations:
            return _outermost(first) is _outermost(second)
        second = _outermost(second)
        if hasattr(second, "numpy"):
            return False
        one, other = first.op, second.op
        if one.type != other.type or first.value_index != second.value_index:
            return False
        if _attributes(one) != _attributes(other):
            return False
        pairs = zip(one.inputs, other.inputs, strict=True)
        return all(self._is_same(a, b, leaves) for a, b in pairs)


def recipe(value: Any, leaves: Sequence[Any], is_fixed: Callable[[Any], bool]) -> Recipe | None:
    """How a value follows from leaves, some of which may be None, and from what `is_fixed`.

    None if it cannot be computed anew, or if it is not known which of several leaves it reads.
    """
    places: dict[int, int] = {}
    several = set()
    for place, leaf in enumerate(leaves):
        if leaf is None:
            continue
        if id(leaf) in places:
            several.add(id(leaf))
        places[id(leaf)] = place
    found: dict[Any, None] = {}

    def follow(tensor: Any) -> bool:
        if any(id(outer) in several for outer in _outwards(tensor)):
            return False
        if _place(tensor, places) is not None or is_fixed(tensor):
            return True
        op = tensor.op
        if op in found:
            return True
        if op.type == "Placeholder" or not only_computes(op) or guarded(op) is not None:
            return False
        if len(found) > _MOST_OPERATIONS or not all(map(follow, op.inputs)):
            return False
        found[op] = None
        return True

    if not follow(value):
        return None
    costly = [op for op in found if op.type not in FREE]
    if len(costly) > _MOST_OPERATIONS or sum(map(elements, costly)) > _MOST_ELEMENTS:
        return None
    return Recipe(value, tuple(found), tuple(leaves), places)


def is_captured(tensor: Any) -> bool:
    """Whether a graph has a tensor from outside of it."""
    return _captured(tensor) is not None


def _captured(tensor: Any) -> Any:
    """What is outside of a graph, and has been captured as this tensor; None: it is its own."""
    if not isinstance(tensor, tf.Tensor) or hasattr(tensor, "numpy"):
        return None
    if tensor.op.type != "Placeholder":
        return None
    captures = getattr(tensor.graph, "captures", ())
    return next((outer for outer, inside in captures if inside is tensor), None)


def _outwards(tensor: Any) -> Iterator[Any]:
    """A tensor, and what it is in the graphs around, from which it has been captured."""
    while tensor is not None:
        yield tensor
        tensor = _captured(tensor)


def _outside(tensor: Any) -> Any:
    """What a graph has captured as this tensor; a tensor of its own itself."""
    outer = _captured(tensor)
    return tensor if outer is None else outer


def _outermost(tensor: Any) -> Any:
    return list(_outwards(tensor))[-1]


def _place(tensor: Any, places: dict[int, int]) -> int | None:
    return next((places[id(t)] for t in _outwards(tensor) if id(t) in places), None)


def _attributes(op: Any) -> list[bytes]:
    held = op.node_def.attr
    return [held[a.name].SerializeToString(deterministic=True) for a in op.op_def.attr]
