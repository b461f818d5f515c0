"""`for` over datasets, iterators, ragged tensors: one loop in the graph, and eager's results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bcgraph

Dataset = tf.data.Dataset


def total(dataset: Any) -> Any:
    result = 0
    for value in dataset:
        result += value
    return result


def total_until(dataset: Any, limit: Any) -> Any:
    result = tf.constant(0, tf.int64)
    for value in dataset:
        if value > limit:
            break
        result += value
    return result


def odd_ones(dataset: Any) -> Any:
    found = []
    for value in dataset:
        if value % 2 == 0:
            continue
        found.append(value)
    return tf.stack(found)


def position(dataset: Any, wanted: Any) -> Any:
    for i, value in enumerate(dataset, start=1):
        if value == wanted:
            return i
    return -1


def found_or_not(dataset: Any, wanted: Any) -> Any:
    for value in dataset:
        if value == wanted:
            result = value * 10
            break
    else:
        result = tf.constant(-1, tf.int64)
    return result


def pairs(dataset: Any, limit: Any) -> Any:
    result = tf.constant(0, tf.int64)
    for x in dataset:
        for y in dataset:
            if y > x:
                break
            result += x * y
        if result > limit:
            return result
    return -result


def beside(dataset: Any, values: Any) -> Any:
    result = tf.constant(0, tf.int64)
    for x, (y, i) in zip(dataset, zip(values, range(100))):
        result = result * 3 + x * y + i
    return result


def mapped(dataset: Any) -> Any:
    result = tf.constant(0, tf.int64)
    for x in map(lambda v: v * 2 if v > 2 else v, dataset):
        result = result * 10 + x
    return result


def collected(dataset: Any) -> Any:
    doubled = [value * 2 for value in dataset if value > 1]
    return tf.stack(doubled), sum(dataset), max(dataset), any(v == 3 for v in dataset)


def named(dataset: Any) -> Any:
    result = tf.constant(0, tf.int64)
    for item in dataset.map(lambda v: {"x": v, "pair": (v + 1, v * v)}):
        one, square = item["pair"]
        if square > 3:
            result += item["x"] * one
    return result


def batches(dataset: Any) -> Any:
    """The last batch is smaller, so that no size is known."""
    last = tf.zeros([0], tf.int64)
    for batch in dataset.batch(3):
        last = batch
    return last


def made_inside(dataset: Any, n: Any) -> Any:
    result = tf.constant(0, tf.int64)
    if n > 2:
        for value in Dataset.range(n):
            result += value
    else:
        for value in dataset:
            result -= value
    return result


def with_iterator(dataset: Any, n: Any) -> Any:
    """What one loop leaves is there for the next, as exactly as with any iterator."""
    iterator = iter(dataset)
    first = tf.constant(0, tf.int64)
    for value in iterator:
        first += value
        if value >= n:
            break
    rest = tf.constant(0, tf.int64)
    for value in iterator:
        rest = rest * 10 + value
    return first, rest, next(iterator, tf.constant(-7, tf.int64))


def by_twos(dataset: Any) -> Any:
    result = tf.constant(0, tf.int64)
    iterator = iter(dataset)
    for one in iterator:
        other = next(iterator, tf.constant(9, tf.int64))
        result = result * 100 + one * other
    return result


def steps(dataset: Any, n: Any) -> Any:
    iterator = iter(dataset.repeat())
    result = tf.constant(0, tf.int64)
    for _ in tf.range(n):
        result = result * 10 + next(iterator)
    return result


def while_there_is(dataset: Any) -> Any:
    iterator = iter(dataset)
    item = iterator.get_next_as_optional()
    result = tf.constant(0, tf.int64)
    while item.has_value():
        result = result * 10 + item.get_value()
        item = iterator.get_next_as_optional()
    return result


def numbers(*values: int) -> Any:
    return Dataset.from_tensor_slices(tf.constant(values, tf.int64))


def whole(n: int) -> Any:
    return tf.constant(n, tf.int64)


FIVE = (3, 1, 4, 2, 5)
CASES = [
    (total, (numbers(*FIVE),)),
    (total, (Dataset.range(0),)),
    (total_until, (numbers(*FIVE), whole(3))),
    (total_until, (numbers(*FIVE), whole(9))),
    (odd_ones, (numbers(*FIVE),)),
    (position, (numbers(*FIVE), whole(4))),
    (position, (numbers(*FIVE), whole(7))),
    (position, (Dataset.range(0), whole(7))),
    (found_or_not, (numbers(*FIVE), whole(4))),
    (found_or_not, (numbers(*FIVE), whole(7))),
    (pairs, (numbers(*FIVE), whole(20))),
    (pairs, (numbers(*FIVE), whole(900))),
    (beside, (numbers(*FIVE), tf.constant([1, 2, 3], tf.int64))),
    (beside, (numbers(1, 2), tf.constant([1, 2, 3], tf.int64))),
    (mapped, (numbers(*FIVE),)),
    (collected, (numbers(*FIVE),)),
    (named, (numbers(*FIVE),)),
    (batches, (numbers(*FIVE),)),
    (made_inside, (numbers(*FIVE), whole(4))),
    (made_inside, (numbers(*FIVE), whole(1))),
    (with_iterator, (numbers(*FIVE), whole(4))),
    (with_iterator, (numbers(*FIVE), whole(9))),
    (by_twos, (numbers(*FIVE),)),
    (steps, (numbers(*FIVE), tf.constant(8))),
    (while_there_is, (numbers(*FIVE),)),
]


@pytest.mark.parametrize(
    ("program", "arguments"), CASES, ids=[f"{p.__name__}-{i}" for i, (p, _) in enumerate(CASES)]
)
def test_as_eagerly(program: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    compiled = bcgraph.compile(program, backend="tensorflow")
    expected, found = program(*arguments), compiled(*arguments)
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)


def test_an_iterator_given_is_taken_from_exactly() -> None:
    @bcgraph.compile(backend="tensorflow")
    def until(iterator: Any, limit: Any) -> Any:
        result = tf.constant(0, tf.int64)
        for value in iterator:
            result = result * 10 + value
            if value >= limit:
                break
        return result

    iterator = iter(Dataset.range(10))
    assert until(iterator, whole(3)) == 123
    assert next(iterator) == 4
    assert until(iterator, whole(6)) == 56
    assert until(iterator, whole(99)) == 789
    assert until(iterator, whole(99)) == 0
    assert until.cache_info().traces == 1


def test_one_loop_whatever_the_length() -> None:
    compiled = bcgraph.compile(total_until, backend="tensorflow")
    graph = compiled.get_concrete_function(numbers(*range(100)), whole(3)).graph
    kinds = [op.type for op in graph.get_operations()]
    assert kinds.count("While") == 1
    assert len(kinds) < 30


def test_what_ends_raises() -> None:
    @bcgraph.compile(backend="tensorflow")
    def two(dataset: Any) -> Any:
        iterator = iter(dataset)
        return next(iterator) + next(iterator)

    assert two(Dataset.range(3)) == 1
    with pytest.raises(StopIteration):
        two(Dataset.range(1))


def test_gradients_through_a_loop_over_a_dataset() -> None:
    weight = tf.Variable(2.0)

    def step(dataset: Any, limit: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = 0.0
            for x in dataset:
                if loss > limit:
                    break
                loss += weight * x * weight
        return loss, tape.gradient(loss, weight)

    dataset = Dataset.from_tensor_slices([1.0, 2.0, 3.0])
    for limit in (5.0, 100.0):
        expected = step(dataset, tf.constant(limit))
        found = bcgraph.compile(step, backend="tensorflow")(dataset, tf.constant(limit))
        np.testing.assert_allclose(found, expected)


def test_what_is_no_iteration_is_tensorflows_own() -> None:
    @bcgraph.compile(backend="tensorflow")
    def truth(dataset: Any, x: Any) -> Any:
        assert isinstance(dataset, Dataset) and "Dataset" in f"{dataset}" + str(dataset)
        return x if dataset and x > 0 else -x

    assert float(truth(Dataset.range(0), tf.constant(-2.0))) == 2.0
    with pytest.raises(TypeError, match="cardinality"):
        bcgraph.compile(lambda dataset: len(dataset), backend="tensorflow")(Dataset.range(3))
    with pytest.raises(bcgraph.errors.PythonValueNeeded):
        bcgraph.compile(lambda dataset: set(dataset), backend="tensorflow")(Dataset.range(3))


def test_ragged_rows() -> None:
    def longest(ragged: Any) -> Any:
        best, where = 0, -1
        for i, row in enumerate(ragged):
            if len(row) > best:
                best, where = len(row), i
        return best, where

    ragged = tf.ragged.constant([[1], [2, 3, 4], [], [5, 6]])
    assert [int(v) for v in bcgraph.compile(longest, backend="tensorflow")(ragged)] == [3, 1]

    def sums(dataset: Any) -> Any:
        result = []
        for batch in dataset:
            for row in batch:
                result.append(tf.reduce_sum(row))
        return tf.stack(result)

    dataset = Dataset.from_tensor_slices(ragged).batch(2)
    found = bcgraph.compile(sums, backend="tensorflow")(dataset)
    assert found.numpy().tolist() == [1, 9, 0, 11]


def test_tensor_arrays() -> None:
    def running(values: Any) -> Any:
        sums, total = tf.TensorArray(tf.float32, size=0, dynamic_size=True), 0.0
        for i, value in enumerate(values):
            if value > 0:
                total += value
            sums = sums.write(i, total)
        return sums.stack()

    values = tf.constant([1.0, -2.0, 3.0])
    found = bcgraph.compile(running, backend="tensorflow")(values)
    np.testing.assert_allclose(found, [1.0, 1.0, 4.0])
