"""What a graph would cost and gain under XLA, by its operations and the shapes that are known.

TensorFlow spends about a microsecond on each operation, whatever it computes; XLA next to none,
but its products of matrices are no faster, often slower. The numbers are of one CPU (AVX-512,
TensorFlow 2.21); their ratios decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._kept import BRANCHES, CALLS, LOOPS, PRODUCTS, SAME, inner_graphs

_LAUNCH = 1.0  # µs that TensorFlow spends on an operation
_ELEMENT = 0.15e-3  # µs for an element of a simple operation
_FUSED = 0.05e-3  # the same under XLA
_CURVE = 1e-3  # µs for an element of `exp`, `tanh`, …
_MULTIPLIED = 15e-6  # µs for one multiplication of a product of matrices
_SLOWER = 1.5  # how much longer XLA's products take
_SORTED = 20e-3  # µs for an element that is sorted
_TURNS = 16  # how often an inner loop turns for each turn of the outer, where that is not known
_UNKNOWN = 32  # a size that is not known

_FREE = SAME | {"Const", "Placeholder", "NoOp", "Shape", "Reshape", "ExpandDims", "Squeeze"}
_CURVES = frozenset({
    "Atan2", "Cos", "Erf", "Exp", "Expm1", "Log", "Log1p", "LogSoftmax", "Sigmoid", "Sin",
    "Softmax", "Softplus", "Tan", "Tanh",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """`seconds` to compile; how many times faster it is then (`gain`), as far as can be told."""

    seconds: float
    gain: float


def estimated(graph: Any) -> Cost:
    """What compiling a graph would cost, and gain."""
    plain, xla, seconds = _weighed(graph, inside=False)
    return Cost(0.05 + seconds, plain / max(xla, 1e-3))


def work(graph: Any) -> float:
    """µs that a straight graph takes under XLA; more than anything if it has a loop."""
    total = 0.0
    for op in graph.get_operations():
        if op.type in LOOPS or op.type in CALLS:
            return float("inf")
        if op.type in BRANCHES:
            total += sum(work(inner) for inner in inner_graphs(op))
        elif op.type not in _FREE:
            total += 0.05 + _times(op)[1]
    return total


def _weighed(graph: Any, inside: bool) -> tuple[float, float, float]:
    """µs in TensorFlow and under XLA, of what is in loops; seconds to compile."""
    plain = xla = seconds = 0.0
    for op in graph.get_operations():
        if op.type in _FREE:
            continue
        if op.type in LOOPS or op.type in BRANCHES or op.type in CALLS:
            is_loop = op.type in LOOPS
            weight = _TURNS if is_loop and inside else 1
            for inner in inner_graphs(op):
                found = _weighed(inner, inside or is_loop)
                plain += found[0] * weight
                xla += found[1] * weight
                seconds += found[2]
            seconds += 0.005
            plain += 3 * _LAUNCH * inside
            continue
        own, fused = _times(op)
        seconds += _compiling(op)
        if inside:
            plain += _LAUNCH + own
            xla += 0.005 + fused
    return plain, xla, seconds


def _times(op: Any) -> tuple[float, float]:
    """µs for what an operation computes, in TensorFlow and under XLA."""
    if op.type in PRODUCTS:
        inner = _elements(op.inputs[0]) * _elements(op.inputs[1]) * _elements(op.outputs[0])
        multiplied = inner**0.5 * _MULTIPLIED  # a (m·k), b (k·n), c (m·n): √(a·b·c) is m·k·n
        return multiplied, multiplied * _SLOWER
    if op.type in ("GatherV2", "Slice", "StridedSlice"):
        count = max(map(_elements, op.outputs), default=1)
    else:
        count = max(map(_elements, (*op.inputs, *op.outputs)), default=1)
    if op.type == "TopKV2":
        return count * _SORTED, count * _SORTED
    if op.type in _CURVES:
        return count * _CURVE, count * _CURVE
    return count * _ELEMENT, count * _FUSED


def _compiling(op: Any) -> float:
    if op.type == "TopKV2":
        return 0.3
    if op.type in PRODUCTS:
        return 0.05
    return 0.002 if max(map(_elements, op.outputs), default=1) == 1 else 0.012


def _elements(value: Any) -> int:
    if value.shape.rank is None:
        return _UNKNOWN
    count = 1
    for size in value.shape:
        count *= _UNKNOWN if size is None else size
    return count
