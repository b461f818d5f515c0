"""Conditionals: both branches are recorded, then their outputs agreed on, then one `If` is made.

`tf.cond` wants equal outputs from each branch as soon as it is recorded; here the branches' types
are brought together after both are known, so neither has to be recorded twice. That needs the
functions below `tf.cond`, which have kept their form since TensorFlow 2.0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import auto_control_deps, func_graph, ops
from tensorflow.python.ops import cond_v2, control_flow_util_v2, tensor_array_ops
from tensorflow.python.util import object_identity

from ._dtypes import Filler
from ._select import Way, selected

_STATELESS = {"Placeholder", "PlaceholderWithDefault", "Const", "EmptyTensorList"}


def cond(
    predicate: Any,
    true: Callable[[], Any],
    false: Callable[[], Any],
    agree: Callable[[Any, Any], tuple[Callable[[], list[Any]], Callable[[], list[Any]]]],
) -> list[Any]:
    """Records an `If` and returns its outputs."""
    outer = ops.get_default_graph()
    with ops.name_scope("cond") as scope:
        branches = [_Branch(outer, scope, "true"), _Branch(outer, scope, "false")]
        found = [
            branch.recorded(record) for branch, record in zip(branches, (true, false), strict=True)
        ]
        ways = [
            Way(branch.graph, branch.recorded(lambda make=make: list(map(_tensor, make()))))
            for branch, make in zip(branches, agree(*found), strict=True)
        ]
        made = selected(predicate, ways)
        if made is not None:
            return made
        spare = [outside for way in ways for outside, _ in way.graph.captures]
        graphs = [
            branch.finished(way.outputs, spare) for branch, way in zip(branches, ways, strict=True)
        ]
        found = cond_v2._build_cond(
            predicate,
            graphs[0],
            graphs[1],
            graphs[0].external_captures,
            graphs[1].external_captures,
            building_gradient=False,
            name=scope,
        )
    if not graphs[0].outputs:
        return []
    return list(found) if isinstance(found, list | tuple) else [found]


def _tensor(value: Any) -> Any:
    return value if isinstance(value, Filler) else tf.convert_to_tensor(value)


class _Branch:
    """The graph of one branch, as `func_graph_from_py_func` makes it, but finished only if kept."""

    def __init__(self, outer: Any, scope: str, name: str) -> None:
        full = control_flow_util_v2.unique_fn_name(scope, name)
        self.graph = control_flow_util_v2.CondBranchFuncGraph(full, collections=outer._collections)
        self._ordered = outer._add_control_dependencies
        self._order = auto_control_deps.AutomaticControlDependencies()
        self.graph._watched_variables = object_identity.ObjectIdentityWeakSet()
        self.graph.structured_input_signature = ((), {})
        if self._ordered:
            with self.graph.as_default():
                self._order.__enter__()

    def recorded(self, record: Callable[[], Any]) -> Any:
        """What recording something in the branch returns."""
        with self.graph.as_default():
            return record()

    def finished(self, outputs: list[Any], spare: list[Any]) -> Any:
        """The graph with its outputs; what is never read is what the branch has anyway."""
        graph = self.graph
        with graph.as_default():
            made = [value.among(spare) if isinstance(value, Filler) else value for value in outputs]
            made = [
                graph.capture(tf.convert_to_tensor(given) if value is None else value)
                for given, value in zip(outputs, made, strict=True)
            ]
            if self._ordered:
                self._order.__exit__(None, None, None)
                graph.control_outputs.extend(self._order.ops_which_must_run)
                graph.collective_manager_ids_used = self._order.collective_manager_ids_used
        deferred = tf.nest.flatten(graph.deferred_internal_captures, expand_composites=True)
        graph.inputs = graph.internal_captures + deferred
        graph.outputs = list(made)
        graph.structured_outputs = list(made)
        graph.variables = graph._watched_variables
        return graph


def is_pure(record: Callable[[], Any], *, kept: bool) -> bool:
    """Records, into a graph that is thrown away or `kept`; whether nothing in it has a state."""
    graph = outer = ops.get_default_graph()
    if not kept:
        graph = func_graph.FuncGraph("probe", collections=outer._collections)
    before = len(graph.get_operations())
    with graph.as_default():
        record()
    return not any(_has_state(op) for op in graph.get_operations()[before:])


def _has_state(op: Any) -> bool:
    return bool(op.op_def.is_stateful) and op.type not in _STATELESS


def array_with_flow(array: Any, flow: Any) -> Any:
    """A TensorArray with another flow."""
    return tensor_array_ops.build_ta_with_new_flow(array, flow)
