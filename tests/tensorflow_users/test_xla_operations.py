"""Each operation that XLA may compile gives what TensorFlow's kernel gives, at the edges too."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from bcgraph_tensorflow import xla
from bcgraph_tensorflow.xla import _kept
from tensorflow.python.framework import op_def_registry

FLOATS = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -3.7, 1e-3, 1e30, -1e30, 3e38, 1.2e-38,
    88.0, -80.0, 100.0, -100.0, np.inf, -np.inf, np.nan, 2.0**24 + 1, 7.0, 12345.678,
)  # fmt: skip
INTEGERS = (0, 1, -1, 2, -2, 3, -3, 5, 7, -7, 100, 31, 2**30, 2**31 - 1, -(2**31))
DTYPES = (tf.float32, tf.float64, tf.int32, tf.int64, tf.uint8, tf.bool)
NAN, INF = np.nan, np.inf
VECTORS = [
    [1.0, NAN, 3.0], [NAN, 1.0, 3.0], [3.0, 1.0, NAN], [NAN, NAN], [INF, -INF, 2.0], [-0.0, 0.0],
    [0.0, -0.0], [2.0, 2.0, 1.0], [1.0, 2.0, 3.0],
]  # fmt: skip

# What a gradient gets is the operation's own result: elsewhere the two need not agree.
DOMAIN = {"SigmoidGrad": (0, 1), "TanhGrad": (-1, 1), "SqrtGrad": (0, 1e30), "RsqrtGrad": (1e-3, 9)}
# Operations whose operands are all of one dtype, of which every pair of edge values is tried.
ELEMENTS = sorted(
    (_kept.ELEMENTWISE - {"AddN", "SoftplusGrad"} | _kept.DIVISIONS)
    | {"Erf", "Maximum", "Minimum", "Relu6Grad", "ReluGrad", "RsqrtGrad", "SqrtGrad"}
)


def edges(dtype: tf.DType) -> Any:
    if dtype == tf.bool:
        return np.array([True, False])
    if dtype.is_floating:
        return np.array(FLOATS, dtype.as_numpy_dtype)
    found = [n for n in (*INTEGERS, dtype.min, dtype.max) if dtype.min <= n <= dtype.max]
    return np.array(found, dtype.as_numpy_dtype)


def operands(kind: str, dtype: tf.DType) -> list[Any]:
    """All pairs of edge values; but a quotient that the processor itself refuses."""
    count = len(op_def_registry.get(kind).input_arg)
    if kind == "BiasAdd":
        return [np.repeat(edges(dtype)[:, None], 2, 1), edges(dtype)[:2]]
    if count == 1:
        return [edges(dtype)]
    if kind.startswith("Select"):
        first, second = np.meshgrid(edges(dtype), edges(dtype))
        return [first == first.ravel()[0], first, second]
    first, second = (a.ravel() for a in np.meshgrid(edges(dtype), edges(dtype)))
    kept = np.ones(first.shape, bool)
    if kind in _kept.DIVISIONS and dtype.is_integer:
        kept = (second != 0) & ~((first == dtype.min) & (second == dtype.as_numpy_dtype(-1 % 256)))
        kept &= second != (-1 if dtype.min < 0 else 0)
    if kind in DOMAIN:
        low, high = DOMAIN[kind]
        kept = (first >= low) & (first <= high) & (np.abs(second) <= 100)
        kept &= np.abs(second) != np.float32(1.2e-38)  # XLA takes what is smaller for 0
    return [first[kept], second[kept]]


def both(program: Any, *arguments: Any) -> tuple[Any, Any] | None:
    """What the kernels and what a copy gives; None if the copy says that it gives nothing."""
    tensors = [tf.constant(value) for value in arguments]
    concrete = tf.function(program, autograph=False).get_concrete_function(*tensors)
    wanted = concrete._inference_function.call_flat(*tensors, *concrete.captured_inputs)
    found = xla.copied(concrete, tensors).run(tensors)
    return None if found is None else ([v.numpy() for v in wanted], [v.numpy() for v in found])


def agree(program: Any, *arguments: Any) -> bool:
    """Whether a copy gave the same; False if it gave nothing."""
    compared = both(program, *arguments)
    if compared is None:
        return False
    for wanted, found in zip(*compared, strict=True):
        assert wanted.dtype == found.dtype
        assert wanted.shape == found.shape
        rough = {"rtol": 1e-5 if wanted.dtype == np.float32 else 1e-10, "atol": 1e-37}
        np.testing.assert_allclose(found, wanted, **rough if wanted.dtype.kind == "f" else {})
    return True


@pytest.mark.parametrize("kind", ELEMENTS)
def test_elements(kind: str) -> None:
    call = getattr(tf.raw_ops, kind)
    names = list(inspect.signature(call).parameters)
    tried = 0
    for dtype in DTYPES:
        arguments = operands(kind, dtype)

        def program(*values: Any) -> Any:
            return call(**dict(zip(names, values, strict=False)))

        try:
            tf.function(program, autograph=False).get_concrete_function(*arguments)
        except (TypeError, ValueError):
            continue  # the operation has no such dtype
        try:
            tried += agree(program, *arguments)
        except (xla.NotKept, tf.errors.OpError):
            continue  # kept out, as `explain` would tell
    assert tried


def test_powers() -> None:
    values = np.array([0, -0.0, 1, -1, 2, -2, 0.5, INF, -INF, NAN, 1e30, -8], np.float32)
    powers = np.array([0, 1, -1, 2, 3, -2, 0.5, -0.5, INF, -INF, NAN, 1 / 3], np.float32)
    assert agree(tf.pow, *(a.ravel() for a in np.meshgrid(values, powers)))
    with pytest.raises(xla.NotKept, match="it raises integers to a power"):
        both(tf.pow, np.array([3]), np.array([100]))


def test_labels() -> None:
    def loss(labels: Any, logits: Any) -> Any:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)

    logits = np.array([[0.1, 0.7, 0.2], [3.0, 0.0, -1.0]], np.float32)
    assert agree(loss, np.array([0, 2]), logits)
    wrong = [tf.constant([0, 3]), tf.constant(logits)]
    concrete = tf.function(loss, autograph=False).get_concrete_function(*wrong)
    assert xla.copied(concrete, wrong).run(wrong) is None


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_reductions_and_orders(vector: list[float]) -> None:
    values = np.array(vector, np.float32)
    kept = 0
    for program in (
        lambda x: tf.reduce_max(x),
        lambda x: tf.reduce_min(x, keepdims=True),
        lambda x: tf.reduce_sum(x),
        lambda x: tf.reduce_mean(x),
        lambda x: tf.cumsum(x, reverse=True, exclusive=True),
        lambda x: tf.math.cumprod(x),
        lambda x: tf.nn.log_softmax(x),
        lambda x: tf.nn.softmax(x),
        lambda x: tf.argmax(x),
        lambda x: tf.argmin(x, output_type=tf.int32),
        lambda x: tf.math.top_k(x, 2),
        lambda x: tf.clip_by_value(x, 0.0, 2.0),
        lambda x: tf.nn.softmax_cross_entropy_with_logits(x[None], x[None]),
    ):
        kept += agree(program, values)
    assert kept == 13 or not np.all(np.isfinite(values))
    assert kept >= 8


@pytest.mark.parametrize("after", [*DTYPES, tf.int8, tf.uint32])
@pytest.mark.parametrize("before", [*DTYPES, tf.int8, tf.uint32])
def test_casts(before: tf.DType, after: tf.DType) -> None:
    values = edges(before)
    fits = np.ones(values.shape, bool)
    if before.is_floating and after.is_integer:
        assert not agree(lambda x: tf.cast(x, after), values)  # some do not fit
        with np.errstate(invalid="ignore"):
            fits = (values >= after.min) & (values < after.max)
    assert agree(lambda x: tf.cast(x, after), values[fits])


def test_integers() -> None:
    for dtype in (np.int32, np.int64, np.uint8):
        values = np.array([7, 2, 4, 100, 100], dtype)
        for program in (tf.reduce_max, tf.reduce_sum, tf.reduce_prod, tf.reduce_mean, tf.argmax):
            assert agree(program, values)
        assert agree(lambda x: tf.math.top_k(x, 3), values)
    wide = np.array([[2**30, 3], [5, 1]], np.int32)
    assert agree(lambda a: tf.matmul(a, a), wide)
    assert agree(lambda a: tf.math.add_n([a, a, a]), wide)


def test_shapes() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for program in (
        lambda x: tf.reshape(x, [tf.shape(x)[0], -1]),
        lambda x: tf.transpose(x, [2, 0, 1]),
        lambda x: tf.concat([x, x + 1], -1),
        lambda x: tf.split(x, [1, 2], 1),
        lambda x: tf.unstack(x, axis=1),
        lambda x: tf.tile(x, [1, 2, 1]),
        lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=7.0),
        lambda x: tf.reverse(x, [0, 2]),
        lambda x: tf.squeeze(x[:, :1], 1),
        lambda x: tf.squeeze(x[:1, :1]),
        lambda x: tf.expand_dims(x, 1) + tf.ones_like(x)[:, None],
        lambda x: tf.one_hot([-1, 0, 5], 3) + x[0, 0, 0],
        lambda x: x[..., ::-1, tf.newaxis],
        lambda x: tf.broadcast_to(x[0, 0], [5, 4]),
        lambda x: (tf.size(x), tf.rank(x), tf.shape_n([x, x])),
        lambda x: tf.linalg.diag_part(tf.linalg.diag(x[0])),
        lambda x: tf.einsum("ijk,ilk->jl", x, x),
        lambda x: tf.tensor_scatter_nd_add(x, [[0, 1], [0, 1]], x[0, :2]),
        lambda x: tf.gather_nd(x, [[0, 1], [1, 2]]),
        lambda x: tf.gather(x, [[0, 2], [1, 1]], axis=1, batch_dims=1),
        lambda x: tf.range(3) + tf.cast(x[0, 0, 0], tf.int32),
        lambda x: tf.gather(tf.range(tf.cast(x[0, 0, 2], tf.int32), 9, 3), 1) * 2,
    ):
        assert agree(program, values)
