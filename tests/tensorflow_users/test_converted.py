"""What `convert` gives is handed to TensorFlow as any function, AutoGraph or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bcgraph


def evens(n: Any) -> Any:
    """A `break` out of Python's own loop, and a list: AutoGraph takes neither."""
    found = []
    i = tf.constant(0, tf.int64)
    while i < n:
        found.append(i * 2)
        i += 1
    for k in range(3):
        if i > k:
            break
        i += 10
    return tf.constant(0, tf.int64) + i, found


class Counter:
    """Whose method is converted."""

    def __init__(self) -> None:
        self.step = tf.constant(2, tf.int64)

    @bcgraph.convert
    def count(self, n: Any) -> Any:
        found = []
        while n > 0:
            n -= self.step
            found.append(n)
        return found


WAYS: dict[str, Callable[[Any], Any]] = {
    "tf.function": lambda f: [tf.function(f)(tf.constant(n, tf.int64)) for n in range(4)],
    "without autograph": lambda f: [
        tf.function(f, autograph=False)(tf.constant(n, tf.int64)) for n in range(4)
    ],
    "dataset": lambda f: list(tf.data.Dataset.range(4).map(f)),
    "called by a tf.function": lambda f: [
        tf.function(lambda n: f(n))(tf.constant(n, tf.int64)) for n in range(4)
    ],
    "compiled": lambda f: [bcgraph.compile(f)(tf.constant(n, tf.int64)) for n in range(4)],
    "converted again": lambda f: [
        tf.function(bcgraph.convert(f))(tf.constant(n, tf.int64)) for n in range(4)
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_its_results_are_tensors(way: str) -> None:
    converted = bcgraph.convert(evens, backend="tensorflow")
    for n, (i, found) in enumerate(WAYS[way](converted)):
        expected, numbers = evens(tf.constant(n, tf.int64))
        assert int(i) == int(expected)
        assert np.asarray(found).tolist() == [int(number) for number in numbers]


def test_converted_code_calls_the_function_itself() -> None:
    """So that a list stays a list."""
    converted = bcgraph.convert(evens, backend="tensorflow")

    def program(n: Any) -> Any:
        _, found = converted(n)
        found.append(n)
        return len(found)

    assert int(bcgraph.compile(program)(tf.constant(3, tf.int64))) == 4


def test_methods() -> None:
    counter = Counter()
    found = tf.function(counter.count)(tf.constant(5, tf.int64))
    assert found.numpy().tolist() == [3, 1, -1]
    of_instance = bcgraph.convert(counter.count, backend="tensorflow")
    assert of_instance.__self__ is counter
    assert tf.function(of_instance)(tf.constant(2, tf.int64)).numpy().tolist() == [0]


def test_it_has_what_the_function_has() -> None:
    converted = bcgraph.convert(evens, backend="tensorflow")
    assert (converted.__name__, converted.__doc__) == (evens.__name__, evens.__doc__)
    assert not hasattr(evens, "autograph_info__")
