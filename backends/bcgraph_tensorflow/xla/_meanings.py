"""Operations that TensorFlow checks and XLA does not, or that XLA takes in another form only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from . import _kept, _sizes
from ._again import again
from ._kept import NotKept, told
from ._values import Numbers, Value, known, shape, tensor


def origin(value: Any) -> Any:
    """The tensor of the same graph that a tensor is, behind identities."""
    while value.op.type in _kept.SAME:
        value = value.op.inputs[value.value_index]
    return value


def _same(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return inputs


def _constant(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return [np.asarray(tf.get_static_value(op.outputs[0]))]


def _nothing(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return []


def _shapes(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    dtype = op.outputs[0].dtype
    if isinstance(inputs[0], Numbers):
        length = inputs[0].length
        if isinstance(length, np.ndarray):
            return [np.asarray([length], dtype.as_numpy_dtype)]
        return [tf.reshape(tf.cast(length, dtype), [1])]
    return [np.asarray(shape(value), dtype.as_numpy_dtype) for value in inputs]


def _size(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    dtype = op.outputs[0].dtype.as_numpy_dtype
    return [np.asarray(np.prod(shape(inputs[0]), dtype=np.int64), dtype)]


def _rank(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return [np.asarray(len(shape(inputs[0])), np.int32)]


def _ensured(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    fits = tf.TensorShape(op.get_attr("shape")).is_compatible_with(shape(inputs[0]))
    copy.require(np.asarray(fits))
    return inputs


def _range(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    if all(isinstance(value, np.ndarray) for value in inputs):
        return again(op, inputs)
    if not op.outputs[0].dtype.is_integer:
        raise NotKept("it counts in fractions up to what only the running graph knows")
    start, stop, step = (tensor(value) for value in inputs)
    forwards, backwards = tf.greater(step, 0), tf.less(step, 0)
    copy.require(
        tf.logical_or(
            tf.logical_and(forwards, start <= stop), tf.logical_and(backwards, start >= stop)
        )
    )
    step = tf.where(tf.equal(step, 0), tf.ones_like(step), step)
    length = tf.maximum(-((start - stop) // step), 0)
    return [Numbers(start, step, length)]


def _in_range(copy: Any, index: Value, size: Any) -> None:
    """Requires `0 <= index < size`, of all elements."""
    if isinstance(index, np.ndarray) and isinstance(size, int):
        copy.require(np.all((index >= 0) & (index < size)))
        return
    index = tensor(index)
    size = tf.cast(tensor(size) if not isinstance(size, int) else size, index.dtype)
    copy.require(_all(tf.logical_and(index >= 0, index < size)))


def _all(condition: Any) -> Any:
    return condition if condition.shape.rank == 0 else tf.reduce_all(condition)


def _gather(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    source, index, axis = inputs
    if isinstance(source, Numbers):
        _in_range(copy, index, source.length)
        start, step = tensor(source.start), tensor(source.step)
        return [start + tf.cast(tensor(index), start.dtype) * step]
    place = int(known(axis, "an axis"))
    _in_range(copy, index, shape(source)[place])
    return again(op, inputs)


def _gather_nd(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    places = tensor(inputs[1])
    sizes = tf.constant(shape(inputs[0])[: shape(places)[-1]], places.dtype)
    copy.require(_all(tf.logical_and(places >= 0, places < sizes)))
    return again(op, inputs)


def _divided(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    if op.outputs[0].dtype.is_integer:
        divisor = inputs[1]
        if isinstance(divisor, np.ndarray):
            copy.require(np.all(divisor != 0))
        else:
            copy.require(_all(tf.not_equal(divisor, tf.zeros((), divisor.dtype))))
    return again(op, inputs)


def _power(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    if op.outputs[0].dtype.is_integer:
        raise NotKept("it raises integers to a power")
    return again(op, inputs)


def _error_function(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    if op.outputs[0].dtype != tf.float32:  # TensorFlow's of infinity is not a number
        raise NotKept(told(op))
    return again(op, inputs)


def _larger(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    """`Maximum`, `Minimum`: of what is not a number they make what is none."""
    found = again(op, inputs)
    if not op.outputs[0].dtype.is_floating or isinstance(found[0], np.ndarray):
        return found
    first, second = map(tensor, inputs)
    whole = tf.where(tf.math.is_nan(second), second, found[0])
    return [tf.where(tf.math.is_nan(first), first, whole)]


def _largest(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    """`Max`, `Min`, likewise."""
    found = again(op, inputs)
    dtype = op.outputs[0].dtype
    if not dtype.is_floating or isinstance(found[0], np.ndarray):
        return found
    axes, keeps = known(inputs[1], "an axis"), op.get_attr("keep_dims")
    is_none = tf.reduce_any(tf.math.is_nan(tensor(inputs[0])), axes, keeps)
    return [tf.where(is_none, tf.constant(np.nan, dtype), found[0])]


def _of_numbers(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    """What orders its elements, or clips them: XLA has its own order of what is not a number."""
    value = inputs[0]
    if op.inputs[0].dtype.is_floating:
        value = tensor(value)
        copy.require(_all(tf.equal(value, value)))
        value = tf.where(tf.equal(value, 0), tf.zeros_like(value), value)  # -0 is no less than 0
    return again(op, [value, *inputs[1:]])


def _labelled(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    _in_range(copy, inputs[1], shape(inputs[0])[-1])
    return again(op, inputs)


def _softmax(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    copy.require(_all(tf.less(tensor(inputs[0]), np.inf)))
    return again(op, inputs)


def _passed_back(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    """The gradient of `Relu`, `Relu6`, in which infinity times 0 is not a number."""
    gradient, features = map(tensor, inputs)
    passes = tf.greater(features, 0)
    if op.type == "Relu6Grad":
        passes = tf.logical_and(passes, tf.less(features, 6))
    return [tf.where(passes, gradient, gradient * tf.zeros((), gradient.dtype))]


def _of_root(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    """The gradient of `Sqrt`, `Rsqrt`, which is 0 of 0."""
    gradient = tensor(inputs[1])
    return [tf.where(tf.equal(gradient, 0), gradient, tensor(again(op, inputs)[0]))]


def _cast(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    before, after = op.inputs[0].dtype, op.outputs[0].dtype
    if before.is_floating and after.is_integer:
        value = tensor(inputs[0])
        low, high = float(after.min), 2.0 ** (after.size * 8 - (0 if after.is_unsigned else 1))
        copy.require(_all(tf.logical_and(value >= low, value < high)))  # false of not-a-number
    return again(op, inputs)


def _checked(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    copy.require(inputs[0])
    return []


def _checked_numerics(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    copy.require(_all(tf.math.is_finite(tensor(inputs[0]))))
    return inputs


def _read(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    if op.outputs[0].dtype not in _kept.DTYPES:
        raise NotKept(f"it computes in {op.outputs[0].dtype.name}")
    return [tf.raw_ops.ReadVariableOp(resource=inputs[0], dtype=op.outputs[0].dtype)]


def _concatenated(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    known(inputs[-1] if op.type == "ConcatV2" else inputs[0], "an axis")
    return again(op, inputs)


def _slice(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    value, begin, size = inputs
    sizes = known(size)
    if isinstance(begin, np.ndarray):
        return again(op, inputs)
    if np.any(sizes < 0):
        raise NotKept("the size of a slice is known to the running graph only")
    limits = tf.constant(np.asarray(shape(value), sizes.dtype) - sizes)
    copy.require(_all(tf.logical_and(begin >= 0, begin <= tf.cast(limits, begin.dtype))))
    return again(op, inputs)


def _squeezed(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    sizes = shape(inputs[0])
    axes = [axis % len(sizes) for axis in op.get_attr("squeeze_dims")]
    kept = [n for axis, n in enumerate(sizes) if (axis not in axes if axes else n != 1)]
    if any(sizes[axis] != 1 for axis in axes):
        raise NotKept("it squeezes an axis that has more than one element")
    if isinstance(inputs[0], np.ndarray):
        return [inputs[0].reshape(kept)]
    return [tf.reshape(inputs[0], kept)]


def _strided_slice(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    if all(isinstance(value, np.ndarray) for value in inputs[1:]):
        return again(op, inputs)
    return [_sizes.sliced(copy, op, inputs)]


Meaning = Callable[[Any, Any, list[Value]], Sequence[Value]]
MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(_kept.SAME, _same),
    **dict.fromkeys(_kept.DIVISIONS - {"DivNoNan"}, _divided),
    **dict.fromkeys(("ArgMax", "ArgMin", "ClipByValue", "TopKV2"), _of_numbers),
    "Assert": _checked,
    "Cast": _cast,
    "CheckNumerics": _checked_numerics,
    "ConcatV2": _concatenated,
    "Const": _constant,
    "EnsureShape": _ensured,
    "Erf": _error_function,
    "GatherNd": _gather_nd,
    "GatherV2": _gather,
    "Max": _largest,
    "Maximum": _larger,
    "Min": _largest,
    "Minimum": _larger,
    "NoOp": _nothing,
    "Pow": _power,
    "Range": _range,
    "Rank": _rank,
    "ReadVariableOp": _read,
    "Relu6Grad": _passed_back,
    "ReluGrad": _passed_back,
    "RsqrtGrad": _of_root,
    "Shape": _shapes,
    "ShapeN": _shapes,
    "Size": _size,
    "Slice": _slice,
    "Softmax": _softmax,
    "SparseSoftmaxCrossEntropyWithLogits": _labelled,
    "SqrtGrad": _of_root,
    "Squeeze": _squeezed,
    "StridedSlice": _strided_slice,
    "TensorScatterAdd": _gather_nd,
    "TensorScatterUpdate": _gather_nd,
}
