"""Constants, each made once in a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops

from ._remake import remade


def constant(value: Any, dtype: Any) -> Any:
    """A Python number or text as a scalar tensor of the graph that is being built."""
    if tf.executing_eagerly():
        return tf.constant(value, dtype)
    return _once((dtype, type(value), repr(value)), lambda: tf.constant(value, dtype))


def here(tensor: Any) -> Any:
    """A constant of another graph in the one that is being built."""
    key = tensor.op.node_def.attr["value"].tensor.SerializeToString(deterministic=True)
    return _once(key, lambda: remade(tensor.op, [])[0])


def _once(key: Any, make: Callable[[], Any]) -> Any:
    graph = ops.get_default_graph()
    placed = any(True for _ in graph._device_function_stack.peek_objs())
    if placed or graph._control_dependencies_stack:
        return make()
    found = getattr(graph, "_bcgraph_constants", None)
    if found is None:  # a table apart would keep the graphs, which its values hold
        found = graph._bcgraph_constants = {}
    if key not in found:
        found[key] = make()
    return found[key]
