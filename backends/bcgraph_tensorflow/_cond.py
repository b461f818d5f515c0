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
        branches = [_branch(outer, scope, "true", true), _branch(outer, scope, "false", false)]
        outputs = agree(branches[0][1], branches[1][1])
        ways = []
        for (graph, _), make in zip(branches, outputs, strict=True):
            with graph.as_default():
                ways.append(Way(graph, [_tensor(value) for value in make()]))
        made = selected(predicate, ways)
        if made is not None:
            return made
        spare = [outside for way in ways for outside, _ in way.graph.captures]
        graphs = [_finished(way, spare) for way in ways]
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


def _finished(way: Way, spare: list[Any]) -> Any:
    """A branch's graph with its outputs; what is never read is what the branch has anyway."""
    graph = way.graph
    with graph.as_default():
        made = [value.among(spare) if isinstance(value, Filler) else value for value in way.outputs]
        made = [
            graph.capture(tf.convert_to_tensor(given) if value is None else value)
            for given, value in zip(way.outputs, made, strict=True)
        ]
    graph.outputs = list(made)
    graph.structured_outputs = list(made)
    return graph


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
