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

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops, tensor_util

from ._constants import constant, here
from ._dtypes import Filler
from ._logic import negated
from ._remake import remade

_MOST_OPERATIONS = 8  # of both ways
_MOST_ELEMENTS = 8192  # that both ways compute together
_MOST_RECORDED = 64  # operations of a way, constants and unused ones too

# Those whose gradients are what they are given, or parts of it, and zeros.
_LINEAR = {"Add", "AddV2", "Cast", "ExpandDims", "Identity", "Maximum", "Minimum", "Neg", "Pack",
           "Select", "SelectV2", "Squeeze", "StopGradient", "Sub", "Sum"}  # fmt: skip
_TOTAL = _LINEAR | {
    "Abs", "All", "Any", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Ceil", "Cos", "Equal", "Exp",
    "Floor", "Greater", "GreaterEqual", "Invert", "IsFinite", "IsInf", "IsNan", "Less",
    "LessEqual", "Log", "LogicalAnd", "LogicalNot", "LogicalOr", "Mul", "NotEqual", "OnesLike",
    "Rsqrt", "Sign", "Sin", "Sqrt", "Square", "Tanh", "ZerosLike",
}  # fmt: skip
_DIVISIONS = {"FloorDiv", "FloorMod", "RealDiv", "TruncateDiv", "TruncateMod"}
_SLOW = {"Cos", "Exp", "Log", "Sin", "Tanh"}  # an element of these counts as many
_HOW_SLOW = 32
_REDUCING = {"All", "Any", "Sum"}


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
    if sum(op.type not in _FREE for op in total) > _MOST_OPERATIONS:
        return None
    if sum(map(_elements, total)) > _MOST_ELEMENTS:
        return None
    choice = _Choice(predicate)
    made = [
        _made(way, found, functools.partial(choice.where, taken))
        for way, found, taken in zip(ways, needed, (True, False), strict=True)
    ]
    return [choice.of(first, second) for first, second in zip(*made, strict=True)]


_FREE = {"Const", "Identity"}


def _elements(op: Any) -> int:
    """How many elements an operation computes."""
    computed = op.inputs[0] if op.type in _REDUCING else op.outputs[0]
    return int(computed.shape.num_elements()) * (_HOW_SLOW if op.type in _SLOW else 1)


def _are_alike(first: Any, second: Any) -> bool:
    """Whether one of two outputs can be selected."""
    if isinstance(first, Filler) or isinstance(second, Filler):
        return not (isinstance(first, Filler) and isinstance(second, Filler))
    if first is second:
        return True
    shape = first.shape
    return shape.is_fully_defined() and shape == second.shape and _is_number(first)


def _is_number(tensor: Any) -> bool:
    dtype = tensor.dtype
    return bool(dtype.is_bool or dtype.is_integer or dtype.is_floating) and not dtype.is_quantized


def _needed(way: Way) -> list[Any] | None:
    """The operations that its outputs need, in order; None where it does more than compute."""
    graph = way.graph
    if graph.deferred_external_captures:
        return None
    operations = graph.get_operations()
    if len(operations) > _MOST_RECORDED or any(map(_acts, operations)):
        return None
    inside = [t for t in way.outputs if not isinstance(t, Filler) and t.graph is graph]
    wanted = {t.op for t in inside}
    sensitive = {t.op for t in inside if t.dtype.is_floating}
    found = []
    for op in reversed(operations):
        if op not in wanted or op.type == "Placeholder":
            continue
        if not _only_computes(op) or (op in sensitive and not _keeps_gradients(op)):
            return None
        found.append(op)
        for given in op.inputs:
            wanted.add(given.op)
            if op in sensitive and given.dtype.is_floating:
                sensitive.add(given.op)
    return found[::-1]


def _acts(op: Any) -> bool:
    """Whether an operation does something besides computing, or waits for one that does."""
    return (op.op_def.is_stateful and op.type != "Placeholder") or bool(op.control_inputs)


def _only_computes(op: Any) -> bool:
    """Whether it computes a few numbers, and cannot fail."""
    if op.type == "Const":
        return _is_number(op.outputs[0])
    if not all(_is_number(t) and t.shape.is_fully_defined() for t in (*op.outputs, *op.inputs)):
        return False
    if op.type in _REDUCING and _known(op.inputs[1]) is None:
        return False
    return op.type in _TOTAL or op.type in _DIVISIONS or _guarded(op) is not None


@dataclass(frozen=True, slots=True)
class _Guard:
    """An input of an operation that may make it fail, and what never does."""

    place: int
    harmless: int


def _guarded(op: Any) -> _Guard | None:
    """What is to be guarded of an operation that may fail."""
    if op.type in _DIVISIONS and not op.inputs[1].dtype.is_floating:
        divisor = _known(op.inputs[1])
        return None if divisor is not None and bool(np.all(divisor > 0)) else _Guard(1, 1)
    if op.type == "StridedSlice" and _takes_items(op):
        return _Guard(1, 0)
    if op.type == "GatherV2" and _gathers(op):
        return _Guard(1, 0)
    return None


def _takes_items(op: Any) -> bool:
    """Whether it is `x[i, j]` of a tensor that has items."""
    taken = op.inputs[1].shape[0]
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")
    return (
        op.get_attr("shrink_axis_mask") == 2**taken - 1
        and not any(op.get_attr(mask) for mask in masks)
        and 0 not in op.inputs[0].shape[:taken]
    )


def _gathers(op: Any) -> bool:
    """Whether it is a `gather` along a known axis that has items."""
    axis = _known(op.inputs[2])
    return (
        axis is not None and not op.get_attr("batch_dims") and bool(op.inputs[0].shape[int(axis)])
    )


def _keeps_gradients(op: Any) -> bool:
    """Whether its gradient of zeros is zeros, whatever it is given."""
    if op.type in _LINEAR or op.type in ("Const", "StridedSlice", "GatherV2"):
        return True
    if op.type in ("Mul", "RealDiv"):
        places = (0, 1) if op.type == "Mul" else (1,)
        known = [_known(op.inputs[place]) for place in places]
        with np.errstate(divide="ignore"):
            factors = [v if op.type == "Mul" else 1 / v for v in known if v is not None]
        return any(bool(np.all(np.isfinite(factor))) for factor in factors)
    return op.type in ("ZerosLike", "OnesLike")


def _known(tensor: Any) -> Any:
    """A tensor's value where it is a constant of the graph."""
    while tensor.op.type == "Placeholder" and isinstance(tensor.graph, tf.Graph):
        outside = [e for e, inside in getattr(tensor.graph, "captures", ()) if inside is tensor]
        if not outside or not isinstance(getattr(outside[0], "graph", None), tf.Graph):
            return None
        tensor = outside[0]
    return tensor_util.constant_value(tensor) if tensor.op.type == "Const" else None


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
        guard = _guarded(op)
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
        one, other = _known(first), _known(second)
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
