"""Slices with a moving start and a size that is known: `x[i * 32:(i + 1) * 32]`, `x[i]`.

XLA needs the size; it follows from the way in which start and stop are computed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import tensorflow as tf

from ._kept import SAME, NotKept
from ._values import Value, shape, tensor


def sliced(copy: Any, op: Any, inputs: list[Value]) -> Any:
    """A `StridedSlice` whose start or stop is not known."""
    value, begin, end, strides = inputs
    if op.get_attr("ellipsis_mask") or op.get_attr("new_axis_mask"):
        raise NotKept("a slice with a moving start adds axes")
    masks = [op.get_attr(f"{name}_mask") for name in ("begin", "end", "shrink_axis")]
    whole = shape(value)
    axes = list(zip(_parts(begin), _parts(end), _parts(strides), strict=True))
    starts, sizes, dropped = [], [], []
    for axis, (first, last, step) in enumerate(axes):
        from_start, to_end, shrinks = (bool(mask >> axis & 1) for mask in masks)
        size = whole[axis]
        if shrinks:
            start, count = _single(copy, first, size), 1
            dropped.append(axis)
        elif (from_start or isinstance(first, int)) and (to_end or isinstance(last, int)):
            own = slice(None if from_start else first, None if to_end else last, step)
            start, stop, step = own.indices(size)
            count = max(stop - start, 0)
        elif from_start or to_end:
            raise NotKept("the size of a slice is known to the running graph only")
        else:
            start, count = first, _distance(first, last)
            in_range = tf.logical_and(tensor_of(start) >= 0, tensor_of(start) <= size - count)
            copy.require(in_range)
        if step != 1 and not shrinks:
            raise NotKept("a slice with a moving start has a step")
        starts.append(start)
        sizes.append(count)
    starts += [0] * (len(whole) - len(axes))
    sizes += whole[len(axes) :]
    dtype = op.inputs[1].dtype
    where = tf.stack([tf.cast(start, dtype) for start in starts])
    found = tf.slice(tensor(value), where, tf.constant(sizes, dtype))
    return tf.reshape(found, [n for axis, n in enumerate(sizes) if axis not in dropped])


def tensor_of(start: Any) -> Any:
    """A start as a tensor."""
    return tf.convert_to_tensor(start)


def _single(copy: Any, index: Any, size: int) -> Any:
    """The place of one element, which may count from the end."""
    if isinstance(index, int):
        copy.require(np.asarray(-size <= index < size))
        return index % size
    copy.require(tf.logical_and(index >= -size, index < size))
    return tf.where(index < 0, index + size, index)


def _parts(value: Value) -> list[Any]:
    """The elements of a vector: Python integers, or scalars."""
    if isinstance(value, np.ndarray):
        return [int(n) for n in value]
    if value.op.type in ("Select", "SelectV2"):  # an index made harmless where it is not used
        return list(tf.unstack(value))
    if value.op.type != "Pack":
        raise NotKept("a slice is computed in a way that is not followed")
    found = (tf.get_static_value(part) for part in value.op.inputs)
    return [
        part if known is None else int(known)
        for part, known in zip(value.op.inputs, found, strict=True)
    ]


def _distance(first: Any, last: Any) -> int:
    """`last - first`, where it is the same for all values of what they are computed of."""
    difference = _terms(last)
    difference.subtract(_terms(first))
    constant = difference.pop(None, 0)
    if any(difference.values()) or constant < 0:
        raise NotKept("the size of a slice is known to the running graph only")
    return constant


def _terms(value: Any) -> Counter[Any]:
    """A scalar as a sum: how often each tensor, and (None) the number 1, is in it."""
    known = value if isinstance(value, int) else tf.get_static_value(value)
    if known is not None:
        return Counter({None: int(known)})
    op = value.op
    if op.type in SAME:
        return _terms(op.inputs[0])
    if op.type in ("Add", "AddV2", "Sub"):
        found, other = (_terms(operand) for operand in op.inputs)
        (found.subtract if op.type == "Sub" else found.update)(other)
        return found
    if op.type == "Mul":
        one, other = (_terms(operand) for operand in op.inputs)
        for factor, terms in ((one, other), (other, one)):
            if factor.keys() <= {None}:
                return Counter({term: count * factor[None] for term, count in terms.items()})
    return Counter({value.ref(): 1})
