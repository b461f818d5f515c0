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
from ._pieces import Piece
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
        names = [control_flow_util_v2.unique_fn_name(scope, name) for name in ("true", "false")]
        kind = control_flow_util_v2.CondBranchFuncGraph
        pieces = [Piece(kind, name, outer) for name in names]
        given = [
            piece.recorded(record) for piece, record in zip(pieces, (true, false), strict=True)
        ]
        ways = [
            Way(piece.graph, piece.recorded(lambda make=make: list(map(_tensor, make()))))
            for piece, make in zip(pieces, agree(*given), strict=True)
        ]
        made = selected(predicate, ways)
        if made is not None:
            return made
        spare = [outside for way in ways for outside, _ in way.graph.captures]
        for piece, way in zip(pieces, ways, strict=True):
            piece.finish([], _filled(way.graph, way.outputs, spare))
        graphs = [piece.graph for piece in pieces]
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


def _filled(graph: Any, outputs: list[Any], spare: list[Any]) -> list[Any]:
    """A branch's outputs; what is never read is what the branch has anyway."""
    with graph.as_default():
        made = [value.among(spare) if isinstance(value, Filler) else value for value in outputs]
        return [
            given.stack() if value is None else value
            for given, value in zip(outputs, made, strict=True)
        ]


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
