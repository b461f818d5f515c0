"""What a graph raises is what eager execution raises, and what TensorFlow's own graphs raise."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import pytest
import tensorflow as tf

import bcgraph


class OwnError(AssertionError):
    """A user's."""


@bcgraph.compile(backend="tensorflow")
def checked(x: Any) -> Any:
    if not x > 0:
        raise AssertionError(f"{x} is not positive")  # pytest has `assert` say more
    return x


@bcgraph.compile(backend="tensorflow")
def own(x: Any) -> Any:
    if x < 0:
        raise OwnError("mine", x)
    return x


@bcgraph.compile
def step(iterator: Any) -> Any:
    return next(iterator) * 2


def failure() -> BaseException:
    with pytest.raises(AssertionError) as found:
        checked(tf.constant(-1.5))
    return found.value


def test_an_assertion_is_an_invalid_argument_too() -> None:
    error = failure()
    assert isinstance(error, tf.errors.InvalidArgumentError)
    assert error.error_code == tf.errors.INVALID_ARGUMENT
    assert (str(error), error.args, error.message) == (
        "-1.5 is not positive",
        ("-1.5 is not positive",),
        "-1.5 is not positive",
    )
    assert repr(error) == "AssertionError('-1.5 is not positive')"
    told = "".join(traceback.format_exception(error))
    assert "\nAssertionError: -1.5 is not positive\n" in told


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_it_is_copied_as_the_users(copied: Any) -> None:
    found = copied(failure())
    assert type(found) is AssertionError
    assert found.args == ("-1.5 is not positive",)


def test_types_of_the_users_own_stay_what_they_are() -> None:
    with pytest.raises(OwnError) as found:
        own(tf.constant(-2.0))
    assert type(found.value) is OwnError
    assert [float(value) for value in found.value.args[1:]] == [-2.0]


def test_a_loop_that_only_an_end_ends() -> None:
    """Its test is a tensor from outside, as it is."""

    @bcgraph.compile(backend="tensorflow")
    def all_of(iterator: Any, goes_on: Any) -> Any:
        while goes_on:
            next(iterator)

    all_of(iter(tf.data.Dataset.range(3)), tf.constant(value=False))
    with pytest.raises(StopIteration):
        all_of(iter(tf.data.Dataset.range(3)), tf.constant(value=True))


@pytest.mark.parametrize("ends", [StopIteration, tf.errors.OutOfRangeError])
def test_a_loop_around_steps_ends_as_it_does_around_a_tf_function(ends: Any) -> None:
    iterator = iter(tf.data.Dataset.range(3))
    assert [int(step(iterator)) for _ in range(3)] == [0, 2, 4]
    with pytest.raises(ends):
        step(iterator)
    assert step.cache_info().traces == 1
