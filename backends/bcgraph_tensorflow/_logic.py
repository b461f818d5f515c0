"""Booleans made of others with as few operations as they need."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops


def negated(value: Any) -> Any:
    """Not a scalar boolean; what is made of `==`, of `not`, or of `or` is made otherwise."""
    op = value.op
    if op.graph is not ops.get_default_graph():
        return tf.logical_not(value)
    if op.type == "LogicalNot":
        return op.inputs[0]
    if op.type == "Equal":
        told = op.get_attr("incompatible_shape_error")
        return tf.raw_ops.NotEqual(x=op.inputs[0], y=op.inputs[1], incompatible_shape_error=told)
    if op.type == "LogicalOr" and any(given.op.type == "LogicalNot" for given in op.inputs):
        return tf.logical_and(*map(negated, op.inputs))
    return tf.logical_not(value)
