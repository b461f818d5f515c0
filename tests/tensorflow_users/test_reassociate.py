"""Loops all turns of which are computed at once, where `config(reassociate=True)` says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
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


# Reductions.


def total(x):
    total = 0.0
    for v in x:
        total += v
    return total


def total_of_integers(x):
    total = 0
    for v in x:
        total += v
    return total


def total_of_squares(x):
    total = tf.zeros((), x.dtype)
    for v in x:
        total = total + v * v - 1
    return total


def difference(x, start):
    for v in x:
        start -= v
    return start


def product(x):
    found = tf.ones((), x.dtype)
    for v in x:
        found *= v
    return found


def rows(m):
    total = tf.zeros(m.shape[1], m.dtype)
    for row in m:
        total += tf.exp(row) * 2
    return total


def largest(x):
    found = x[0]
    for v in x:
        if v > found:
            found = v
    return found


def largest_or_equal(x):
    found = x[0]
    for v in x:
        found = v if v >= found else found
    return found


def maximum(x):
    found = x[0]
    for v in x:
        found = tf.maximum(found, v)
    return found


def minimum(x):
    found = x[0] + 1
    for v in x:
        found = tf.minimum(v * 2, found)
    return found


def smallest(x):
    found = x[0]
    for v in x:
        if found > v:
            found = v
    return found


def all_and_any(x):
    positive, large = True, False
    for v in x:
        positive = positive and v > -5
        large = large or v > 2
    return positive, large


def count(x):
    n = 0
    for v in x:
        if v > 0:
            n += 1
    return n


def several(x):
    total, n, most = 0.0, 0, x[0]
    for v in x:
        if v > 0:
            total += v
            n += 1
        else:
            total -= 1
        most = tf.maximum(most, v)
    return total, n, most


def heavy_branches(x):
    total = 0.0
    for v in x:
        if v > 0.3:
            a = tf.sqrt(v) * 2 + tf.exp(v) - tf.sin(v) + tf.cos(v) * v
            total += a * a + tf.tanh(a)
        elif v > 0:
            total += 1 / v
    return total


def last_positive(x):
    found = tf.constant(-1, x.dtype)
    for v in x:
        if v > 0:
            found = v * 2
    return found


def last_seen(x):
    for v in x:
        seen = v * 2
    return seen


def mean(x, w):
    total = tf.zeros(())
    for i in tf.range(tf.shape(x)[0]):
        total += x[i] * w
    return total / tf.cast(tf.shape(x)[0], tf.float32)


def backwards(x):
    total = 0.0
    for i in range(1, tf.shape(x)[0]):
        total += x[i] * x[-i] - x[i - 1]
    return total


def every_other(x):
    total = 0.0
    for i in tf.range(0, tf.shape(x)[0], 2):
        total += x[i]
    return total


def read_at(x, places):
    total = 0.0
    for i in tf.range(tf.shape(places)[0]):
        total += x[places[i]]
    return total


def while_counts(x):
    i, total = tf.constant(0), 0.0
    while i < 20:
        total += x[i]
        i += 1
    return total, i


@pytest.mark.parametrize(
    ("function", "several"),
    [
        (total, [(FLOATS,), (DOUBLES,), (NONE,), (ONE,), (MATRIX[:, 0],), (np.full(9, np.inf),)]),
        (total_of_integers, [(INTS,), (LONGS,), (INTS[:0],), (np.full(9, 2**31 - 7, "int32"),)]),
        (total_of_squares, [(FLOATS,), (INTS,), (INTS.astype("int8"),), (NONE,)]),
        (difference, [(FLOATS, np.float32(1)), (INTS, np.int32(7))]),
        (product, [(FLOATS,), (LONGS,), (np.array([2, 0, 3.0]),), (np.array([0, 0, 3.0]),)]),
        (rows, [(MATRIX,), (MATRIX[:1],), (MATRIX[:0],)]),
        (largest, [(FLOATS,), (INTS,), (ONE,), (TIES,), (np.full(3, -np.inf),), (NANS,)]),
        (largest_or_equal, [(FLOATS,), (TIES,), (NANS,), (NANS[1:],)]),
        (maximum, [(FLOATS,), (INTS,), (TIES,), (ONE,)]),
        (minimum, [(FLOATS,), (LONGS,), (TIES,), (ONE,)]),
        (smallest, [(FLOATS,), (INTS,), (TIES,), (NANS,)]),
        (all_and_any, [(FLOATS,), (INTS,), (NONE,)]),
        (count, [(FLOATS,), (INTS,), (NONE,)]),
        (several, [(FLOATS,), (ONE,)]),
        (heavy_branches, [(FLOATS,), (np.abs(FLOATS),), (-np.abs(FLOATS),), (NONE,)]),
        (last_positive, [(FLOATS,), (-np.abs(FLOATS),), (INTS,), (NONE,)]),
        (last_seen, [(FLOATS,), (ONE,)]),
        (mean, [(FLOATS, np.float32(2))]),
        (backwards, [(FLOATS,), (ONE,)]),
        (every_other, [(FLOATS,), (ONE,)]),
        (read_at, [(FLOATS, np.array([3, 1, -1, 3], "int32"))]),
        (read_at, [(FLOATS, np.array([99], "int32")), (FLOATS, np.array([-41, 0], "int32"))]),
        (while_counts, [(FLOATS,), (FLOATS[:5],)]),
    ],
)  # fmt: skip
def test_reductions(function, several):
    check(function, *several)


@pytest.mark.parametrize("function", [maximum, minimum, largest, smallest, total, product])
def test_what_is_not_a_number(function):
    """The values; a slope at what is not a number is any element's."""
    several = [NANS, NANS[1:], NANS[::-1], np.array([np.inf, -np.inf, 1, np.nan], "float32")]
    check(function, *((values,) for values in several), slopes=False)


# Scans and maps.


def running(x):
    total, found = 0.0, []
    for v in x:
        total += v
        found.append(total)
    return tf.stack(found)


def squares(x):
    found = []
    for v in x:
        found.append(v * v + 1)
    return tf.stack(found)


def mapped_rows(m):
    found = []
    for row in m:
        found.append(tf.reduce_sum(row * row) if row[0] > 0 else row[1])
    return tf.stack(found)


def best_place(x):
    best, place = x[0], 0
    for i, v in enumerate(x):
        if v > best:
            best, place = v, i
    return best, place


def area_under_running_most(x):
    most, area = x[0], 0.0
    for v in x:
        most = tf.maximum(most, v)
        area += most
    return most, area


def sum_of_sums(x):
    total = whole = 0.0
    for v in x:
        total += v
        whole += total * v
    return total, whole


def ups(x):
    before, n = x[0], 0
    for v in x:
        if v > before:
            n += 1
        before = v
    return n, before


def since_positive(x):
    last, found = tf.constant(-1), []
    for i in tf.range(tf.shape(x)[0]):
        if x[i] > 0:
            last = i
        found.append(i - last)
    return tf.stack(found)


def running_product(x):
    found, whole = tf.ones((), x.dtype), tf.zeros((), x.dtype)
    for v in x:
        found *= v
        whole += found
    return whole


@pytest.mark.parametrize(
    ("function", "several"),
    [
        (running, [(FLOATS,), (DOUBLES,), (ONE,)]),
        (squares, [(FLOATS,), (INTS,), (MATRIX,)]),
        (mapped_rows, [(MATRIX,), (MATRIX[:1],)]),
        (best_place, [(FLOATS,), (INTS,), (TIES,), (ONE,), (NANS,)]),
        (area_under_running_most, [(FLOATS,), (INTS.astype("float32"),), (TIES,), (ONE,)]),
        (sum_of_sums, [(FLOATS,), (DOUBLES,), (ONE,)]),
        (ups, [(FLOATS,), (INTS,), (ONE,)]),
        (since_positive, [(FLOATS,), (-np.abs(FLOATS),)]),
        (running_product, [(FLOATS,), (LONGS,), (np.array([2, 0, 3.0]),)]),
    ],
)
def test_scans_and_maps(function, several):
    check(function, *several)


# Searches.


def linear_search(values, wanted):
    for i in range(len(values)):
        if values[i] == wanted:
            return i
    return -1


def threshold(x, limit):
    total, index = 0.0, 0
    for i in range(len(x)):
        index = i
        if total > limit:
            break
        total += x[i]
    return index


def first_negative(x):
    for i in tf.range(tf.shape(x)[0]):
        if x[i] < 0:
            break
    return i


def first_or_none(x, wanted):
    for v in x:
        if v > wanted:
            return v * 2
    return None


def found_in(x, wanted):
    for v in x:
        if v == wanted:
            return True
    return False


def broken_before(x):
    n = 0
    for v in x:
        if v > 1:
            break
        n += 1
    else:
        n = -n
    return n


def places_within(x, places):
    n = 0
    for i in tf.range(tf.shape(places)[0]):
        if i > 3:
            break
        n += places[i]
    return n


@pytest.mark.parametrize(
    ("function", "several"),
    [
        (linear_search, [(INTS, w) for w in (INTS[0], INTS[20], INTS[-1], np.int32(99))]),
        (linear_search, [(INTS[:18], np.int32(99)), (INTS[:17], INTS[16])]),
        (threshold, [(np.abs(FLOATS), w) for w in map(np.float32, (-1, 0, 3, 99))]),
        (first_negative, [(FLOATS,), (np.abs(FLOATS),), (-np.abs(FLOATS),)]),
        (found_in, [(INTS, np.int32(3)), (INTS, np.int32(99)), (INTS[:0], np.int32(3))]),
        (broken_before, [(FLOATS,), (FLOATS * 0,), (FLOATS[:0],)]),
        (places_within, [(FLOATS, INTS)]),
    ],
)
def test_searches(function, several):
    check(function, *several)


def sum_until(x, limit):
    total = 0.0
    for v in x:
        if total > limit:
            break
        total += v
    return total


def sum_of_roots(x):
    total = 0.0
    for v in x:
        if v <= 0:
            break
        total += tf.sqrt(v)
    return total


def sum_beyond(x, limit):
    total, i = 0.0, tf.constant(0)
    while i < 99 and total < limit:
        total += x[i]
        i += 1
    return total, i


def returned_or_whole(x, limit):
    total = 0.0
    for v in x:
        total += v * v
        if total > limit:
            return total
    return -total


def longest(x, limit):
    most = x[0]
    for v in x:
        if v < limit:
            break
        most = tf.maximum(most, v)
    return most


@pytest.mark.parametrize(
    ("function", "several"),
    [
        (sum_until, [(np.abs(FLOATS), w) for w in map(np.float32, (-1, 0, 3, 99))]),
        (sum_of_roots, [(np.array([1, 2, 3, 0, 4.0]),), (np.array([0, 1.0]),), (np.abs(FLOATS),)]),
        (sum_beyond, [(np.abs(FLOATS), w) for w in map(np.float32, (-1, 0, 3, 999))]),
        (returned_or_whole, [(FLOATS, w) for w in map(np.float32, (-1, 0, 3, 99))]),
        (longest, [(FLOATS, np.float32(-1)), (FLOATS, np.float32(-99)), (FLOATS, np.float32(9))]),
        (first_or_none, [(FLOATS, np.float32(w)) for w in (0.5, 1, -9, 99)]),
    ],
)
def test_searches_give_what_the_loop_would(function, several):
    """Some leave the last turn to the loop."""
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    with bcgraph.config(reassociate=True):
        for arguments in several:
            given = list(map(tf.constant, arguments))
            assert_alike(outcome(compiled, given), outcome(function, given))


# Nested loops.


def positive_entries(m):
    total = 0.0
    for row in m:
        for v in row:
            if v > 0:
                total += v
    return total


def row_sums(m):
    found = []
    for row in m:
        total = 0.0
        for v in row:
            total += v * 2
        found.append(total)
    return tf.stack(found)


def largest_of_all(m):
    found = m[0, 0]
    for row in m:
        for v in row:
            if v > found:
                found = v
    return found


def counted(m):
    n = 0
    for row in m:
        for _ in row:
            n += 1
    return n


@pytest.mark.parametrize("function", [positive_entries, row_sums, largest_of_all, counted])
def test_nested_loops(function):
    check(function, (MATRIX,), (MATRIX[:1],), (MATRIX.astype("float64"),), (MATRIX.T,))


# What is left as it is.


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def fibonacci(n):
    a, b = tf.constant(0), tf.constant(1)
    for _ in tf.range(n):
        a, b = b, a + b
    return a


def roots(x):
    y = x
    for _ in tf.range(9):
        y = (y + x / y) / 2
    return y


def prints(x):
    total = 0.0
    for v in x:
        tf.print(v, output_stream="file:///dev/null")
        total += v
    return total


def asserts(x):
    total = 0.0
    for v in x:
        assert v > -100
        total += v
    return total


def draws(x):
    total = 0.0
    for i in tf.range(tf.shape(x)[0]):
        total += tf.random.stateless_normal((), [i, 1]) * x[i]
    return total


def streak(x):
    n = most = 0
    for v in x:
        n = n + 1 if v > 0 else 0
        most = max(most, n)
    return most


def by_itself(x):
    total = 0.0
    for v in x:
        if total < 3:
            total += v
    return total


def all_collatz(x):
    total = 0
    for n in x:
        n = tf.abs(n) + 1
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            total += 1
    return total


def growing(x):
    found = x[:1]
    for v in x:
        found = tf.concat([found, [v]], 0)
    return found


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (collatz, (np.int32(27),)), (fibonacci, (np.int32(20),)), (roots, (np.float32(2),)),
        (prints, (FLOATS,)), (draws, (FLOATS,)), (streak, (FLOATS,)),
        (by_itself, (FLOATS,)), (growing, (FLOATS,)), (all_collatz, (INTS,)),
    ],
)  # fmt: skip
def test_what_is_none_of_these_stays_the_same_graph(function, arguments):
    given = list(map(tf.constant, arguments))
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    plain = operations(compiled, given)
    with bcgraph.config(reassociate=True):
        assert operations(compiled, given) == plain
        assert_alike(outcome(compiled, given), outcome(function, given))


# Where it is asked for.


def test_a_check_fails_as_it_did():
    def checked(x):
        total = 0.0
        for v in x:
            if v > 2:
                raise ValueError("large")
            total += v
        return total

    compiled = bcgraph.compile(checked, backend="tensorflow", jit=False)
    with bcgraph.config(reassociate=True):
        np.testing.assert_allclose(compiled(tf.constant([1.0, 2.0])), 3.0)
        with pytest.raises(ValueError, match="large"):
            compiled(tf.constant([1.0, 3.0]))


def test_inside_and_outside_of_the_setting_are_different_graphs():
    compiled = bcgraph.compile(total, backend="tensorflow", jit=False)
    values = tf.constant(FLOATS)
    for _ in range(3):  # by `tf.function`'s cache, then by the dispatch of plain calls
        compiled(values)
        assert loops_in(compiled, values) == 1
        with bcgraph.config(reassociate=True):
            compiled(values)
            assert loops_in(compiled, values) == 0
            with bcgraph.config(reassociate=False):
                assert loops_in(compiled, values) == 1
            with bcgraph.config(backend="tensorflow"):
                assert loops_in(compiled, values) == 0
    assert compiled.cache_info().traces == 2


def test_a_call_takes_the_graph_of_its_setting():
    """Which graph ran shows in the rounding: a sum by a loop loses what is small."""

    def sum_up(x):
        total = tf.constant(1e8)
        for v in x:
            total += v
        return total

    compiled = bcgraph.compile(sum_up, backend="tensorflow", jit=False)
    values = tf.ones(1000)
    for _ in range(4):
        assert float(compiled(values)) == 1e8
        with bcgraph.config(reassociate=True):
            assert float(compiled(values)) > 1e8 + 900


class Summing:
    def __init__(self, factor):
        self.factor = factor

    @bcgraph.compile(backend="tensorflow", jit=False)
    def total(self, x):
        total = 0.0
        for v in x:
            total += v * self.factor
        return total


def test_methods_have_the_setting_too():
    one, values = Summing(2.0), tf.constant(FLOATS)
    assert loops_in(one.total, values) == 1
    with bcgraph.config(reassociate=True):
        np.testing.assert_allclose(one.total(values), 2 * FLOATS.sum(), rtol=1e-5)
        assert loops_in(one.total, values) == 0


@pytest.mark.parametrize(("value", "loops"), [("1", 0), ("0", 1), ("", 1)])
def test_the_environment(monkeypatch, value, loops):
    monkeypatch.setenv("BCGRAPH_REASSOCIATE", value)
    compiled = bcgraph.compile(total, backend="tensorflow", jit=False)
    assert loops_in(compiled, tf.constant(FLOATS)) == loops


def test_xla_keeps_its_loops():
    for options in ({"jit": True}, {"jit_compile": True}):
        compiled = bcgraph.compile(linear_search, backend="tensorflow", **options)
        with bcgraph.config(reassociate=True):
            assert int(compiled(tf.constant(INTS), tf.constant(INTS[30]))) <= 30
            assert loops_in(compiled, tf.constant(INTS), tf.constant(INTS[30])) == 1


def test_explain_tells_what_a_loop_became():
    compiled = bcgraph.compile(best_place, backend="tensorflow", jit=False)
    with bcgraph.config(reassociate=True):
        compiled(tf.constant(FLOATS))
    assert kinds_of(compiled) == ["a maximum, the latest"]
    assert "a loop became a maximum, the latest" in str(compiled.explain())


# How many turns are not known.


@pytest.mark.parametrize(
    ("function", "loops"),
    [
        (total, 0), (count, 0), (several, 0), (running, 0), (every_other, 0), (product, 0),
        (largest, 0), (last_positive, 0), (broken_before, 0), (first_negative, 0),
        (heavy_branches, 0), (best_place, 1),
    ],
)  # fmt: skip
def test_tensors_of_unknown_length(function, loops):
    spec = [tf.TensorSpec([None], tf.float32)]
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False, input_signature=spec)
    with bcgraph.config(reassociate=True):
        assert loops_in(compiled) == loops
        for length in (40, 7, 1):
            given = [tf.constant(FLOATS[:length])]
            assert_alike(outcome(compiled, given), outcome(function, given))


@pytest.mark.parametrize("function", [positive_entries, row_sums])
def test_matrices_of_unknown_shape(function):
    spec = [tf.TensorSpec([None, None], tf.float32)]
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False, input_signature=spec)
    with bcgraph.config(reassociate=True):
        assert loops_in(compiled) == 0
        for matrix in (MATRIX, MATRIX[:1], MATRIX[:, :1]):
            given = [tf.constant(matrix)]
            assert_alike(outcome(compiled, given), outcome(function, given))


def table(n, x):
    total = tf.zeros(1000)
    for i in range(n):
        total += x * tf.cast(i, tf.float32)
    return total


@pytest.mark.parametrize(("most", "loops"), [(1 << 28, 0), (1 << 10, 1)])
def test_memory_is_bounded(monkeypatch, most, loops):
    monkeypatch.setattr("bcgraph_tensorflow.reassociate._plan.MOST_BYTES", most)
    known = bcgraph.compile(rows, backend="tensorflow", jit=False)
    unknown = bcgraph.compile(table, backend="tensorflow", jit=False)
    values = tf.random.stateless_normal([200, 90], [1, 2])
    with bcgraph.config(reassociate=True):
        assert loops_in(known, values) == loops
        assert_alike(known(values), rows(values))
        for n in (0, 1, 2, 9):  # the loop does what is left
            given = [tf.constant(n), tf.ones(1000)]
            assert loops_in(unknown, *given) == 1
            assert_alike(outcome(unknown, given), outcome(table, given))


# Gradients taken in the graph, and variables.


def slope(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = 0.0
        for v in x:
            total += v * v * v
    return tape.gradient(total, x)


def test_a_tape_in_the_graph():
    check(slope, (FLOATS,), (ONE,))


def test_variables_are_read_and_trained():
    factor = tf.Variable(2.0)

    def scaled(x):
        total = 0.0
        for v in x:
            total += v * factor
        return total

    compiled = bcgraph.compile(scaled, backend="tensorflow", jit=False)
    values = tf.constant(FLOATS)
    with bcgraph.config(reassociate=True):
        assert loops_in(compiled, values) == 0
        for value in (2.0, -1.0):
            factor.assign(value)
            with tf.GradientTape() as tape:
                result = compiled(values)
            np.testing.assert_allclose(result, value * FLOATS.sum(), rtol=1e-4)
            np.testing.assert_allclose(tape.gradient(result, factor), FLOATS.sum(), rtol=1e-4)


def test_second_derivatives():
    compiled = bcgraph.compile(slope, backend="tensorflow", jit=False)
    values = tf.constant(FLOATS)
    with bcgraph.config(reassociate=True), tf.GradientTape() as tape:
        tape.watch(values)
        first = compiled(values)
    np.testing.assert_allclose(tape.gradient(first, values), 6 * FLOATS, rtol=1e-4)
