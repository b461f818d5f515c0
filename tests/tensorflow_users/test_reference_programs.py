"""The kinds of program that AutoGraph's own reference tests hold, written anew.

Each is called with Python values, which the graph takes as constants, and with tensors, which it
takes as inputs; what it returns and prints is compared with the plain function's.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bcgraph

PROGRAMS: list[Any] = []


def on(*inputs: Any) -> Callable[[Any], Any]:
    """List the decorated function, to be called with each of these, a tuple if with several."""

    def listed(function: Any) -> Any:
        for number, given in enumerate(inputs):
            arguments = given if isinstance(given, tuple) else (given,)
            PROGRAMS.append(pytest.param(function, arguments, id=f"{function.__name__}-{number}"))
        return function

    return listed


def plain(value: Any) -> Any:
    return tf.nest.map_structure(np.asarray, value)


@pytest.mark.parametrize(("program", "arguments"), PROGRAMS)
@pytest.mark.parametrize("as_tensors", [False, True], ids=["constants", "inputs"])
def test_gives_and_prints_what_python_does(
    program: Any, arguments: tuple[Any, ...], as_tensors: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = plain(program(*arguments))
    printed = capfd.readouterr().out
    if as_tensors:
        arguments = tuple(tf.constant(a) for a in arguments)
    got = plain(bcgraph.compile(program, backend="tensorflow")(*arguments))
    tf.nest.assert_same_structure(got, expected)
    for one, other in zip(tf.nest.flatten(got), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(one, other)
    assert capfd.readouterr().out == printed


# Expressions


@on(3, -3)
def ternary_in_an_argument(x: Any) -> Any:
    return abs((x + 5 if x > 0 else x * 2) - 1)


@on((1, 1), (1, 0), (0, 1), (0, 0))
def truths_combined(a: Any, b: Any) -> Any:
    both, either, only = a > 0 and b > 0, a > 0 or b > 0, a > 0 and not b > 0
    count = 0
    if both:
        count += 1
    if either:
        count += 10
    if only or a == b:
        count += 100
    return count


@on(2, 4, 9)
def between_and_unequal(x: Any) -> Any:
    return 1 if 3 <= x < 7 and x != 5 else 0


@on(4, 5)
def numbers_of_other_types(x: Any) -> Any:
    return int(float(x) / 2.0) + int(bool(x - 4))


# Calls


def doubled(x: Any) -> Any:
    return 2 * x


def halved_until_odd(x: Any) -> Any:
    while x % 2 == 0:
        x //= 2
    return x


class Steps:
    """Functions that are chosen as the program runs."""

    table = {"double": doubled, "odd": halved_until_odd}

    def __init__(self, name: str) -> None:
        self.step = self.table[name]


@on(12, 7)
def called_through_names_tables_and_attributes(x: Any) -> Any:
    shift = lambda v, by=3: v - by if v > by else v  # noqa: E731
    for step in (doubled, Steps("odd").step, Steps.table["double"], shift):
        x = step(x)
    return x


@on(5)
def builtins_under_other_names(x: Any) -> Any:
    def len(value: Any) -> Any:
        return value - 1

    make = dict
    held = make(first=x, second=len(x))
    return held["first"] * 10 + held["second"]


@on([3, 1, 2], [7])
def lengths_and_ranges(values: Any) -> Any:
    best = 0
    for i in range(len(values)):
        best = max(best, values[i] * (i + 1))
    return best


@on(4)
def numpy_on_constants(x: Any) -> Any:
    return x + int(np.argmax(np.array([0, 2, 1])))


@tf.function
def compiled_by_tensorflow(x: Any) -> Any:
    return x * 3 if x > 1 else x


@on(1, 2)
def a_tf_function_called(x: Any) -> Any:
    return compiled_by_tensorflow(x) + 1


@on(0, 6)
def calls_in_tests_and_bodies(n: Any) -> Any:
    i = total = 0
    while i < doubled(n):
        total += halved_until_odd(i + 1)
        i += 1
    return total


# Records and objects

Point = namedtuple("Point", "x y")


class Offset(Point):
    """A namedtuple with a method."""

    def moved(self, by: Any) -> Offset:
        return self._replace(x=self.x + by) if by > 0 else self


@on((2, 3), (2, -3))
def namedtuples_in_branches_and_loops(a: Any, b: Any) -> Any:
    point = Offset(a, b)
    for _ in range(3):
        point = Offset(*point).moved(point.y)
    return point.x * 100 + point.y


class Account:
    """Something with attributes."""

    def __init__(self, balance: Any) -> None:
        self.balance, self.moves = balance, 0


@on((5, 2), (0, 2), (9, 4))
def attributes_that_loops_and_branches_write(balance: Any, fee: Any) -> Any:
    account = Account(balance)
    while account.balance >= fee:
        account.balance -= fee
        account.moves += 1
    if account.balance > 0:
        account.moves = -account.moves
    return account.balance, account.moves


# Ways out


@on(6, -6, 0)
def returns_of_all_kinds(x: Any) -> Any:
    if x > 0:
        if x > 5:
            return 2 * x
    elif x < 0:
        return -x
    x += 1
    return x * 100


@on(1, 0)
def returns_through_with(x: Any) -> Any:
    with nullcontext(3) as three:
        with tf.name_scope("inner"):
            if x > 0:
                return x + three
        x += 10
        if x > 5:
            return x
    return x * 2


@on(1, 0)
def returns_through_finally(x: Any) -> Any:
    try:
        if x > 0:
            return x
        x -= 1
    finally:
        x += 5
    return x


@on(1, 0)
def finally_returns(x: Any) -> Any:
    try:
        if x > 0:
            return 1
    finally:
        return x + 7  # noqa: B012


@on((3, 9), (9, 3))
def leaves_loops_inside_of_with_and_try(a: Any, b: Any) -> Any:
    steps = 0
    while a > 0:
        a -= 1
        with nullcontext():
            if a == 2:
                continue
            try:
                b -= 1
                if b == 4:
                    break
            finally:
                steps += 1
    return a, b, steps


@on([1, 2, 3, 4, 5, 6], [2, 4], [7])
def odd_ones_end_it_and_even_ones_do_not(values: Any) -> Any:
    seen = 0
    for v in values:
        if v % 2 == 0:
            continue
        if v > 4:
            break
        seen = seen * 10 + v
    else:
        seen = -1 - seen
    return seen


@on([[1, 2, 3], [4, 5, 6]], [[2, 2, 2], [3, 1, 8]])
def the_inner_loop_ends_alone(rows: Any) -> Any:
    total = 0
    for row in rows:
        for v in row:
            if v % 2 == 0:
                break
            total += v
        total *= 3
    return total


# Names and their types


@on(3, 1)
def names_that_a_loop_defines(n: Any) -> Any:
    for i in range(n):
        last = i * i
    while n > 0:
        twice = 2 * n
        n -= 1
    return last, twice, i


@on(0, 4)
def names_that_a_loop_reuses(n: Any) -> Any:
    i, x = 7, 1
    for i in range(n):
        x = x + i
        i = 100 * i
    return i, x


@on(0, 3)
def a_name_of_each_turn(n: Any) -> Any:
    total = 0
    while n > 0:
        half = n / 2
        if half > 1:
            more = half * 4
            total += int(more)
        n -= 1
    return total


@on(0, 1, 3)
def vectors_and_matrices_that_grow(n: Any) -> Any:
    vector, rows, columns, i = tf.constant([0]), tf.constant([[1, 2]]), tf.constant([[1], [2]]), 0
    while i < n:
        vector = tf.concat((vector, [i]), 0)
        rows = tf.concat([rows, [[i, 2 * i]]], 0)
        columns = tf.concat((columns, tf.constant([[i], [7]])), 1)
        i += 1
    return vector, rows, columns


@on(0, 2)
def a_sparse_tensor_that_grows(n: Any) -> Any:
    value = tf.SparseTensor([[0, 1], [2, 0]], [5, 6], [3, 3])
    i = 0
    while i < n:
        tf.autograph.experimental.set_loop_options(shape_invariants=[(value, tf.TensorShape(None))])
        value = tf.sparse.expand_dims(value)
        i += 1
    return value.indices, value.values, value.dense_shape


# Nests


@on((3, 2), (0, 5), (4, 0))
def loops_and_branches_nested(n: Any, m: Any) -> Any:
    total = 0
    for i in range(n):
        if i % 2 == 0:
            j = m
            while j > 0:
                total += i * j if i > j else j
                j -= 1
        elif total > 3:
            total -= 1
    return total


# Prints


@on(3, 0)
def prints_in_order(n: Any) -> Any:
    print("from", n)
    while n > 0:
        if n % 2 > 0:
            print("odd", n, {"key": "word"})
        n -= 1
        print(n)
    return n


# Lists that hold numbers of the running graph


@on(3)
def lists_of_numbers_given_to_tensorflow(n: Any) -> Any:
    i, made = 0, tf.zeros([3, 3], tf.int32)
    while i < n:
        made = tf.tensor_scatter_nd_update(made, [[i, 0], [i, 2]], [i + 1, 10 * i])
        made += tf.constant([[i], [1], [0]])
        made += [[i, 0, 1]]
        i += 1
    ends = tf.pad(tf.ones([i]), [[0, i]])
    return made, tf.cast(tf.eye(i), tf.int32), ends, tf.stack([i, 2.5]), tf.reshape(made, (i, -1))


# What is refused, or raised


def test_a_failed_assertion_is_the_programs_own() -> None:
    @bcgraph.compile(backend="tensorflow")
    def checked(x: Any) -> Any:
        assert x > 0, "positive numbers only"
        return x

    assert checked(tf.constant(1)) == 1
    with pytest.raises(AssertionError, match="positive numbers only"):
        checked(tf.constant(0))


def test_a_generator_is_refused_at_once() -> None:
    def numbers(n: Any) -> Any:
        yield from range(n)

    with pytest.raises(bcgraph.errors.UnsupportedRegion, match=r"BCG103.*generators"):
        bcgraph.compile(numbers, backend="tensorflow")


def test_the_end_of_an_iterator_is_not_to_be_caught() -> None:
    def first(items: Any) -> Any:
        iterator = iter(items)
        try:
            return next(iterator)
        except StopIteration:
            return tf.constant(-1, tf.int64)

    def ends(items: Any) -> Any:
        return next(iter(items))

    numbers = tf.data.Dataset.range(0)
    with pytest.raises(bcgraph.errors.CaughtRaise, match=r"StopIteration(.|\n)*a default"):
        bcgraph.compile(first, backend="tensorflow")(numbers)
    with pytest.raises(StopIteration):
        bcgraph.compile(ends, backend="tensorflow")(numbers)
