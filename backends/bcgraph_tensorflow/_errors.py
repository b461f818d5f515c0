"""The user's exceptions as a graph of TensorFlow's would raise them, too.

Where a graph comes to the end of an iterator TensorFlow raises `OutOfRangeError`, and where an
assertion fails `InvalidArgumentError`; eagerly `StopIteration` and `AssertionError` are raised.
What is raised here is both, so that neither `except` has to be written anew.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def raised(error: BaseException, failure: tf.errors.OpError) -> BaseException:
    """The exception that a failed run tells of; one of TensorFlow's besides, where it has one."""
    both = _BOTH.get(type(error))
    return error if both is None else both(error, failure)


class _Both:
    """Of two types; it says what the user's exception says, and is copied as that."""

    def __init__(self, error: BaseException, failure: tf.errors.OpError) -> None:
        _, _, ours, theirs, *_ = type(self).__mro__
        theirs.__init__(self, failure.node_def, failure.op, str(error))
        self.__dict__.update(error.__dict__)
        self.args, self._reduced = error.args, (ours, error.args)

    __str__ = BaseException.__str__

    def __reduce__(self) -> Any:
        return self._reduced


def _both(ours: type[BaseException], theirs: type[tf.errors.OpError]) -> Any:
    return type(ours.__name__, (_Both, ours, theirs), {"__module__": ours.__module__})


_BOTH = {
    StopIteration: _both(StopIteration, tf.errors.OutOfRangeError),
    AssertionError: _both(AssertionError, tf.errors.InvalidArgumentError),
}
