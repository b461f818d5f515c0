"""What a turn makes of a loop's state: which of the known ways to go on from the last value.

A `SUM` is any expression that adds to the value, or hands it on, under whatever conditions that do
not read the value itself: what it adds is what it gives for the neutral value, 0. So with the
others that have a neutral value.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ._reads import BRANCHES, SELECTIONS, Reads, origin


class Kind(enum.Enum):
    """How a value goes on from turn to turn."""

    KEPT = "kept"
    REPLACED = "replaced"
    SUM = "a sum"
    PRODUCT = "a product"
    SMALLEST = "a minimum"
    LARGEST = "a maximum"
    ALL = "all"
    ANY = "any"
    LATEST = "the latest"
    LISTED = "a list"


@dataclass(frozen=True, slots=True)
class Update:
    """One value's.

    Attributes:
        kind: which.
        later: of two equal extremes, the later one is taken.
        compared: an extreme is kept by a comparison, which passes over what is not a number.
    """

    kind: Kind
    later: bool = False
    compared: bool = False


_SAME = Update(Kind.KEPT)
_FRESH = Update(Kind.REPLACED)
_SIMPLE = {
    "Add": Kind.SUM, "AddV2": Kind.SUM, "Mul": Kind.PRODUCT, "LogicalAnd": Kind.ALL,
    "LogicalOr": Kind.ANY, "Maximum": Kind.LARGEST, "Minimum": Kind.SMALLEST,
}  # fmt: skip
_GREATER = {"Greater": False, "GreaterEqual": True, "Less": False, "LessEqual": True}


def update(reads: Reads, place: int) -> Update | None:
    """How the state number `place` of a body goes on; None if in no way that is known."""
    given, after = reads.graph.inputs[place], reads.graph.outputs[place]
    return _Reader(reads, given, place).of(after)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads expressions of one input of a graph."""

    reads: Reads
    given: Any
    place: int

    def of(self, value: Any) -> Update | None:
        """What an expression makes of the input; `_FRESH` if it does not read it."""
        value = origin(value)
        if value is self.given:
            return _SAME
        if self.place not in self.reads.of(value):
            return _FRESH
        op = value.op
        chosen = self.reads.chosen(op) if op.type in SELECTIONS else None
        if chosen is not None:
            return self.of(chosen)
        if op.type in _SIMPLE:
            return self._folded(op)
        if op.type == "Sub":
            left = self.of(op.inputs[0])
            is_fresh = self.of(op.inputs[1]) == _FRESH
            return _joined(left, Update(Kind.SUM)) if is_fresh else None
        if op.type in SELECTIONS:
            return self._selected(op)
        if op.type in BRANCHES:
            return self._branched(op, value.value_index)
        if op.type == "TensorListPushBack" and origin(op.inputs[0]) is self.given:
            return Update(Kind.LISTED) if self.of(op.inputs[1]) == _FRESH else None
        return None

    def _folded(self, op: Any) -> Update | None:
        kind = _SIMPLE[op.type]
        sides = [self.of(side) for side in op.inputs]
        if sides.count(_FRESH) != 1:
            return None
        number = 1 - sides.index(_FRESH)
        later = kind in (Kind.LARGEST, Kind.SMALLEST) and number == 1
        return _joined(sides[number], Update(kind, later=later))

    def _selected(self, op: Any) -> Update | None:
        predicate, first, second = op.inputs
        if origin(predicate) is self.given:
            return _decided([self.of(first), self.of(second)])
        if self.place in self.reads.of(predicate):
            return self._compared(predicate, first, second)
        return _joined(self.of(first), self.of(second))

    def _compared(self, predicate: Any, first: Any, second: Any) -> Update | None:
        """`g if g > best else best`, and the like."""
        op = origin(predicate).op
        if op.type not in _GREATER or self.given.dtype.is_bool:
            return None
        ways = (origin(first), origin(second))
        sides = [origin(side) for side in op.inputs]
        if not any(way is self.given for way in ways) or not any(s is self.given for s in sides):
            return None
        other = next((way for way in ways if way is not self.given), None)
        number = next(n for n, side in enumerate(sides) if side is not self.given)
        if other is None or self.place in self.reads.of(sides[number]):
            return None
        if not _are_same(self.reads, other, sides[number]):
            return None
        takes_greater = op.type.startswith("Greater") == (number == 0)
        is_taken = ways[0] is other  # where the comparison holds
        kind = Kind.LARGEST if takes_greater == is_taken else Kind.SMALLEST
        # What is taken where it holds passes over NaN; what is left where it does not takes it.
        if not is_taken and self.given.dtype.is_floating:
            return None
        return Update(kind, later=_GREATER[op.type] == is_taken, compared=True)

    def _branched(self, op: Any, number: int) -> Update | None:
        ways = [_through(self, op, way, number) for way in self.reads.ways(op)]
        if len(ways) == 2 and origin(op.inputs[0]) is self.given:
            return _decided(ways)
        if len(ways) == 2 and self.place in self.reads.of(op.inputs[0]):
            return None
        found: Update | None = None
        for one in ways:
            found = one if found is None else _joined(found, one)
            if found is None:
                return None
        return found


def _through(reader: _Reader, op: Any, way: Reads, number: int) -> Update | None:
    """What a branch makes of the input."""
    places = [
        place
        for place, outside in enumerate(list(op.inputs)[1:])
        if reader.place in reader.reads.of(outside)
    ]
    after = way.graph.outputs[number]
    read = [place for place in places if place in way.of(after)]
    if not read:
        return _FRESH
    if len(read) > 1 or origin(op.inputs[1 + read[0]]) is not reader.given:
        return None
    return _Reader(way, way.graph.inputs[read[0]], read[0]).of(after)


def _joined(first: Update | None, second: Update | None) -> Update | None:
    """What does either."""
    if first is None or second is None:
        return None
    if first == second or second == _SAME:
        return Update(Kind.LATEST) if first == _FRESH != second else first
    if first == _SAME:
        return Update(Kind.LATEST) if second == _FRESH else second
    latest = {_FRESH, Update(Kind.LATEST)}
    return Update(Kind.LATEST) if {first, second} == latest else None


def _decided(ways: list[Update | None]) -> Update | None:
    """`given and …`, `given or …`: what a branch on the value itself leaves of it."""
    if ways == [_FRESH, _SAME]:
        return Update(Kind.ALL)
    return Update(Kind.ANY) if ways == [_SAME, _FRESH] else None


def _are_same(reads: Reads, first: Any, second: Any, depth: int = 16) -> bool:
    """Whether two values are computed in the same way."""
    first, second = (_real(reads, value) for value in (first, second))
    if first is second:
        return True
    one, other = first.op, second.op
    if not depth or one.type != other.type or first.value_index != second.value_index:
        return False
    if one.type == "Placeholder" or one.op_def.is_stateful or one.type in BRANCHES:
        return False
    names = [attribute.name for attribute in one.op_def.attr]
    if any(one.node_def.attr[name] != other.node_def.attr[name] for name in names):
        return False
    return len(one.inputs) == len(other.inputs) and all(
        _are_same(reads, a, b, depth - 1) for a, b in zip(one.inputs, other.inputs, strict=True)
    )


def _real(reads: Reads, value: Any) -> Any:
    value = origin(value)
    chosen = reads.chosen(value.op) if value.op.type in SELECTIONS else None
    return value if chosen is None else _real(reads, chosen)


def neutral(kind: Kind, dtype: Any) -> Any:
    """What a fold begins with."""
    if kind in (Kind.ALL, Kind.ANY):
        return kind is Kind.ALL
    if kind in (Kind.SUM, Kind.PRODUCT):
        return int(kind is Kind.PRODUCT)
    if dtype.is_floating:
        return float("-inf") if kind is Kind.LARGEST else float("inf")
    return dtype.min if kind is Kind.LARGEST else dtype.max


def is_assigned(reads: Reads, place: int, value: Any, taken: Any) -> Any:
    """Of the `LATEST`: whether a turn gives a value; `taken` gives what a predicate is.

    Tensors of all turns at once, or Python booleans. None where it is not followed.
    """
    found = _Reader(reads, reads.graph.inputs[place], place).of(value)
    if found in (_SAME, _FRESH):
        return found == _FRESH
    op = origin(value).op
    chosen = reads.chosen(op) if op.type in SELECTIONS else None
    if chosen is not None:
        return is_assigned(reads, place, chosen, taken)
    if op.type in SELECTIONS and op.inputs[0].shape.rank == 0:
        ways = [is_assigned(reads, place, way, taken) for way in op.inputs[1:]]
    elif op.type in BRANCHES and len(reads.ways(op)) == 2:
        reader = _Reader(reads, reads.graph.inputs[place], place)
        forms = [_through(reader, op, way, origin(value).value_index) for way in reads.ways(op)]
        if not all(form in (_SAME, _FRESH) for form in forms):
            return None
        ways = [form == _FRESH for form in forms]
    else:
        return None
    if any(way is None for way in ways):
        return None
    predicate = taken(op.inputs[0])
    if ways == [True, False]:
        return predicate
    if ways == [False, True]:
        return tf.logical_not(predicate)
    return tf.where(predicate, *ways)
