"""Reductions, scans and maps, all turns computed at once."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_users.reassociating import (
    DOUBLES,
    FLOATS,
    INTS,
    LONGS,
    MATRIX,
    NANS,
    NONE,
    ONE,
    TIES,
    check,
)


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
