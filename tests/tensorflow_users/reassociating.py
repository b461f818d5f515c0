"""How loops are compared that `config(reassociate=True)` computes all turns of at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from programs.graphs import nodes

import bcgraph

LOOPS = {"While", "StatelessWhile"}


def loops_in(compiled: Any, *arguments: Any) -> int:
    """How many loops the graph for some arguments has."""
    graph = compiled.get_concrete_function(*arguments).graph.as_graph_def()
    return sum(node.op in LOOPS for node in nodes(graph))


def operations(compiled: Any, arguments: Any) -> list[str]:
    """Those of the graph for some arguments."""
    graph = compiled.get_concrete_function(*arguments).graph.as_graph_def()
    return sorted(node.op for node in nodes(graph))


def kinds_of(compiled: Any) -> list[str]:
    """What its loops became."""
    told = [note.partition("a loop became ")[2] for note in compiled.notes()]
    return [kind for kind in told if kind]


def outcome(function: Any, arguments: Any) -> Any:
    """What a call gives, with the gradients by its float arguments; or its error."""
    floats = [a for a in arguments if isinstance(a, tf.Tensor) and a.dtype.is_floating]
    with tf.GradientTape() as tape:
        for value in floats:
            tape.watch(value)
        try:
            result = function(*arguments)
        except tf.errors.InvalidArgumentError as error:
            return type(error)
        flat = [v for v in tf.nest.flatten(result) if isinstance(v, tf.Tensor)]
        goal = [tf.reduce_sum(v) for v in flat if v.dtype.is_floating]
    slopes = tape.gradient(goal, floats, unconnected_gradients="zero") if goal else []
    slopes = slopes or [tf.zeros_like(value) for value in floats]
    return result, [tf.convert_to_tensor(slope) for slope in slopes]


def assert_alike(one: Any, other: Any, *, tolerance: float = 1e-4) -> None:
    """Equal, floats but for rounding; what is a Python number eagerly may be a tensor."""
    if isinstance(one, type) or isinstance(other, type):
        assert one == other
        return
    tf.nest.assert_same_structure(one, other)
    for mine, wanted in zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True):
        if wanted is None or mine is None:
            assert mine is wanted
            continue
        if isinstance(wanted, tf.Tensor):
            assert mine.dtype == wanted.dtype
        mine, wanted = np.asarray(mine), np.asarray(wanted)
        assert mine.shape == wanted.shape
        if wanted.dtype.kind == "f":
            np.testing.assert_allclose(mine, wanted, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(mine, wanted)


def check(function: Any, *several: tuple[Any, ...], slopes: bool = True) -> Any:
    """The graph gives what eager execution gives, for each of several arguments.

    For the first of them it has no loop.
    """
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    with bcgraph.config(reassociate=True):
        assert loops_in(compiled, *map(tf.constant, several[0])) == 0
        for arguments in several:
            given = list(map(tf.constant, arguments))
            mine, wanted = outcome(compiled, given), outcome(function, given)
            if slopes or isinstance(wanted, type):
                assert_alike(mine, wanted)
            else:
                assert_alike(mine[0], wanted[0])
    return compiled


RNG = np.random.default_rng(0)
FLOATS = RNG.normal(size=40).astype("float32")
DOUBLES = RNG.normal(size=33)
INTS = RNG.integers(-9, 9, 40).astype("int32")
LONGS = RNG.integers(-9, 9, 21)
MATRIX = RNG.normal(size=(7, 5)).astype("float32")
NONE = np.zeros(0, "float32")
ONE = np.array([3.5], "float32")
TIES = np.array([1, 3, 3, 2, 3, 1, 1], "float32")
NANS = np.array([1, np.nan, 3, -1, np.nan], "float32")
