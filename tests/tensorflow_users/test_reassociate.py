"""Loops all turns of which are computed at once: nested ones, and what the setting reaches."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import bcgraph
from tensorflow_users.reassociating import (
    FLOATS,
    INTS,
    MATRIX,
    ONE,
    assert_alike,
    check,
    kinds_of,
    loops_in,
    operations,
    outcome,
)
from tensorflow_users.test_reassociate_folds import (
    best_place,
    count,
    every_other,
    heavy_branches,
    largest,
    last_positive,
    product,
    rows,
    running,
    several,
    total,
)
from tensorflow_users.test_reassociate_searches import broken_before, first_negative, linear_search


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
