"""Ways out that a `while` loop's own test finds, computed anew from what the loop carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs.graphs import nodes

import bcgraph
from bcgraph.runtime import _while

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

VALUES = (0.0, -0.0, 0.5, -0.5, 1.0, 3.0, -3.0, 900.0, -900.0, np.inf, -np.inf, np.nan)


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """What each body that is recorded is given."""
    found: list[list[Any]] = []
    record = _while.While._body

    def noted(loop: Any, leaves: list[Any]) -> list[Any]:
        found.append(leaves)
        return record(loop, leaves)

    monkeypatch.setattr(_while.While, "_body", noted)
    return found


def two_ways_out(x: Any, limit: Any) -> Any:
    i = 0
    while i < 50:
        x = x * 1.5
        if x > limit:
            return x
        if x < -limit:
            break
        i += 1
    return x - i


def heads(x: Any, limit: Any) -> Any:
    """All ways out are those that a turn begins with, and that it ends with."""
    i = 0
    while True:
        x = x * 1.5 + 0.25
        if x > limit:
            return x
        if x < -limit:
            return x * 2.0
        if i * x > 10.0:
            return x - i
        i += 1
        if i == 40:
            return -x


def three_after(x: Any, limit: Any) -> Any:
    count = 0
    while True:
        if x > limit:
            y = x + 100.0
            break
        if x < -limit:
            y = x - 100.0
            break
        x = x * 1.5
        count += 1
        if count > 30:
            y = x * 0.0
            break
    return y, count


def with_else(x: Any, limit: Any) -> Any:
    i = 0
    while i < 20:
        x = x + 1.0
        if x > limit:
            break
        if x < -limit:
            break
        i += 1
    else:
        return x * 100.0
    return x


def changed_before_it_is_asked(x: Any, limit: Any) -> Any:
    """What a way out sees is not what it was when the turn began."""
    i = 0
    while i < 20:
        x = x * 1.25
        if x > limit:
            return x
        i += 2
        if x < -limit:
            break
        x = x + 0.125
    return x - i


def written_before_it_is_asked(x: Any, limit: Any) -> Any:
    found = [x]
    i = 0
    while i < 8:
        x = x * 1.5
        if x > limit:
            break
        found.append(x)
        if x < -limit:
            break
        i += 1
    return tf.stack(found), i


def appended_behind_it(x: Any, limit: Any) -> Any:
    found = []
    i = 0
    while i < 8:
        x = x * 1.5
        if x > limit:
            break
        if x < -limit:
            break
        found.append(x)
        i += 1
    return tf.stack([x, *found]) if not isinstance(found, list) else x, i


def becomes_a_number(x: Any, limit: Any) -> Any:
    """Python decides at the branch that the loop is turned at, in some turns."""
    i = 0
    while i < 6:
        x = x * 2.0
        if x > limit:
            return x
        i += 1
        x = limit + 1.0 if i == 3 else x
    return x


def another_question(x: Any, limit: Any) -> Any:
    """What is asked before the loop is not what a turn ends with."""
    far = x > limit * 2.0
    i = 0
    while True:
        if far:
            return x
        if i > 12:
            break
        i += 1
        x = x * 1.5
        far = x > limit
    return x - i


def two_alike(x: Any, limit: Any) -> Any:
    """Two variables hold the same tensor before the loop."""
    y = x
    i = 0
    while i < 9:
        if y > limit:
            return y
        i += 1
        y, x = y * 1.5, y
        if x < -limit:
            break
    return x - i


def value_of_the_first_turn(x: Any, limit: Any) -> Any:
    i = 0
    while True:
        x = x * 1.5
        if x > limit:
            break
        if x < -limit:
            break
        last = x - 1.0
        i += 1
        if i > 5:
            break
    return last if i > 0 else x


def divides(x: Any, limit: Any) -> Any:
    """What is asked could fail where the program does not ask it."""
    n = tf.cast(tf.clip_by_value(x, -9.0, 9.0), tf.int32) if x == x else tf.constant(3)
    left = tf.constant(5)
    total = tf.constant(0)
    while left > 0:
        if 60 // left > n * 10:
            break
        left -= 1
        total += left
    return total, left


def another_dtype_on_exit(x: Any, limit: Any) -> Any:
    y = 0
    i = 0
    while i < 12:
        x = x * 1.5
        if x > limit:
            y = x
            break
        if x < -limit:
            y = i
            break
        i += 1
    return y + x


def seen_where_it_is_left(x: Any, limit: Any) -> Any:
    """What the test sets is read behind the loop only, or not at all."""
    i = tf.constant(0)
    while (square := x * tf.cast(i, tf.float32)) < limit:
        i += 1
        if i > 30:
            return i, x
    return i, square


def set_by_a_test_and_dropped(x: Any, limit: Any) -> Any:
    i = tf.constant(0)
    while (_ := x * tf.cast(i, tf.float32)) < limit:
        i += 1
        if i > 30:
            return x
    return i


def nested(x: Any, limit: Any) -> Any:
    total = x * 0.0
    i = 0
    while i < 5:
        x = x * 1.25
        if x > limit:
            return total
        y = x
        j = 0
        while j < 4:
            y = y + 0.5
            if y > limit:
                break
            if y < -limit:
                return y
            j += 1
        total = total + y
        i += 1
    return total - i


def raises_in_the_body(x: Any, limit: Any) -> Any:
    i = 0
    while i < 12:
        x = x * 1.5
        if x > limit:
            return x
        if x < -limit:
            break
        if i > 3 and x < 0.0:
            raise ValueError("below")
        i += 1
    return x - i


def printed_before_it_is_asked(x: Any, limit: Any) -> Any:
    i = 0
    while i < 3:
        x = x * 1.5
        if x > limit:
            return x
        tf.print("turn", x)
        if x < -limit:
            break
        i += 1
    return x - i


PROGRAMS = [two_ways_out, heads, three_after, with_else, changed_before_it_is_asked,
            written_before_it_is_asked, appended_behind_it, becomes_a_number, another_question,
            two_alike, value_of_the_first_turn, divides, another_dtype_on_exit, nested,
            seen_where_it_is_left, set_by_a_test_and_dropped,
            raises_in_the_body]  # fmt: skip


def _found(function: Callable[..., Any], *arguments: Any) -> Any:
    """What it gives, bit by bit, or raises."""
    try:
        found = tf.nest.flatten(function(*map(tf.constant, arguments)))
    except ValueError as error:
        return str(error)
    return [(np.shape(part), float(np.sum(part)).hex(), np.signbit(part).all()) for part in found]


@pytest.mark.parametrize("function", PROGRAMS)
def test_it_is_left_where_it_would_be(function: Callable[..., Any]) -> None:
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    for limit in (0.0, 2.0, 50.0, np.inf):
        for x in VALUES:
            arguments = np.float32(x), np.float32(limit)
            assert _found(compiled, *arguments) == _found(function, *arguments), arguments


@pytest.mark.parametrize("function", [two_ways_out, heads, nested, three_after])
def test_gradients_are_those_of_the_turns_taken(function: Callable[..., Any]) -> None:
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    for x in (0.5, -0.5, 3.0, -3.0, 900.0):
        found = []
        for called in (compiled, function):
            given = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(given)
                made = called(given, tf.constant(50.0))
                value = made[0] if isinstance(made, tuple) else made
            found.append(tape.gradient(value, given))
        assert found[0].numpy() == found[1].numpy(), x


@pytest.mark.parametrize(("function", "carried"), [(two_ways_out, 3), (heads, 3)])
def test_no_way_out_is_carried_that_the_test_tells(
    function: Callable[..., Any], carried: int, bodies: list[Any]
) -> None:
    """A flag for the way out in the middle of a turn, and the variables; recorded once."""
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    scalar = tf.constant(1.0)
    graph = compiled.get_concrete_function(scalar, scalar).graph.as_graph_def()
    assert [len(given) for given in bodies] == [carried]
    assert not any(node.op in ("If", "StatelessIf") for node in nodes(graph))


def test_what_is_printed_before_is_printed_as_often(capfd: Any) -> None:
    compiled = bcgraph.compile(printed_before_it_is_asked, backend="tensorflow", jit=False)
    for x in (1.0, -100.0):
        told = []
        for function in (compiled, printed_before_it_is_asked):
            function(tf.constant(x), tf.constant(50.0))
            told.append(capfd.readouterr().err)
        assert told[0] == told[1]


def test_in_a_graph_without_functions_nothing_is_asked_anew() -> None:
    """There TensorFlow itself makes the loop."""
    converted = bcgraph.convert(two_ways_out, backend="tensorflow")
    with tf.Graph().as_default() as graph:
        given = tf.compat.v1.placeholder(tf.float32, ())
        made = converted(given, tf.constant(50.0))
        with tf.compat.v1.Session(graph=graph) as session:
            for x in (1.0, -1.0, 0.0, 900.0):
                expected = two_ways_out(np.float32(x), np.float32(50.0))
                assert np.allclose(session.run(made, {given: x}), expected)
