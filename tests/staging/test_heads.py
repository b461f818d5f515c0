"""A test at the head of a loop's body is the loop's; the first turn is recorded with the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs.graphs import nodes

import bcgraph
from bcgraph.runtime import _while

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

COUNT = 24  # more turns than are recorded one in the other
NUMBERS = np.arange(COUNT, dtype="float32")
_WAYS = ("If", "StatelessIf")


def _nodes(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """All operations of its graph and of those in it."""
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    graph = compiled.get_concrete_function(*map(tf.constant, arguments)).graph
    return list(nodes(graph.as_graph_def()))


def _found(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, or which error it raises; dtypes count where there are tensors."""
    try:
        result = function(*map(tf.constant, arguments))
    except Exception as error:
        return type(error).__mro__[-4:]
    return tf.nest.map_structure(lambda value: np.asarray(value).tolist(), result)


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What has been recorded as a loop's body."""
    found: list[Any] = []
    body = _while.While._body
    monkeypatch.setattr(_while.While, "_body", lambda *a: (found.append(a), body(*a))[1])
    return found


def threshold(x: Any, limit: Any) -> Any:
    total, index = 0.0, 0
    for i in range(len(x)):
        index = i
        if total > limit:
            break
        total += x[i]
    return index, total


def search(x: Any, wanted: Any) -> Any:
    for i in range(len(x)):
        if x[i] == wanted:
            return i
    return -1


def backwards(x: Any, wanted: Any) -> Any:
    for i in range(COUNT - 1, 0, -1):
        if x[i] == wanted:
            break
    return i


def with_else(x: Any, wanted: Any) -> Any:
    y = 0.0
    for i in range(1, COUNT):
        j = i
        if x[i] == wanted:
            break
        y = y + x[i] * 2.0
    else:
        return y, j, -1
    return y, j, i


def its_number_changes(x: Any, wanted: Any) -> Any:
    for i in range(COUNT):
        if x[i] == wanted:
            break
        i = i * 2
    return i


def items(x: Any, limit: Any) -> Any:
    for v in x:
        if v > limit:
            break
    return v


def walked_on(x: Any, limit: Any) -> Any:
    count, rest = 0, 0.0
    left = iter(x)
    for v in left:
        if v > limit:
            break
        count += 1
    for v in left:
        rest += v
    return count, rest


def listed(x: Any, limit: Any) -> Any:
    found = []
    for i in range(COUNT):
        if x[i] > limit:
            break
        found.append(x[i])
    return found


def none_at_first(x: Any, limit: Any) -> Any:
    last = None
    for i in range(COUNT):
        if x[i] > limit:
            break
        last = x[i]
    return last


def in_a_loop_of_pythons(x: Any, limit: Any) -> Any:
    count = 0
    for turn in range(3):
        for i in range(20):
            if x[i] + count > limit:
                break
            count += 1
    return count, i, turn


def functions(x: Any, limit: Any) -> Any:
    made = [lambda v: v + 1, lambda v: v * 2] * 10
    for i in range(20):
        if x[0] > limit:
            break
        x = made[i](x)
    return x


PROGRAMS = [threshold, search, backwards, with_else, its_number_changes, items, walked_on, listed,
            none_at_first, in_a_loop_of_pythons, functions]  # fmt: skip


@pytest.mark.parametrize("function", PROGRAMS)
def test_it_is_left_where_it_would_be(function: Callable[..., Any]) -> None:
    """In the first turn, in a later one, in the last, and not at all."""
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    for limit in (-1.0, 0.0, 1.0, 7.0, COUNT - 1.0, 200.0, 1e6):
        arguments = NUMBERS, np.float32(limit)
        assert _found(compiled, *arguments) == _found(function, *arguments), limit


@pytest.mark.parametrize(("function", "carried"), [(threshold, 2), (search, 1), (backwards, 1)])
def test_a_head_is_part_of_the_test(
    function: Callable[..., Any], carried: int, bodies: list[Any]
) -> None:
    """No flag is carried, nor the last item; no turn is recorded apart, none twice."""
    found = _nodes(function, NUMBERS, np.float32(7.0))
    assert len(bodies) == 1
    assert not any(node.op in _WAYS for node in found)
    assert len(bodies[0][1]) == carried


def noted(x: Any, limit: Any) -> Any:
    def value(i: Any) -> Any:
        count[0] += 1
        return x[i]

    count = [0]
    for i in range(COUNT):
        if value(i) > limit:
            break
    return i, count[0]


def test_a_head_that_does_something_runs_as_often_as_it_says() -> None:
    compiled = bcgraph.compile(noted, backend="tensorflow", jit=False)
    for limit in (-1.0, 0.0, 7.0, 100.0):
        arguments = NUMBERS, np.float32(limit)
        assert _found(compiled, *arguments) == _found(noted, *arguments)


def test_a_head_that_prints_prints_as_often_as_it_says(capfd: Any) -> None:
    def printing(x: Any, limit: Any) -> Any:
        for i in range(COUNT):
            if shown(x[i]) > limit:
                break
        return i

    def shown(value: Any) -> Any:
        tf.print("at", value)
        return value

    compiled = bcgraph.compile(printing, backend="tensorflow", jit=False)
    for limit, times in ((-1.0, 1), (3.0, 5), (100.0, COUNT)):
        compiled(tf.constant(NUMBERS), tf.constant(limit))
        assert capfd.readouterr().err.count("at ") == times


def test_a_gradient_goes_through_the_turns() -> None:
    def total(x: Any, limit: Any) -> Any:
        found = 0.0
        for i in range(COUNT):
            if found > limit:
                break
            found += x[i] * x[i]
        return found

    slopes = []
    for run in (total, bcgraph.compile(total, backend="tensorflow", jit=False)):
        x = tf.constant(NUMBERS)
        with tf.GradientTape() as tape:
            tape.watch(x)
            result = run(x, tf.constant(30.0))
        slopes.append(tf.convert_to_tensor(tape.gradient(result, x)).numpy().tolist())
    assert slopes[0] == slopes[1]


def smallest_divisor(n: Any, d: Any) -> Any:
    while d * d <= n:
        if n % d == 0:
            break
        d += 1
    return d


def test_two_tests_are_one_conjunction() -> None:
    """`a and not b == c` takes an `and` and a `!=`, not the `or` of what it is made of."""
    compiled = bcgraph.compile(smallest_divisor, backend="tensorflow", jit=False)
    graph = compiled.get_concrete_function(tf.constant(49), tf.constant(2)).graph
    test = next(f for f in graph.as_graph_def().library.function if "cond" in f.signature.name)
    made = {node.name: node for node in test.node_def}
    last = made[next(iter(test.ret.values())).partition(":")[0]]
    while last.op == "Identity":
        last = made[last.input[0].partition(":")[0]]
    assert last.op == "LogicalAnd"
    assert {made[name.partition(":")[0]].op for name in last.input} == {"LessEqual", "NotEqual"}


# What a `with` may suppress


def learned(w: Any, steps: Any) -> Any:
    i = 0
    while i < steps:
        with tf.GradientTape() as tape:
            tape.watch(w)
            loss = (w - 1.0) ** 2
        w = w - 0.1 * tape.gradient(loss, w)
        i += 1
    return w


def nested(w: Any, steps: Any) -> Any:
    for _ in tf.range(steps):
        for _ in tf.range(2):
            with tf.GradientTape() as tape:
                tape.watch(w)
                loss = (w - 1.0) ** 2
            w = w - 0.1 * tape.gradient(loss, w)
        w = w + 0.5
    return w


def suppressed(x: Any, n: Any) -> Any:
    i, total, loss, known = 0, 0.0, 5.0, {"a": 1.0}
    while i < n:
        with contextlib.suppress(KeyError):
            y = x * tf.cast(i, tf.float32)
            loss = y + known["missing"]
        total += loss
        loss = x + total
        i += 1
    return total


def suppressed_inside(x: Any, n: Any) -> Any:
    total = 0.0
    for i in tf.range(n):
        if i > 0:
            with contextlib.suppress(ZeroDivisionError):
                1 / 0
                loss = x
            total += loss
        loss = tf.cast(i, tf.float32)
    return total


def suppressed_after(x: Any, n: Any) -> Any:
    loss = x
    for i in tf.range(n):
        with contextlib.suppress(KeyError):
            loss = x * tf.cast(i, tf.float32)
    with contextlib.suppress(KeyError):
        loss = {}["missing"]
    return loss


@pytest.mark.parametrize(
    "function", [learned, nested, suppressed, suppressed_inside, suppressed_after]
)
def test_what_a_with_suppresses_keeps_what_was_there(function: Callable[..., Any]) -> None:
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    for n in (0, 1, 4):
        arguments = np.float32(2.0), np.int32(n)
        assert _found(compiled, *arguments) == pytest.approx(_found(function, *arguments))


@pytest.mark.parametrize(("function", "loops"), [(learned, 1), (nested, 2), (suppressed, 3)])
def test_a_loop_with_a_with_is_recorded_once(
    function: Callable[..., Any], loops: int, bodies: list[Any]
) -> None:
    """Again only if something is suppressed: then there is a value of the turn before, too."""
    _nodes(function, np.float32(2.0), np.int32(3))
    assert len(bodies) == loops
