"""The graphs of branches, tests and bodies, as `func_graph_from_py_func` makes them.

One is finished only where it is kept, and records what it is asked to, in several goes if need be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import auto_control_deps
from tensorflow.python.util import object_identity

_CONTROL = ("Merge", "NoOp", "Switch")


class Piece:
    """One of TensorFlow's function graphs (of a `kind`) inside the graph `outer`."""

    def __init__(self, kind: Any, name: str, outer: Any) -> None:
        self.graph = kind(name, collections=outer._collections)
        self.graph._watched_variables = object_identity.ObjectIdentityWeakSet()
        self.graph.structured_input_signature = ((), {})
        self._ordered = outer._add_control_dependencies
        self._order = auto_control_deps.AutomaticControlDependencies()
        if self._ordered:
            with self.graph.as_default():
                self._order.__enter__()

    def recorded(self, record: Callable[[], Any]) -> Any:
        """What recording something in the graph returns."""
        with self.graph.as_default():
            return record()

    def finish(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Gives the graph its inputs, those that it captures after them, and its outputs."""
        graph = self.graph
        with graph.as_default():
            made = [graph.capture(value) for value in outputs]
            if self._ordered:
                made = self._in_order(made)
        deferred = tf.nest.flatten(graph.deferred_internal_captures, expand_composites=True)
        graph.inputs = [*inputs, *graph.internal_captures, *deferred]
        graph.outputs = made
        graph.structured_outputs = list(made)
        graph.variables = graph._watched_variables

    def _in_order(self, outputs: list[Any]) -> list[Any]:
        """The outputs, which wait for all that the graph does."""
        graph, order = self.graph, self._order
        operations = graph.get_operations()
        if not any(map(_may_wait, operations)):  # nothing is to be put in order
            graph.experimental_acd_manager = None
            graph.collective_manager_ids_used = {}
            return outputs
        if any(op.op_def.is_stateful for op in operations):
            outputs = [order.mark_as_return(value) for value in outputs]
        order.__exit__(None, None, None)
        graph.control_outputs.extend(order.ops_which_must_run)
        graph.collective_manager_ids_used = order.collective_manager_ids_used
        return outputs


def _may_wait(op: Any) -> bool:
    """Whether an operation does something, or uses what others may write."""
    uses = any(given.dtype in (tf.resource, tf.variant) for given in op.inputs)
    return bool(op.op_def.is_stateful or op.type in _CONTROL or uses)
