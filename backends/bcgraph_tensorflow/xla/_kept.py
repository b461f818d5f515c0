"""Which operations mean the same under XLA.

A list of what is known, not of what is forbidden: an operation that is not here keeps its graph
out. Each entry was compared with TensorFlow's own kernel on a CPU, at infinities, not-a-numbers,
signed zeros and the ends of integers (`tests/tensorflow_users/test_xla_operations.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

DTYPES = frozenset({
    tf.bool, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64,
    tf.float32, tf.float64,
})  # fmt: skip

ELEMENTWISE = frozenset({
    "Abs", "Acos", "Acosh", "Add", "AddN", "AddV2", "Asin", "Asinh", "Atan", "Atanh",
    "BiasAdd", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Ceil", "Cos", "Cosh",
    "Elu", "Equal", "Erfc", "Exp", "Expm1", "Floor", "Greater", "GreaterEqual",
    "Inv", "Invert", "IsFinite", "IsInf", "IsNan", "LeakyRelu", "LeakyReluGrad", "Less",
    "LessEqual", "Log", "Log1p", "LogicalAnd", "LogicalNot", "LogicalOr",
    "Mul", "MulNoNan", "Neg", "NotEqual", "OnesLike", "Reciprocal", "Relu", "Relu6",
    "Rint", "Round", "Rsqrt", "Select", "SelectV2", "Sigmoid",
    "SigmoidGrad", "Sign", "Sin", "Sinh", "Softplus", "SoftplusGrad", "Softsign", "Sqrt",
    "Square", "SquaredDifference", "Sub", "Tan", "Tanh", "TanhGrad", "ZerosLike",
})  # fmt: skip

# Those of which XLA must know operands when it compiles: the numbers of these.
SHAPING: dict[str, tuple[int, ...]] = {
    "All": (1,), "Any": (1,), "ArgMax": (1,), "ArgMin": (1,), "BroadcastArgs": (0, 1),
    "BroadcastGradientArgs": (0, 1), "BroadcastTo": (1,), "Cumprod": (1,), "Cumsum": (1,),
    "ExpandDims": (1,), "Fill": (0,), "Max": (1,), "Mean": (1,),
    "Min": (1,), "OneHot": (1,), "Pad": (1,), "PadV2": (1,), "Prod": (1,), "Reshape": (1,),
    "ReverseV2": (1,), "Squeeze": (), "Sum": (1,), "Tile": (1,), "TopKV2": (1,), "Transpose": (1,),
    "Split": (0,), "SplitV": (1, 2), "Pack": (), "Unpack": (), "MatrixDiagV3": (1, 2, 3),
    "MatrixDiagPartV3": (1,), "BiasAddGrad": (), "L2Loss": (), "LogSoftmax": (),
    "SoftmaxCrossEntropyWithLogits": (),
}  # fmt: skip
PRODUCTS = frozenset({"BatchMatMul", "BatchMatMulV2", "Einsum", "MatMul"})
SAME = frozenset({"Identity", "IdentityN", "PreventGradient", "Snapshot", "StopGradient"})
CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
LOOPS = frozenset({"StatelessWhile", "While"})
BRANCHES = frozenset({"If", "StatelessIf"})
DIVISIONS = frozenset({
    "Div", "DivNoNan", "FloorDiv", "FloorMod", "Mod", "RealDiv", "TruncateDiv", "TruncateMod",
})  # fmt: skip

# What the copy treats in its own way (`_meanings`, `_lists`, `_copy`).
TREATED = frozenset({
    "Assert", "CheckNumerics", "Const", "EmptyTensorList", "EnsureShape", "NoOp", "Placeholder",
    "Rank", "ReadVariableOp", "Shape", "ShapeN", "Size", "TensorListFromTensor",
    "TensorListGetItem", "TensorListLength", "TensorListPopBack", "TensorListPushBack",
    "TensorListReserve", "TensorListSetItem", "TensorListStack",
})  # fmt: skip
# What XLA computes in the same way once its inputs are checked, or mended (`_meanings`).
MENDED = frozenset({
    "Cast", "ClipByValue", "ConcatV2", "Erf", "GatherNd", "GatherV2", "Maximum", "Minimum", "Pow",
    "Range", "Relu6Grad", "ReluGrad", "RsqrtGrad", "Slice", "Softmax",
    "SparseSoftmaxCrossEntropyWithLogits", "SqrtGrad", "StridedSlice", "TensorScatterAdd",
    "TensorScatterUpdate",
})  # fmt: skip
AGAIN = ELEMENTWISE | SHAPING.keys() | PRODUCTS | DIVISIONS | MENDED
_KNOWN = AGAIN | SAME | CALLS | LOOPS | BRANCHES | TREATED
_TEXTS = "it makes texts"
_TOLD = {
    "PrintV2": "it prints", "Print": "it prints",
    "PyFunc": "it calls Python (`tf.py_function`)",
    "EagerPyFunc": "it calls Python (`tf.py_function`)",
    "PyFuncStateless": "it calls Python (`tf.numpy_function`)",
    "WriteSummary": "it writes summaries", "WriteScalarSummary": "it writes summaries",
    "OptionalHasValue": "it reads a dataset", "IteratorGetNext": "it reads a dataset",
    "OptionalFromValue": "it reads a dataset", "IteratorGetNextAsOptional": "it reads a dataset",
    "AssignVariableOp": "it writes variables", "AssignAddVariableOp": "it writes variables",
    "AssignSubVariableOp": "it writes variables", "VarHandleOp": "it makes variables",
}  # fmt: skip


class NotKept(Exception):
    """Why a graph has no copy that keeps its meaning, in words that follow "not by XLA: "."""


def refusal(graph: Any, needs_loop: bool = True) -> str | None:
    """Why a graph is no case for XLA; None if it may be one."""
    graphs, found = list(graphs_of(graph)), []
    if needs_loop and not any(op.type in LOOPS for g in graphs for op in g.get_operations()):
        return "it has no loop, which is where XLA gains"
    for inner in graphs:
        for op in inner.get_operations():
            if op.type not in _KNOWN and not _is_text_of_check(op):
                found.append(told(op))
            if op.device:
                found.append(f"it is placed on a device ({op.device})")
    if found:
        return next((why for why in found if why != _TEXTS), _TEXTS)
    return None


def told(op: Any) -> str:
    """Why one operation keeps its graph out."""
    kind = op.type
    if kind in _TOLD:
        return _TOLD[kind]
    if any(output.dtype == tf.string for output in op.outputs):
        return _TEXTS
    if "Random" in kind or kind in ("Multinomial", "StatelessMultinomial"):
        return f"it draws random numbers ({kind}), which XLA draws in its own way"
    return f"of the operation {kind} it is not known that XLA keeps its meaning"


def _is_text_of_check(op: Any) -> bool:
    """Whether an operation only makes texts, which nothing but the message of a check reads."""
    texts = [output.dtype == tf.string for output in op.outputs]
    return bool(texts) and all(texts) and not op.op_def.is_stateful and _is_told(op)


def _is_told(op: Any) -> bool:
    users = [user for output in op.outputs for user in output.consumers()]
    own = {id(output) for output in op.graph.outputs}
    if any(id(output) in own for output in op.outputs):
        return False
    return all(user.type == "Assert" or _is_text_of_check(user) for user in users)


def graphs_of(graph: Any) -> Iterator[Any]:
    """A graph, and those of its loops, branches and calls, each once."""
    waiting, seen = [graph], set()
    while waiting:
        found = waiting.pop()
        yield found
        for op in found.get_operations():
            if op.type in LOOPS or op.type in BRANCHES or op.type in CALLS:
                for inner in inner_graphs(op):
                    if id(inner) not in seen:
                        seen.add(id(inner))
                        waiting.append(inner)


_FIELDS = {
    **dict.fromkeys(LOOPS, ("cond", "body")),
    **dict.fromkeys(BRANCHES, ("then_branch", "else_branch")),
    **dict.fromkeys(CALLS, ("f",)),
}


def inner_graphs(op: Any) -> tuple[Any, ...]:
    """The graphs of an operation: test and body, both branches, or what it calls."""
    names = (op.get_attr(field).name for field in _FIELDS[op.type])
    return tuple(op.graph._get_function(name).graph for name in names)
