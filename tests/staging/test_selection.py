"""Cheap branches are selections, loops are recorded once; what must not be computed is not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from programs.graphs import nodes
from programs.scalar_programs import difference, program

import bcgraph
from bcgraph.runtime import _while

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

VECTOR = [0.5, -1.0, 2.0]
_WAYS = ("If", "StatelessIf")


def _counts(function: Callable[..., Any], *arguments: Any) -> Counter[str]:
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    graph = compiled.get_concrete_function(*map(tf.constant, arguments)).graph
    return Counter(node.op for node in nodes(graph.as_graph_def()))


def _same(function: Callable[..., Any], *arguments: Any) -> None:
    """The compiled function gives what the function gives, and the same gradients of floats."""

    def run(run_it: Callable[..., Any]) -> list[Any]:
        given = [tf.constant(value) for value in arguments]
        floats = [value for value in given if value.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(floats)
            result = tf.convert_to_tensor(run_it(*given))
        found = tape.gradient(result, floats) if result.dtype.is_floating else []
        slopes = [tf.zeros(()) if slope is None else slope for slope in found]
        return [result.numpy().tolist(), *(tf.reduce_sum(slope).numpy() for slope in slopes)]

    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    for one, other in zip(run(compiled), run(function), strict=True):
        assert one == pytest.approx(other, nan_ok=True)


def two_exits(x: Any, limit: Any) -> Any:
    i = 0
    while i < 100:
        x = x * 1.01
        if x > limit:
            return x
        if x < -limit:
            break
        i += 1
    return x - i


def two_tests(x: Any, n: Any) -> Any:
    count = 0
    while x < 8.0 and count < n:
        x, count = x * 2.0, count + 1
    return count


def smallest_divisor(n: Any, d: Any) -> Any:
    while d * d <= n:
        if n % d == 0:
            break
        d += 1
    return d


def search(values: Any, wanted: Any) -> Any:
    for i in range(len(values)):
        if values[i] == wanted:
            return i
    return -1


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (two_exits, (1.0, 2.0)),
        (two_exits, (-1.0, 2.0)),
        (two_exits, (1.0, 1e9)),
        (two_tests, (1.0, 9)),
        (two_tests, (1.0, 2)),
        (smallest_divisor, (91, 2)),
        (smallest_divisor, (7, 2)),
    ],
)
def test_exits_that_cost_little_are_no_branches(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    counts = _counts(function, *arguments)
    assert not any(counts[way] for way in _WAYS)
    assert counts["SelectV2"] == 0  # `Select` takes a third of its time
    _same(function, *arguments)


def search_after_work(values: Any, wanted: Any) -> Any:
    for i in range(len(values)):
        found = values[i] * 2
        if found == wanted:
            return i
    return -1


def test_a_loop_with_one_way_out_carries_a_boolean() -> None:
    """Where it stands, what is found, where: no code of the way out."""
    values = list(range(40))
    compiled = bcgraph.compile(search_after_work, backend="tensorflow", jit=False)
    graph = compiled.get_concrete_function(tf.constant(values), tf.constant(3)).graph
    loops = [n for n in nodes(graph.as_graph_def()) if n.op == "StatelessWhile"]
    assert [len(loop.input) for loop in loops] == [2 + 3 + 2]
    for wanted in (0, 1, 2, 78, 80):
        _same(search_after_work, values, wanted)


def guarded_remainder(n: Any, d: Any) -> Any:
    return 1 if d != 0 and n % d == 0 else 0


def guarded_quotient(n: Any, d: Any) -> Any:
    if d == 0:
        return n
    return n // d


def guarded_item(values: Any, i: Any) -> Any:
    if 0 <= i < 3:
        return values[i]
    return 0.0 * values[0]


@pytest.mark.parametrize("divisor", [0, 2, -3, 7])
@pytest.mark.parametrize("function", [guarded_remainder, guarded_quotient])
def test_a_divisor_is_harmless_where_it_is_not_divided_by(
    function: Callable[..., Any], divisor: int
) -> None:
    assert not any(_counts(function, 6, divisor)[way] for way in _WAYS)
    _same(function, 6, divisor)


@pytest.mark.parametrize("index", [-2, -1, 0, 2, 3, 99])
def test_an_index_is_harmless_where_nothing_is_taken(index: int) -> None:
    _same(guarded_item, VECTOR, index)


def test_what_is_taken_still_fails() -> None:
    compiled = bcgraph.compile(lambda n, d: n // d if n > 3 else d, backend="tensorflow")
    assert compiled(tf.constant(1), tf.constant(0)) == 0
    with pytest.raises((tf.errors.InvalidArgumentError, ZeroDivisionError)):
        compiled(tf.constant(4), tf.constant(0))


def root(x: Any, y: Any) -> Any:
    if x > 0.0:
        y = tf.sqrt(x)
    return y * 2.0


def overflow(x: Any, y: Any) -> Any:
    while y < 5.0:
        if x > 1e30:
            break
        x = x * x
        y = y + 1.0
    return y + x * 0.0


def reciprocal(x: Any, y: Any) -> Any:
    return y if x == 0.0 else y / x


@pytest.mark.parametrize("function", [root, reciprocal])
@pytest.mark.parametrize("x", [0.0, -1.0, 4.0, math.inf])
def test_a_gradient_of_a_way_not_taken_is_not_computed(
    function: Callable[..., Any], x: float
) -> None:
    """Zero times an infinite slope is not a number."""
    assert any(_counts(function, x, 1.0)[way] for way in _WAYS)
    _same(function, x, 3.0)


def test_a_break_in_front_of_an_overflow() -> None:
    _same(overflow, 3.0, 0.0)
    _same(overflow, 1.0, 0.0)


def test_a_comparison_may_compute_what_has_no_gradient() -> None:
    def near(x: Any, y: Any) -> Any:
        return y > 0.0 and tf.sqrt(x) < 2.0

    assert not any(_counts(near, 1.0, 1.0)[way] for way in _WAYS)
    for x in (1.0, -1.0, 9.0):
        _same(near, x, 1.0)
        _same(near, x, -1.0)


def test_what_acts_or_is_large_stays_a_branch(capfd: pytest.CaptureFixture[str]) -> None:
    def told(x: Any) -> Any:
        if x > 0:
            tf.print("positive")
        return x

    def large(x: Any) -> Any:
        if x[0] > 0:
            x = x + 1.0
        return x

    compiled = bcgraph.compile(told, backend="tensorflow")
    compiled(tf.constant(-1))
    assert "positive" not in capfd.readouterr().err
    compiled(tf.constant(1))
    assert "positive" in capfd.readouterr().err
    assert any(_counts(large, [0.0] * 10_000)[way] for way in _WAYS)
    assert not any(_counts(large, [0.0] * 100)[way] for way in _WAYS)


def test_a_tape_inside_sees_what_is_selected() -> None:
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * 3.0 if x > 1.0 else x + 1.0
        return tape.gradient(y, x)

    assert not any(_counts(slope, 2.0)[way] for way in _WAYS)
    compiled = bcgraph.compile(slope, backend="tensorflow")
    assert [float(compiled(tf.constant(x))) for x in (0.0, 2.0)] == [1.0, 3.0]


def descent(x: Any, limit: Any) -> Any:
    i = 0
    while i < limit:
        step = tf.tanh(x) * tf.exp(x)
        if tf.reduce_max(step) < 0.1:
            break
        x = x - 0.1 * step * step
        i += 1
    return tf.reduce_sum(x)


def test_what_is_never_read_is_not_made() -> None:
    """The way that leaves a loop hands on what it has in place of what only a turn makes."""
    counts = _counts(descent, [1.0, 2.0], 5)
    assert counts["Fill"] == counts["EnsureShape"] == 0
    _same(descent, [1.0, 2.0], 5)
    _same(descent, [0.01, 0.02], 5)


def weak_float(x: Any) -> Any:
    total = 0.0
    for v in x:
        if v > 0:
            total += v
    return total


def weak_pair(x: Any) -> Any:
    a = b = 0.0
    while a * a + b * b < 9.0:
        a, b = a * a - b * b + x[0], 2.0 * a * b + x[2]
    return a


def nested(x: Any) -> Any:
    total = 0.0
    for v in x:
        for w in x:
            if w > v:
                total += w
    return total


def found_in_turn(x: Any) -> Any:
    for i in range(tf.shape(x)[0]):
        if x[i] > 1.0:
            return i
    return -1


def item_tested(x: Any) -> Any:
    n = 0
    while n < 5 and x[n % 3] < 1.5:
        n += 1
    return n


def needs_two(x: Any) -> Any:
    total = 0
    for v in x:
        total = total + v
    return total


@pytest.mark.parametrize(
    ("function", "loops"),
    [
        (weak_float, 1),
        (weak_pair, 1),
        (nested, 2),
        (found_in_turn, 1),
        (item_tested, 1),
        (needs_two, 2),
    ],
)
def test_loops_are_recorded_once(
    function: Callable[..., Any], loops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An integer that becomes a float shows it in the first turn, and costs one more."""
    bodies = []
    body = _while.While._body
    monkeypatch.setattr(_while.While, "_body", lambda *a: (bodies.append(a), body(*a))[1])
    _counts(function, VECTOR)
    assert len(bodies) == loops
    _same(function, VECTOR)


def kept_by_another(x: Any) -> Any:
    total, before = 0.0, 0.0
    for v in x:
        before = total * 2.0
        total = total + v
    return before * tf.constant(1.5)


@pytest.mark.parametrize("function", [kept_by_another])
def test_a_number_that_is_used_as_one_is_recorded_as_one(function: Callable[..., Any]) -> None:
    _same(function, VECTOR)


def swapped(x: Any, n: Any) -> Any:
    a, b = x, x * 2.0
    while n > 0:
        a, b, n = b, a * a, n - 1
    return a * b


def last_seen(x: Any, n: Any) -> Any:
    for i in range(n):
        doubled = x * 2.0 + tf.cast(i, tf.float32)
        if doubled > 6.0:
            break
    else:
        doubled = x
    return doubled


def two_results(x: Any, n: Any) -> Any:
    for i in range(n):
        half = x * 0.5
        if half < 1.0:
            return half, tf.cast(i, tf.float32) + x
        x = half
    return x, 0.0 * x


def left_from_within(x: Any, n: Any) -> Any:
    for i in range(n):
        for j in range(n):
            if x * tf.cast(j, tf.float32) > 7.0:
                return x * tf.cast(i + j, tf.float32)
            x = x + 0.5
    return -x


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
@pytest.mark.parametrize("function", [swapped, last_seen, two_results, left_from_within])
def test_what_a_turn_hands_on_besides(function: Callable[..., Any], turns: int) -> None:
    for x in (1.5, 2.9):
        _same(lambda a, n: tf.stack(function(a, n)), x, turns)


@pytest.mark.parametrize("seed", [1, 22, 31, 57, 80, 96])
def test_random_programs(seed: int) -> None:
    assert difference(program(seed)) == ""
