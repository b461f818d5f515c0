"""An operation once more, on other inputs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from . import _kept
from ._kept import NotKept
from ._values import Value, tensor

_SMALL = 4096  # elements that are computed while copying


def again(op: Any, inputs: Sequence[Value]) -> list[Value]:
    """An operation of known meaning on other inputs: computed if all of them are known."""
    for output in op.outputs:
        if output.dtype not in _kept.DTYPES:
            raise NotKept(f"it computes in {output.dtype.name}")
    if op.type not in _kept.AGAIN:
        raise NotKept(_kept.told(op))
    for number in _kept.SHAPING.get(op.type, ()):
        if not isinstance(inputs[number], np.ndarray):
            raise NotKept(f"a size or axis of {op.type} is known to the running graph only")
    if all(isinstance(value, np.ndarray) and value.size <= _SMALL for value in inputs):
        with tf.init_scope():
            return [np.asarray(value.numpy()) for value in _called(op, inputs)]
    return _called(op, [tensor(value) for value in inputs])


def _called(op: Any, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of an operation of the same type and attributes."""
    definition, rest = op.op_def, iter(inputs)
    call = getattr(tf.raw_ops, op.type)
    names = list(inspect.signature(call).parameters)  # inputs in order, some under another name
    inferred, arguments = set(), {}
    for place, argument in enumerate(definition.input_arg):
        inferred |= {argument.type_attr, argument.number_attr, argument.type_list_attr}
        name = argument.name if argument.name in names else names[place]
        if argument.number_attr:
            count = op.get_attr(argument.number_attr)
            arguments[name] = [next(rest) for _ in range(count)]
        else:
            arguments[name] = next(rest)
    for attribute in definition.attr:
        if attribute.name not in inferred:
            arguments[attribute.name] = op.get_attr(attribute.name)
    return list(tf.nest.flatten(call(**arguments)))
