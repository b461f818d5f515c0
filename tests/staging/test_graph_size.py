"""Graphs are as large as they have to be: linear in the program, no state too much in a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from programs.graphs import nodes
from programs.sized import in_sequence, made, nested, returns

import bcgraph

pytestmark = pytest.mark.tensorflow


@pytest.fixture(autouse=True)
def tensorflow() -> None:
    """These tests look at TensorFlow's graphs."""
    pytest.importorskip("tensorflow")


def short_circuit(terms: int) -> str:
    """One condition of many terms, each `a or b`."""
    condition = " and ".join(f"(x > {i} or n > {i})" for i in range(terms))
    return f"def f(x, n):\n    y = 0\n    if {condition}:\n        y = x\n    return y\n"


def mixed_terms(terms: int) -> str:
    """A chain of `and` and `or` without brackets, used as a value."""
    condition = " or ".join(f"x > {i} and n > {i + 1}" for i in range(terms))
    return f"def f(x, n):\n    while {condition}:\n        x = x - 1\n    return x\n"


def loops_in_sequence(count: int) -> str:
    """One loop with a `break` after the other."""
    loop = "    while x < n:\n        x = x + 1\n        if x > 50:\n            break\n"
    return f"def f(x, n):\n{loop * count}    return x\n"


def _graph(function: Callable[..., Any]) -> Any:
    import tensorflow as tf

    number = tf.TensorSpec((), tf.int32)
    converted = bcgraph.convert(function, backend="tensorflow")
    concrete = tf.function(converted, autograph=False).get_concrete_function(number, number)
    return concrete.graph.as_graph_def()


@pytest.mark.parametrize(
    "shape", [short_circuit, mixed_terms, in_sequence, nested, returns, loops_in_sequence]
)
def test_nodes_grow_linearly(shape: Callable[[int], str]) -> None:
    """Twice the size adds twice the nodes."""
    four, eight, sixteen = (len(list(nodes(_graph(made(shape(k)))))) for k in (4, 8, 16))
    assert sixteen - eight <= 2.2 * (eight - four)


def _state(graph: Any) -> list[int]:
    """For each loop of a graph, how many values it carries."""
    return sorted(len(n.input) for n in nodes(graph) if n.op in ("While", "StatelessWhile"))


def fibonacci(x: Any, n: Any) -> Any:
    a, b, unused = 0, 1, x
    while n > 0:
        a, b = b, a + b
        n = n - 1
        unused = a + b
        local = unused * 2
        unused = local
    return a


def collatz(x: Any, n: Any) -> Any:
    steps = 0
    while x != 1:
        if x % 2 == 0:
            x = x // 2
        else:
            x = 3 * x + 1
        steps += 1
    return steps


def first_multiple(x: Any, n: Any) -> Any:
    while True:
        x = x + 1
        if x % n == 0:
            break
    return x


def table_sum(x: Any, n: Any) -> Any:
    total = 0
    for i in range(x):
        row = 0
        for j in range(n):
            row += i * j
        total += row
    return total


def _by_hand() -> dict[Callable[..., Any], Callable[..., Any]]:
    import tensorflow as tf

    def fibonacci_by_hand(x: Any, n: Any) -> Any:
        return tf.while_loop(lambda n, a, b: n > 0, lambda n, a, b: (n - 1, b, a + b), (n, 0, 1))[1]

    def collatz_by_hand(x: Any, n: Any) -> Any:
        return tf.while_loop(
            lambda x, steps: x != 1,
            lambda x, steps: (
                tf.cond(x % 2 == 0, lambda: x // 2, lambda: 3 * x + 1),
                steps + 1,
            ),
            (x, 0),
        )[1]

    def first_multiple_by_hand(x: Any, n: Any) -> Any:
        def turn(goes: Any, x: Any) -> Any:
            return (x + 1) % n != 0, x + 1

        return tf.while_loop(lambda goes, x: goes, turn, (True, x))[1]

    def table_sum_by_hand(x: Any, n: Any) -> Any:
        def turn(i: Any, total: Any) -> Any:
            def inner(j: Any, row: Any) -> Any:
                return j + 1, row + i * j

            return i + 1, total + tf.while_loop(lambda j, row: j < n, inner, (0, 0))[1]

        return tf.while_loop(lambda i, total: i < x, turn, (0, 0))[1]

    return {
        fibonacci: fibonacci_by_hand,
        collatz: collatz_by_hand,
        first_multiple: first_multiple_by_hand,
        table_sum: table_sum_by_hand,
    }


@pytest.mark.parametrize(
    "function", [fibonacci, collatz, first_multiple, table_sum], ids=lambda f: f.__name__
)
def test_a_loop_carries_what_a_loop_by_hand_does(function: Callable[..., Any]) -> None:
    """The same number of values goes into each `While` (its own counters and captures included)."""
    import tensorflow as tf

    number = tf.TensorSpec((), tf.int32)
    by_hand = tf.function(_by_hand()[function], autograph=False)
    theirs = _state(by_hand.get_concrete_function(number, number).graph.as_graph_def())
    ours = _state(_graph(function))
    assert len(ours) == len(theirs)
    assert all(one <= other for one, other in zip(ours, theirs, strict=True)), (ours, theirs)


@pytest.mark.parametrize("depth", [100])
def test_many_early_returns(depth: int) -> None:
    """What each return governs is all the rest: deep, but no deeper than Python allows."""
    import tensorflow as tf

    original = made(returns(depth))
    compiled = bcgraph.compile(original, backend="tensorflow")
    for x in (0, depth // 2, 3 * depth):
        assert int(compiled(tf.constant(x), tf.constant(7))) == original(x, 7)


def newton(turns: int) -> Callable[..., Any]:
    """A loop over a Python range that a tensor may leave."""

    def root(x: Any, n: Any) -> Any:
        for _ in range(turns):
            y = (x + n // x) // 2
            if y == x:
                break
            x = y
        return x

    return root


def test_a_long_range_that_a_tensor_leaves_is_a_loop() -> None:
    short, long = (_graph(newton(turns)) for turns in (40, 4000))
    assert len(list(nodes(short))) == len(list(nodes(long)))
    assert len(_state(long)) == 1
