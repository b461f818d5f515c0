"""Booleans made of others with as few operations as they need."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops, tensor_util

from ._constants import constant

_ORDERS = {"Greater", "GreaterEqual", "Less", "LessEqual"}


def negated(value: Any) -> Any:
    """Not a scalar boolean; what is made of `==`, of `not`, or of `or` is made otherwise.

    TensorFlow's optimizer takes `not (a < b)` for `a >= b`, which is another answer for what is not
    a number; so an order of floats is compared with `False`.
    """
    op = value.op
    if op.graph is ops.get_default_graph():
        inner = of_not(op)
        if inner is not None:
            return inner
        if op.type == "Equal":
            told = op.get_attr("incompatible_shape_error")
            return tf.raw_ops.NotEqual(
                x=op.inputs[0], y=op.inputs[1], incompatible_shape_error=told
            )
        if op.type == "LogicalOr" and any(of_not(given.op) is not None for given in op.inputs):
            return tf.logical_and(*map(negated, op.inputs))
    if op.type in _ORDERS and op.inputs[0].dtype.is_floating:
        return tf.raw_ops.Equal(x=value, y=constant(False, tf.bool))
    return tf.logical_not(value)


def of_not(op: Any) -> Any:
    """What an operation is the `not` of, written as such or as `== False`; None if it is none."""
    if op.type == "LogicalNot":
        return op.inputs[0]
    if op.type != "Equal" or op.inputs[0].dtype != tf.bool or op.inputs[1].op.type != "Const":
        return None
    other = tensor_util.constant_value(op.inputs[1])
    return op.inputs[0] if other.shape == () and not other else None
