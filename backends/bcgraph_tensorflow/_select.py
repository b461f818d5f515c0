"""Selection: a branch whose two ways cost less than the choice takes both, and selects.

Only ways that do nothing but compute few elements are taken: whatever they are given, they raise
nothing and write nothing. An integer's divisor and an index are made harmless for the way that is
not taken. What that way gives is thrown away; so is its gradient, which must be no not-a-number
then, whatever the way was given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops

from ._constants import constant, here
from ._dtypes import Filler
from ._harmless import (
    FREE,
    acts,
    elements,
    guarded,
    is_number,
    keeps_gradients,
    known_value,
    only_computes,
)
from ._logic import negated
from ._remake import remade

_MOST_OPERATIONS = 8  # of both ways
_MOST_ELEMENTS = 8192  # that both ways compute together
_MOST_RECORDED = 64  # operations of a way, constants and unused ones too


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a branch: its graph, and its outputs (there, outside of it, or fillers)."""

    graph: Any
    outputs: list[Any]


def selected(predicate: Any, ways: Sequence[Way]) -> list[Any] | None:
    """The outputs of both ways made here, selected; None where a branch is to be kept."""
    pairs = list(zip(*(way.outputs for way in ways), strict=True))
    if not all(_are_alike(*pair) for pair in pairs):
        return None
    needed = []
    for way in ways:
        found = _needed(way)
        if found is None:
            return None
        needed.append(found)
    total = [op for found in needed for op in found]
    if sum(op.type not in FREE for op in total) > _MOST_OPERATIONS:
        return None
    if sum(map(elements, total)) > _MOST_ELEMENTS:
        return None
    choice = _Choice(predicate)
    made = [
        _made(way, found, functools.partial(choice.where, taken))
        for way, found, taken in zip(ways, needed, (True, False), strict=True)
    ]
    return [choice.of(first, second) for first, second in zip(*made, strict=True)]


def _are_alike(first: Any, second: Any) -> bool:
    """Whether one of two outputs can be selected."""
    if isinstance(first, Filler) or isinstance(second, Filler):
        return not (isinstance(first, Filler) and isinstance(second, Filler))
    if first is second:
        return True
    shape = first.shape
    return shape.is_fully_defined() and shape == second.shape and is_number(first)


def _needed(way: Way) -> list[Any] | None:
    """The operations that its outputs need, in order; None where it does more than compute."""
    graph = way.graph
    if graph.deferred_external_captures:
        return None
    operations = graph.get_operations()
    if len(operations) > _MOST_RECORDED or any(map(acts, operations)):
        return None
    inside = [t for t in way.outputs if not isinstance(t, Filler) and t.graph is graph]
    wanted = {t.op for t in inside}
    sensitive = {t.op for t in inside if t.dtype.is_floating}
    found = []
    for op in reversed(operations):
        if op not in wanted or op.type == "Placeholder":
            continue
        if not only_computes(op) or (op in sensitive and not keeps_gradients(op)):
            return None
        found.append(op)
        for given in op.inputs:
            wanted.add(given.op)
            if op in sensitive and given.dtype.is_floating:
                sensitive.add(given.op)
    return found[::-1]


def _made(way: Way, needed: list[Any], harmless: Callable[[Any, int], Any]) -> list[Any]:
    """The outputs of a way, computed where the branch stands.

    `harmless` gives a value where this way is taken, and else another.
    """
    graph = way.graph
    values = {id(inside): outside for outside, inside in graph.captures}
    for op in needed:
        if op.type == "Const":
            values[id(op.outputs[0])] = op.outputs[0]
            continue
        inputs = [_here(values[id(given)]) for given in op.inputs]
        guard = guarded(op)
        if guard is not None:
            inputs[guard.place] = harmless(inputs[guard.place], guard.harmless)
        with ops.device(op.device or None):
            outputs = remade(op, inputs)
        for old, new in zip(op.outputs, outputs, strict=True):
            values[id(old)] = new
    return [
        value if isinstance(value, Filler) or value.graph is not graph else values[id(value)]
        for value in way.outputs
    ]


def _here(tensor: Any) -> Any:
    """A value in the graph that is being built; a constant comes along where it is used."""
    is_there = tensor.op.type == "Const" and tensor.graph is not ops.get_default_graph()
    return here(tensor) if is_there else tensor


class _Choice:
    """What one predicate selects."""

    def __init__(self, predicate: Any) -> None:
        self._predicate = predicate
        self._inverse: Any = None

    @property
    def _not(self) -> Any:
        if self._inverse is None:
            self._inverse = negated(self._predicate)
        return self._inverse

    def where(self, taken: bool, value: Any, other: int) -> Any:
        """A value where the predicate is as it is `taken`, elsewhere a number like it."""
        like = (
            tf.constant(other, value.dtype, value.shape)
            if value.shape.rank
            else constant(other, value.dtype)
        )
        pair = (value, like) if taken else (like, value)
        made = tf.raw_ops.Select(condition=self._predicate, x=pair[0], y=pair[1])
        made._bcgraph_unguarded = value  # for `reassociate`, which may know that it is harmless
        return made

    def of(self, first: Any, second: Any) -> Any:
        """One of two values."""
        if isinstance(second, Filler) or first is second:
            return _here(first)
        if isinstance(first, Filler):
            return _here(second)
        if first.dtype == tf.bool and not first.shape.rank:
            return self._of_booleans(first, second)
        if not first.shape.rank and first.op.type == second.op.type == "Const":
            first, second = _here(first), _here(second)
            if first is second:
                return first
        return self._selected(first, second)

    def _selected(self, first: Any, second: Any) -> Any:
        return tf.raw_ops.Select(condition=self._predicate, x=_here(first), y=_here(second))

    def _of_booleans(self, first: Any, second: Any) -> Any:
        one, other = known_value(first), known_value(second)
        if one is not None and other is not None:
            if bool(one) == bool(other):
                return _here(first)
            return self._predicate if one else self._not
        if one is not None:
            return (
                tf.logical_or(self._predicate, second) if one else tf.logical_and(self._not, second)
            )
        if other is not None:
            return (
                tf.logical_or(self._not, first) if other else tf.logical_and(self._predicate, first)
            )
        return self._selected(first, second)
