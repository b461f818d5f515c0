"""Lists that grow, as a buffer of a size that XLA knows and a length.

The room that a loop needs follows from how often it turns and what one turn appends. Where a list
becomes a tensor, it has to be as long as its buffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from . import _kept
from ._kept import NotKept
from ._meanings import Meaning, origin
from ._values import Elements, Value, known, shape, tensor


def _empty(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return [_made(op, _sizes_of(inputs[0]), 0)]


def _reserved(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return [_made(op, _sizes_of(inputs[0]), int(known(inputs[1])))]


def _made(op: Any, sizes: list[int] | None, length: int) -> Elements:
    dtype = op.get_attr("element_dtype")
    if dtype not in _kept.DTYPES:
        raise NotKept(f"it has a list of {dtype.name}")
    buffer = None if sizes is None else np.zeros([length, *sizes], dtype.as_numpy_dtype)
    if buffer is None and length:
        raise NotKept("the shape of a list's elements is not known")
    return Elements(buffer, np.asarray(length, np.int32), dtype)


def _sizes_of(value: Value) -> list[int] | None:
    sizes = known(value)
    return [int(n) for n in sizes] if sizes.ndim and np.all(sizes >= 0) else None


def _of_tensor(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    length = np.asarray(shape(inputs[0])[0], np.int32)
    return [Elements(inputs[0], length, op.inputs[0].dtype)]


def _pushed(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    elements, item = inputs
    item = tensor(item)
    buffer = elements.buffer
    if buffer is None:
        buffer = np.zeros((0, *shape(item)), elements.dtype.as_numpy_dtype)
    if shape(buffer)[1:] != shape(item):
        raise NotKept("the elements of a list have several shapes")
    room, length = shape(buffer)[0], elements.length
    if isinstance(length, np.ndarray) and int(length) == room:
        buffer = tf.concat([tensor(buffer), item[None]], 0)
    else:
        copy.require(tensor(length) < room if room else np.asarray(False))
        buffer = _written(buffer, length, item)
    longer = np.asarray(length + 1) if isinstance(length, np.ndarray) else length + 1
    return [Elements(buffer, longer, elements.dtype)]


def _set(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    elements, index, item = inputs
    item, buffer, length = tensor(item), elements.buffer, elements.length
    if buffer is None:
        raise NotKept("the shape of a list's elements is not known")
    if shape(buffer)[1:] != shape(item):
        raise NotKept("the elements of a list have several shapes")
    grows = op.get_attr("resize_if_index_out_of_bounds")
    limit = shape(buffer)[0] if grows else tensor(length)
    index = tensor(index)
    copy.require(tf.logical_and(index >= 0, index < limit))
    if grows:
        length = tf.maximum(tensor(length), index + 1)
    return [Elements(_written(buffer, index, item), length, elements.dtype)]


def _popped(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    elements = inputs[0]
    if elements.buffer is None:
        raise NotKept("the shape of a list's elements is not known")
    last = tensor(elements.length) - 1
    copy.require(last >= 0)
    item = tf.gather(tensor(elements.buffer), tf.maximum(last, 0))
    return [Elements(elements.buffer, last, elements.dtype), item]


def _written(buffer: Value, index: Value, item: Any) -> Any:
    if not shape(buffer)[0]:
        return buffer
    return tf.tensor_scatter_nd_update(tensor(buffer), [[tensor(index)]], item[None])


def _got(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    elements, index = inputs[0], tensor(inputs[1])
    if elements.buffer is None:
        raise NotKept("the shape of a list's elements is not known")
    copy.require(tf.logical_and(index >= 0, index < tensor(elements.length)))
    return [tf.gather(tensor(elements.buffer), index)]


def _length(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    return [inputs[0].length]


def _stacked(copy: Any, op: Any, inputs: list[Value]) -> Sequence[Value]:
    elements = inputs[0]
    if elements.buffer is None:
        raise NotKept("the shape of a list's elements is not known")
    room, length = shape(elements.buffer)[0], elements.length
    copy.require(length == room if isinstance(length, np.ndarray) else tf.equal(length, room))
    return [elements.buffer]


def chosen(predicate: Any, first: Elements, second: Elements) -> Elements | None:
    """One of two lists; None where their buffers differ in shape."""
    if first.buffer is None or second.buffer is None:
        return None
    if shape(first.buffer) != shape(second.buffer):
        return None
    buffers = (tensor(first.buffer), tensor(second.buffer))
    buffer = first.buffer if first.buffer is second.buffer else tf.where(predicate, *buffers)
    length = tf.where(predicate, tensor(first.length), tensor(second.length))
    return Elements(buffer, length, first.dtype)


def with_room(test: Any, body: Any, places: list[int], inputs: list[Value]) -> list[Value]:
    """What a loop starts with, its lists with room for what it appends."""
    values = list(inputs)
    lists = [place for place in places if isinstance(inputs[place], Elements)]
    if not lists:
        return values
    turns = _turns(test, body, inputs)
    for place in lists:
        elements = inputs[place]
        source, count, item = _growth(body.outputs[place])
        if source is not body.inputs[place]:
            raise NotKept("a loop puts one list in the place of another")
        buffer = elements.buffer
        if buffer is None:
            if item is None or not item.is_fully_defined():
                raise NotKept("the shape of a list's elements is not known")
            buffer = np.zeros((0, *item), elements.dtype.as_numpy_dtype)
        if count:
            if turns is None:
                raise NotKept("how long a list gets is known to the running graph only")
            used = elements.length
            room = int(used) if isinstance(used, np.ndarray) else shape(buffer)[0]
            sizes = (room + turns * count - shape(buffer)[0], *shape(buffer)[1:])
            more = np.zeros(sizes, elements.dtype.as_numpy_dtype)
            buffer = tf.concat([tensor(buffer), more], 0)
        values[place] = Elements(buffer, elements.length, elements.dtype)
    return values


def _growth(value: Any) -> tuple[Any, int, Any]:
    """The input that a list comes from, how many elements more it has at most, and their shape."""
    value = origin(value)
    op = value.op
    if op.type == "Placeholder":
        return value, 0, None
    if op.type == "TensorListPopBack" and value.value_index == 0:
        return _growth(op.inputs[0])
    if op.type in ("TensorListPushBack", "TensorListSetItem"):
        source, count, item = _growth(op.inputs[0])
        grows = op.type == "TensorListPushBack" or op.get_attr("resize_if_index_out_of_bounds")
        return source, count + grows, op.inputs[-1].shape if item is None else item
    if op.type in _kept.BRANCHES:
        ways = []
        for graph in _kept.inner_graphs(op):
            source, count, item = _growth(graph.outputs[value.value_index])
            place = next(n for n, inner in enumerate(graph.inputs) if inner is source)
            before, more, shape_before = _growth(op.inputs[place + 1])
            ways.append((before, count + more, item or shape_before))
        if ways[0][0] is ways[1][0]:
            return ways[0][0], max(way[1] for way in ways), ways[0][2] or ways[1][2]
    raise NotKept("a list changes in a way that is not followed")


def _turns(test: Any, body: Any, inputs: list[Value]) -> int | None:
    """How often a loop turns at most, where a test counts up to a number that is known."""
    found = [_counted(term, test, body, inputs) for term in _conjuncts(test.outputs[0])]
    return min((count for count in found if count is not None), default=None)


def _conjuncts(value: Any) -> list[Any]:
    value = origin(value)
    if value.op.type == "LogicalAnd":
        return [term for operand in value.op.inputs for term in _conjuncts(operand)]
    return [value]


def _counted(term: Any, test: Any, body: Any, inputs: list[Value]) -> int | None:
    if term.op.type != "Less":
        return None
    place, limit = (_given(operand, test, body, inputs) for operand in term.op.inputs)
    if not isinstance(place, int) or not isinstance(limit, np.ndarray):
        return None
    start, after = inputs[place], origin(body.outputs[place]).op
    if not isinstance(start, np.ndarray) or after.type not in ("Add", "AddV2"):
        return None
    operands = [origin(operand) for operand in after.inputs]
    steps = [tf.get_static_value(o) for o in operands if o is not body.inputs[place]]
    if len(steps) != 1 or steps[0] is None or steps[0] != 1:
        return None
    return max(int(limit) - int(start), 0)


def _given(operand: Any, test: Any, body: Any, inputs: list[Value]) -> Any:
    """A side of a comparison: what it is known to be (an array), or the place that is carried."""
    operand = origin(operand)
    constant = tf.get_static_value(operand)
    if constant is not None:
        return np.asarray(constant)
    for place, inner in enumerate(test.inputs):
        if inner is operand:
            stays = origin(body.outputs[place]) is body.inputs[place]
            return inputs[place] if stays else place
    return None


MEANINGS: dict[str, Meaning] = {
    "EmptyTensorList": _empty,
    "TensorListFromTensor": _of_tensor,
    "TensorListGetItem": _got,
    "TensorListLength": _length,
    "TensorListPopBack": _popped,
    "TensorListPushBack": _pushed,
    "TensorListReserve": _reserved,
    "TensorListSetItem": _set,
    "TensorListStack": _stacked,
}
