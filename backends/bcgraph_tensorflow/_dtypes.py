"""Dtypes and shapes: what a value is, and what holds two of them.

A Python number is weak: it takes the dtype of the tensor it meets, and a wider kind if it must
(an integer tensor and a Python float are floats). Tensors of different dtypes are promoted as
NumPy does within a kind; integers that meet floats take the floats' dtype.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from bcgraph.backend import Spec, StagedNumber

from ._constants import constant

_KINDS = ("bool", "integer", "floating", "complex")
_WEAK = {bool: tf.bool, int: tf.int32, float: tf.float32, complex: tf.complex64, str: tf.string}


@dataclass(frozen=True, slots=True, eq=False)
class Filler:
    """A tensor of a spec whose value is never read: made only where nothing else will do."""

    spec: Spec

    def stack(self) -> Any:
        """Zeros, unknown sizes taken as zero."""
        spec = self.spec
        if spec.dtype == tf.variant:
            return tf.raw_ops.EmptyTensorList(
                element_shape=-1, max_num_elements=-1, element_dtype=tf.float32
            )
        known = () if spec.shape is None else tuple(n or 0 for n in spec.shape)
        return tf.zeros(known, spec.dtype)

    def among(self, tensors: Iterable[Any]) -> Any:
        """One of these tensors that will do; None if none does."""
        dtype, shape = self.spec.dtype, self.spec.shape
        for tensor in tensors:
            if shape is not None and tensor.dtype == dtype and _shape(tensor.shape) == shape:
                return tensor
        return None


def spec(value: Any) -> Spec | None:
    """The spec of a tensor, variable, array or Python number."""
    if isinstance(value, StagedNumber):
        return value.spec
    weak = _WEAK.get(type(value))
    if weak is not None:
        if type(value) is int and not -(2**31) <= value < 2**31:
            if not -(2**63) <= value < 2**63:
                return None
            weak = tf.int64
        return Spec(weak, (), weak=True)
    if isinstance(value, tf.Tensor | tf.Variable):
        return Spec(value.dtype, _shape(value.shape))
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcSU":
        return Spec(tf.as_dtype(value.dtype), value.shape)
    return None


def _shape(shape: tf.TensorShape) -> tuple[int | None, ...] | None:
    return None if shape.rank is None else tuple(shape.as_list())


def join(first: Spec, second: Spec) -> Spec | None:
    """The narrowest spec that holds both."""
    dtype = _join_dtypes(first, second)
    if dtype is None:
        return None
    shape: tuple[int | None, ...] | None = None
    one, other = first.shape, second.shape
    if one is not None and other is not None and len(one) == len(other):
        shape = tuple(a if a == b else None for a, b in zip(one, other, strict=True))
    return Spec(dtype, shape, weak=first.weak and second.weak)


def _join_dtypes(first: Spec, second: Spec) -> Any:
    one, other = first.dtype, second.dtype
    if one == other:
        return one
    if one in (tf.string, tf.variant, tf.resource) or other in (tf.string, tf.variant, tf.resource):
        return None
    ranks = (_rank(one), _rank(other))
    if ranks[0] != ranks[1]:
        return one if ranks[0] > ranks[1] else other
    if first.weak != second.weak:
        return other if first.weak else one
    return tf.as_dtype(np.promote_types(one.as_numpy_dtype, other.as_numpy_dtype))


def _rank(dtype: Any) -> int:
    if dtype == tf.bool:
        return 0
    if dtype.is_integer:
        return 1
    return 2 if dtype.is_floating else 3


def convert(value: Any, spec: Spec) -> Any:
    """A value as a tensor of the spec's dtype."""
    if isinstance(value, (bool, int, float, complex, str)):
        return constant(value, spec.dtype)
    tensor = tf.convert_to_tensor(value)
    return tensor if tensor.dtype == spec.dtype else tf.cast(tensor, spec.dtype)


def as_tensor(value: Any, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Any:
    """What TensorFlow's functions get for a staged list or number.

    Raises `TypeError` for a number that Python would not make one of `dtype` either.
    """
    if dtype is None or not isinstance(value, StagedNumber):
        return value.stack()
    tensor = value.met(Spec(tf.as_dtype(dtype), None))
    if tensor.dtype != dtype:
        raise TypeError(f"a {tensor.dtype.name} stands where a {tf.as_dtype(dtype).name} must")
    return tensor


def packed(value: Any, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Any:
    """What TensorFlow's functions get for a list that holds staged numbers, however deep in it.

    As in a list of Python numbers, they take the dtype that all of them fit in.
    """
    if tf.executing_eagerly() or not any(isinstance(v, StagedNumber) for v in _leaves(value)):
        return NotImplemented
    if dtype is not None:
        return _stacked(value, lambda v: tf.convert_to_tensor(v, dtype))
    joined = functools.reduce(_held, map(spec, _leaves(value)))
    return NotImplemented if joined is None else _stacked(value, lambda v: convert(v, joined))


def _leaves(value: Any) -> Iterator[Any]:
    if not isinstance(value, list | tuple):
        yield value
        return
    for part in value:
        yield from _leaves(part)


def _held(first: Spec | None, second: Spec | None) -> Spec | None:
    return None if first is None or second is None else join(first, second)


def _stacked(value: Any, leaf: Callable[[Any], Any]) -> Any:
    if not isinstance(value, list | tuple):
        return leaf(value)
    return tf.stack([_stacked(part, leaf) for part in value])


def list_shape(spec: Spec) -> Any:
    """The element shape of a TensorList, -1 for an unknown size or rank."""
    if spec.shape is None:
        return -1
    return tf.constant([-1 if n is None else n for n in spec.shape], tf.int32)


def shaped(tensor: Any, spec: Spec) -> Any:
    """The tensor, its static shape set."""
    if spec.shape is not None:
        tensor.set_shape(spec.shape)
    return tensor


def same_integers(first: Any, second: Any) -> tuple[Any, Any]:
    """Two integers, at least one a tensor, with one dtype."""
    found = [v.dtype for v in (first, second) if isinstance(v, tf.Tensor | StagedNumber)]
    dtype = tf.int64 if tf.int64 in found else (found[0] if found else tf.int32)
    wanted = Spec(dtype, ())
    return convert(first, wanted), convert(second, wanted)
