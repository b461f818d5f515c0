"""Which operations may be done for all turns at once, and which never fail."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ._reads import BRANCHES, Reads, constant, is_item
from ._turns import can_convert

_TOTAL = frozenset({
    "Abs", "Add", "AddN", "AddV2", "All", "Any", "ArgMax", "ArgMin", "BatchMatMulV2", "BitwiseAnd",
    "BitwiseOr", "BitwiseXor", "Cast", "Ceil", "Const", "Cos", "Cosh", "Cumsum", "Elu", "Equal",
    "Erf", "Exp", "ExpandDims", "Expm1", "Floor", "Greater", "GreaterEqual", "Identity", "Invert",
    "IsFinite", "IsInf", "IsNan", "Less", "LessEqual", "Log", "Log1p", "LogicalAnd", "LogicalNot",
    "LogicalOr", "MatMul", "Max", "Maximum", "Mean", "Min", "Minimum", "Mul", "Neg", "NotEqual",
    "OnesLike", "Pack", "Placeholder", "Prod", "Relu", "Rint", "Round", "Rsqrt", "Select",
    "SelectV2", "Shape", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Sqrt", "Square",
    "SquaredDifference", "Squeeze", "StopGradient", "Sub", "Sum", "Tan", "Tanh", "ZerosLike",
})  # fmt: skip
_DIVISIONS = frozenset({"FloorDiv", "FloorMod", "Pow", "RealDiv", "TruncateDiv", "TruncateMod"})
_REFUSED = (
    "Call", "Case", "Multinomial", "Optional", "Random", "TensorArray", "TensorList", "Truncated",
    "While",
)  # fmt: skip
_PURE = frozenset({"Placeholder", "Const", "EmptyTensorList", "ReadVariableOp"})
_WAITED_FOR = frozenset({"NoOp", "ReadVariableOp"})


def acts(graph: Any) -> bool:
    """Whether a graph does more than compute, or waits for what does."""
    return bool(graph.deferred_external_captures) or any(
        (op.op_def.is_stateful and op.type not in _PURE)
        or any(one.type not in _WAITED_FOR for one in op.control_inputs)
        for op in graph.get_operations()
    )


def is_known(op: Any) -> bool:
    """Whether an operation can be done for all turns at once, and then gives the same."""
    if op.type in BRANCHES or op.type in ("Placeholder", "ReadVariableOp"):
        return True
    if op.type == "TensorListPushBack":
        return True  # a list that goes on from turn to turn, or no loop of ours
    if any(word in op.type for word in _REFUSED) or not can_convert(op.type):
        return False
    return all(value.dtype not in (tf.variant, tf.resource) for value in op.outputs)


def never_fails(op: Any, reads: Reads) -> bool:
    """Whether an operation gives something whatever it is given."""
    if op.type in _TOTAL or op.type in BRANCHES or op.type == "ReadVariableOp":
        return True
    if op.type in _DIVISIONS:
        if op.inputs[1].dtype.is_floating:
            return True
        divisor = constant(op.inputs[1])
        return op.type != "Pow" and divisor is not None and bool((divisor > 0).all())
    if op.type == "Range":
        return constant(op.inputs[2]) is not None
    if op.type in ("Reshape", "ConcatV2"):
        return all(constant(value) is not None for value in list(op.inputs)[1:])
    if op.type == "StridedSlice" and not is_item(op):
        return all(constant(bound) is not None for bound in list(op.inputs)[1:])
    return op.type in ("StridedSlice", "GatherV2") and reads.is_safe(op)
