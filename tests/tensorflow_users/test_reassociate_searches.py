"""Searches, all turns computed at once."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import bcgraph
from tensorflow_users.reassociating import FLOATS, INTS, assert_alike, check, outcome


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
