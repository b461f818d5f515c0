"""Datasets and their iterators, as streams of optionals."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import tensorflow as tf

_ITERABLES = (tf.data.Dataset, tf.distribute.DistributedDataset)
_DISTRIBUTED = (tf.distribute.DistributedDataset, tf.distribute.DistributedIterator)
_ITERATORS = (tf.data.Iterator, tf.distribute.DistributedIterator)


class _Optionals:
    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def fetch(self, before: Any, wanted: Any) -> Any:
        fetch = self._iterator.get_next_as_optional
        if wanted is True:
            return fetch()
        if wanted is False:
            return before
        return tf.cond(wanted, fetch, lambda: tf.experimental.Optional.empty(before.element_spec))

    def has(self, fetched: Any) -> Any:
        return fetched.has_value()

    def item(self, fetched: Any, checked: Any = None) -> Any:
        with tf.control_dependencies([] if checked is None else [checked]):
            return fetched.get_value()


def start(value: Any) -> Callable[[], _Optionals] | None:
    """What starts an iteration over a dataset, or goes on with an iterator; None for others."""
    if isinstance(value, _DISTRIBUTED):
        _warn_of_few_threads()
    if isinstance(value, _ITERABLES):
        return lambda: _Optionals(iter(value))
    if isinstance(value, _ITERATORS):
        return lambda: _Optionals(value)
    return None


def _warn_of_few_threads() -> None:
    """Each device waits for its item in a thread of its own; what they wait for needs one more.

    Without it, TensorFlow 2.21 has been seen to hang where a loop is left while items are fetched
    ahead, with AutoGraph as well.
    """
    devices = len(tf.config.list_logical_devices("CPU"))
    threads = tf.config.threading.get_inter_op_parallelism_threads() or os.cpu_count() or 1
    if 1 < devices >= threads:
        warnings.warn(
            f"TensorFlow has {threads} inter-op threads for {devices} devices of the CPU: a graph "
            "that leaves a loop over a distributed dataset early can hang; before anything else, "
            f"call tf.config.threading.set_inter_op_parallelism_threads({devices + 1})",
            RuntimeWarning,
            stacklevel=2,
        )
