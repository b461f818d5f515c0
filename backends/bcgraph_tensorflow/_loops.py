"""Loops, with the options that a program sets in their bodies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from bcgraph.backend import Spec

from ._dtypes import Filler


class _Open(threading.local):
    """The loops whose bodies this thread records, the innermost last."""

    def __init__(self) -> None:
        self.loops: list[_Loop] = []


class _Loop:
    def __init__(self, leaves: list[Any]) -> None:
        self.leaves = leaves
        self.asked: dict[str, Any] = {}


class _Asked(Exception):
    """A body has asked for other options than it is recorded with."""


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
    shapes = {i: tf.TensorShape(spec.shape) for i, spec in enumerate(specs)}
    options: dict[str, Any] = {}

    def turn(*leaves: Any) -> list[Any]:
        loop = _Loop(list(leaves))
        _open.loops.append(loop)
        try:
            after = body(list(leaves))
        finally:
            _open.loops.pop()
        if loop.asked.keys() != options.keys():
            options.update(loop.asked)
            raise _Asked
        return [
            leaf if isinstance(value, Filler) else value
            for value, leaf in zip(after, leaves, strict=True)
        ]

    while True:
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
        except _Asked:
            continue


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
