"""Operations that only compute: whatever they are given, they raise nothing and write nothing.

Some do if one of their inputs is made harmless, a `Guard`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import tensor_util

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
FREE = {"Const", "Identity"}  # what takes no time in a turn


def elements(op: Any) -> int:
    """How many elements an operation computes."""
    computed = op.inputs[0] if op.type in _REDUCING else op.outputs[0]
    return int(computed.shape.num_elements()) * (_HOW_SLOW if op.type in _SLOW else 1)


def is_number(tensor: Any) -> bool:
    """Whether it holds booleans, integers or floats."""
    dtype = tensor.dtype
    return bool(dtype.is_bool or dtype.is_integer or dtype.is_floating) and not dtype.is_quantized


def acts(op: Any) -> bool:
    """Whether an operation does something besides computing, or waits for one that does."""
    return (op.op_def.is_stateful and op.type != "Placeholder") or bool(op.control_inputs)


def only_computes(op: Any) -> bool:
    """Whether it computes a few numbers, and cannot fail."""
    if op.type == "Const":
        return is_number(op.outputs[0])
    if not all(is_number(t) and t.shape.is_fully_defined() for t in (*op.outputs, *op.inputs)):
        return False
    if op.type in _REDUCING and known_value(op.inputs[1]) is None:
        return False
    return op.type in _TOTAL or op.type in _DIVISIONS or guarded(op) is not None


@dataclass(frozen=True, slots=True)
class Guard:
    """An input of an operation that may make it fail, and what never does."""

    place: int
    harmless: int


def guarded(op: Any) -> Guard | None:
    """What is to be guarded of an operation that may fail."""
    if op.type in _DIVISIONS and not op.inputs[1].dtype.is_floating:
        divisor = known_value(op.inputs[1])
        return None if divisor is not None and bool(np.all(divisor > 0)) else Guard(1, 1)
    if op.type == "StridedSlice" and _takes_items(op):
        return Guard(1, 0)
    if op.type == "GatherV2" and _gathers(op):
        return Guard(1, 0)
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
    axis = known_value(op.inputs[2])
    return (
        axis is not None and not op.get_attr("batch_dims") and bool(op.inputs[0].shape[int(axis)])
    )


def keeps_gradients(op: Any) -> bool:
    """Whether its gradient of zeros is zeros, whatever it is given."""
    if op.type in _LINEAR or op.type in ("Const", "StridedSlice", "GatherV2"):
        return True
    if op.type in ("Mul", "RealDiv"):
        places = (0, 1) if op.type == "Mul" else (1,)
        known = [known_value(op.inputs[place]) for place in places]
        with np.errstate(divide="ignore"):
            factors = [v if op.type == "Mul" else 1 / v for v in known if v is not None]
        return any(bool(np.all(np.isfinite(factor))) for factor in factors)
    return op.type in ("ZerosLike", "OnesLike")


def known_value(tensor: Any) -> Any:
    """A tensor's value where it is a constant of the graph."""
    while tensor.op.type == "Placeholder" and isinstance(tensor.graph, tf.Graph):
        outside = [e for e, inside in getattr(tensor.graph, "captures", ()) if inside is tensor]
        if not outside or not isinstance(getattr(outside[0], "graph", None), tf.Graph):
            return None
        tensor = outside[0]
    return tensor_util.constant_value(tensor) if tensor.op.type == "Const" else None
