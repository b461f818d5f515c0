"""Loops, with the options that a program sets in their bodies.

A loop without options is built here, as `while_v2.while_loop` builds it but for what is of no use
to it; its body may hand on more than it is given, which the loop then carries, too. That needs the
functions below it, which have kept their form since TensorFlow 2.0.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import graph_only_ops
from tensorflow.python.framework import ops
from tensorflow.python.ops import control_flow_util_v2, while_v2

from bcgraph.backend import Added, Spec

from . import reassociate
from ._constants import constant
from ._dtypes import Filler
from ._harmless import acts
from ._pieces import Piece
from ._recipes import Recipe, is_captured, recipe


class _Open(threading.local):
    """The loops whose bodies this thread records, the innermost last."""

    def __init__(self) -> None:
        self.loops: list[_Loop] = []


class _Loop:
    """A loop: what its body is given, the options it asks for, how a turn may end at its head.

    `graph` is that of the body, where the test can be added to while it is recorded.
    """

    def __init__(self, leaves: list[Any], graph: Any = None) -> None:
        self.leaves, self.graph = leaves, graph
        self.asked: dict[str, Any] = {}
        self.heads: list[tuple[Recipe, bool]] = []


class _Asked(Exception):
    """A body has asked for other options than it is recorded with, or hands on more."""

    def __init__(self, added: list[Added]) -> None:
        self.added = added


_open = _Open()


def while_loop(
    test: Callable[[list[Any]], Any],
    body: Callable[[list[Any]], list[Any]],
    values: list[Any],
    specs: list[Spec],
) -> list[Any]:
    """Records a `While`; again, if its body asks for options."""
    if not values:
        while_loop(
            lambda _: test([]), lambda i: (body([]), i)[1], [tf.constant(0)], [Spec(tf.int32, ())]
        )
        return []
    values = [v.stack() if isinstance(v, Filler) else v for v in values]
    outer = ops.get_default_graph()
    if control_flow_util_v2.in_defun() and not control_flow_util_v2.output_all_intermediates():
        loop = _Loop([])
        _open.loops.append(loop)
        try:
            return _built(outer, test, body, values, specs, loop)
        except _Asked as asked:
            values, specs = _longer(values, specs, asked.added)
        finally:
            _open.loops.pop()
    return _with_options(test, body, values, specs)


def _longer(
    values: list[Any], specs: list[Spec], added: list[Added]
) -> tuple[list[Any], list[Spec]]:
    more = [one.spec for one in added]
    return [*values, *(Filler(spec).stack() for spec in more)], [*specs, *more]


def _built(
    outer: Any,
    test: Callable[[list[Any]], Any],
    body: Callable[[list[Any]], list[Any]],
    values: list[Any],
    specs: list[Spec],
    loop: _Loop,
) -> list[Any]:
    with ops.name_scope("while") as scope:
        counter = tf.constant(0, name="loop_counter")  # by which gradients go back
        limit = tf.constant(-1, name="maximum_iterations")
        before = [counter, limit, *map(tf.convert_to_tensor, values)]
        shapes = [tf.TensorShape(()), tf.TensorShape(()), *(tf.TensorShape(s.shape) for s in specs)]
        asking, turning = (
            Piece(kind, control_flow_util_v2.unique_fn_name(scope, name), outer)
            for kind, name in (
                (control_flow_util_v2.WhileCondFuncGraph, "cond"),
                (control_flow_util_v2.WhileBodyFuncGraph, "body"),
            )
        )
        asked = asking.recorded(lambda: _given(before, shapes))
        told = asking.recorded(lambda: asking.graph.capture(tf.convert_to_tensor(test(asked[2:]))))
        given = turning.recorded(lambda: _given(before, shapes))
        loop.leaves, loop.graph = given[2:], turning.graph

        def turn() -> list[Any]:
            for value in asking.graph.external_captures:
                turning.graph.capture(value)
            after = body(given[2:])
            if loop.asked:
                raise _Asked([value for value in after if isinstance(value, Added)])
            return [
                leaf if isinstance(value, Filler) else value
                for value, leaf in zip(after, [*given[2:], *after[len(values) :]], strict=True)
            ]

        after = turning.recorded(turn)
        added = [value for value in after if isinstance(value, Added)]
        more = [Filler(one.spec).stack() for one in added]
        more_shapes = [tf.TensorShape(one.spec.shape) for one in added]
        asked += asking.recorded(lambda: _given(more, more_shapes))
        given += turning.recorded(lambda: _given(more, more_shapes))
        before, shapes = before + more, shapes + more_shapes

        def handed_on() -> list[Any]:
            made = [value.value if isinstance(value, Added) else value for value in after]
            made = [counter_after, given[1], *map(tf.convert_to_tensor, made)]
            known = {id(value): place for place, value in enumerate(given)}
            return [
                value if known.get(id(value), place) == place else tf.identity(value)
                for place, value in enumerate(made)
            ]

        if loop.heads:
            told = asking.recorded(lambda: _with_heads(told, loop.heads, asked[2:], turning.graph))
        counter_after = turning.recorded(lambda: given[0] + 1)
        asking.finish(asked, [told])
        turning.finish(given, turning.recorded(handed_on))

        def resumed(values: list[Any]) -> list[Any]:
            return _while(scope, asking.graph, turning.graph, values, shapes)

        if not reassociate.is_asked():
            return resumed(before)[2:]
        loop = reassociate.Loop(asking.graph, turning.graph, tuple(before))
        return reassociate.recorded(loop, resumed)[2:]


def _with_heads(told: Any, heads: list[tuple[Recipe, bool]], leaves: list[Any], body: Any) -> Any:
    """A loop's test with what its body tests first; it captures what the body does, in order."""
    for value in body.external_captures:
        ops.get_default_graph().capture(value)
    for condition, goes_on in heads:
        made = condition.made(leaves)
        if goes_on:
            told = tf.logical_and(told, made)
        else:
            told = tf.raw_ops.Select(condition=made, x=constant(False, tf.bool), y=told)
    return told


def head(value: Any, *, goes_on: bool) -> Recipe | None:
    """Lets a loop go on only if a value, of the body that is being recorded, is `goes_on`.

    None if that is not possible: it is not computed of what the body is given, or something has
    been done before it.
    """
    loop = _open.loops[-1] if _open.loops else None
    if loop is None or loop.graph is not ops.get_default_graph():
        return None
    if any(map(acts, loop.graph.get_operations())):
        return None
    found = recipe(value, loop.leaves, is_captured)
    if found is not None:
        loop.heads.append((found, goes_on))
    return found


def _given(values: list[Any], shapes: list[Any]) -> list[Any]:
    """Placeholders of what a test or a body is given."""
    made = [
        graph_only_ops.graph_placeholder(value.dtype, shape, "given")
        for value, shape in zip(values, shapes, strict=True)
    ]
    for value, placeholder in zip(values, made, strict=True):
        if value.dtype in (tf.variant, tf.resource):
            while_v2._copy_handle_data([value], [placeholder])
    return made


def _while(scope: str, test: Any, body: Any, before: list[Any], shapes: list[Any]) -> list[Any]:
    """The `While` of two graphs, from what is before it."""
    count = len(before)
    deferred = tf.nest.flatten(
        [capture() for capture in body.deferred_external_captures], expand_composites=True
    )
    captured = [*body.external_captures, *deferred]
    body.outputs += [*body.internal_captures, *body.deferred_internal_captures]
    with test.as_default():
        own = len(test.external_captures)
        while_v2._duplicate_body_captures_in_cond(test, captured[own:])
    while_v2._check_shapes_compat(body.outputs[:count], shapes, before)
    while_v2._check_inputs_outputs_types_match(body, [*before, *captured])
    waits = [*test.function_captures.control, *body.function_captures.control]
    with ops.control_dependencies(waits):
        found = while_v2._build_while_op(
            [*before, *captured],
            test,
            body,
            output_shapes=[*shapes, *(t.shape for t in body.outputs[count:])],
            parallel_iterations=10,
            name=scope,
            num_original_outputs=len(body.outputs),
        )
    return list(found[:count])


def _with_options(
    test: Callable[[list[Any]], Any],
    body: Callable[[list[Any]], list[Any]],
    values: list[Any],
    specs: list[Spec],
) -> list[Any]:
    options: dict[str, Any] = {}

    def turn(*leaves: Any) -> list[Any]:
        loop = _Loop(list(leaves))
        _open.loops.append(loop)
        try:
            after = body(list(leaves))
        finally:
            _open.loops.pop()
        added = [value for value in after if isinstance(value, Added)]
        if added or loop.asked.keys() != options.keys():
            options.update(loop.asked)
            raise _Asked(added)
        return [
            leaf if isinstance(value, Filler) else value
            for value, leaf in zip(after, leaves, strict=True)
        ]

    while True:
        shapes = {i: tf.TensorShape(spec.shape) for i, spec in enumerate(specs)}
        plain = {name: value for name, value in options.items() if name != "shape_invariants"}
        found = {**shapes, **options.get("shape_invariants", {})}
        try:
            return list(
                tf.while_loop(
                    lambda *leaves: test(list(leaves)),
                    turn,
                    values,
                    shape_invariants=[found[i] for i in range(len(values))],
                    **plain,
                )
            )
        except _Asked as asked:
            values, specs = _longer(values, specs, asked.added)


def set_options(**options: Any) -> None:
    """What `tf.autograph.experimental.set_loop_options` means in a loop that is recorded.

    Raises `ValueError` for a shape invariant of what the loop does not carry.
    """
    if not _open.loops:
        return
    loop = _open.loops[-1]
    named = {}
    for value, shape in options.pop("shape_invariants", ()):
        tensor = value.stack() if hasattr(type(value), "stack") else value
        parts = tf.nest.flatten(tensor, expand_composites=True)
        places = [i for i, leaf in enumerate(loop.leaves) if any(leaf is part for part in parts)]
        if not places:
            raise ValueError("a shape invariant is set of a value that the loop does not carry")
        if parts[0] is tensor:  # of a composite, the shapes of the parts follow from the body
            named[places[0]] = tf.TensorShape(shape)
    loop.asked = {**options, "shape_invariants": named} if named else options


set_options.always = True  # type: ignore[attr-defined]
