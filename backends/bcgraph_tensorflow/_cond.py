"""Conditionals: both branches are recorded, then their outputs agreed on, then one `If` is made.

`tf.cond` wants equal outputs from each branch as soon as it is recorded; here the branches' types
are brought together after both are known, so neither has to be recorded twice. That needs the
functions below `tf.cond`, which have kept their form since TensorFlow 2.0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import func_graph, ops
from tensorflow.python.ops import cond_v2, control_flow_util_v2, tensor_array_ops

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
        branches = [_branch(outer, scope, "true", true), _branch(outer, scope, "false", false)]
        outputs = agree(branches[0][1], branches[1][1])
        graphs = []
        for (graph, _), make in zip(branches, outputs, strict=True):
            with graph.as_default():
                made = [graph.capture(tf.convert_to_tensor(value)) for value in make()]
            graph.outputs = list(made)
            graph.structured_outputs = list(made)
            graphs.append(graph)
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


def _branch(outer: Any, scope: str, name: str, record: Callable[[], Any]) -> tuple[Any, Any]:
    """A branch's graph, and what recording it returned."""
    found: list[Any] = []

    def run() -> list[Any]:
        found.append(record())
        return []

    full = control_flow_util_v2.unique_fn_name(scope, name)
    graph = control_flow_util_v2.CondBranchFuncGraph(full, collections=outer._collections)
    func_graph.func_graph_from_py_func(
        full,
        run,
        [],
        {},
        func_graph=graph,
        add_control_dependencies=outer._add_control_dependencies,
    )
    return graph, found[-1]


def is_pure(record: Callable[[], Any]) -> bool:
    """Records into a graph that is thrown away; whether nothing in it has a state."""
    outer = ops.get_default_graph()
    graph = func_graph.FuncGraph("probe", collections=outer._collections)
    with graph.as_default():
        record()
    return not any(_has_state(op) for op in graph.get_operations())


def _has_state(op: Any) -> bool:
    return bool(op.op_def.is_stateful) and op.type not in _STATELESS


def array_with_flow(array: Any, flow: Any) -> Any:
    """A TensorArray with another flow."""
    return tensor_array_ops.build_ta_with_new_flow(array, flow)
