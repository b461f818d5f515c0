"""Datasets and their iterators, as streams of optionals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

_ITERABLES = (tf.data.Dataset, tf.distribute.DistributedDataset)
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
    if isinstance(value, _ITERABLES):
        return lambda: _Optionals(iter(value))
    if isinstance(value, _ITERATORS):
        return lambda: _Optionals(value)
    return None
