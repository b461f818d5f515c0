"""Folds of all turns at once: the last value, or each."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ._updates import Kind, Update

Count = Any  # a Python int where the number of turns is known, else a scalar int32 tensor


def folded(update: Update, first: Any, values: Any) -> Any:
    """The value after the last turn: `first` and those of all turns, along the first axis."""
    match update.kind:
        case Kind.SUM:
            return tf.add(first, tf.reduce_sum(values, 0))
        case Kind.PRODUCT:
            return tf.multiply(first, tf.reduce_prod(values, 0))
        case Kind.ALL:
            return tf.logical_and(first, tf.reduce_all(values, 0))
        case Kind.ANY:
            return tf.logical_or(first, tf.reduce_any(values, 0))
        case Kind.LARGEST | Kind.SMALLEST:
            return _better(update, first, _extreme(update, values))
    raise AssertionError(update)


def _better(update: Update, first: Any, second: Any) -> Any:
    """One of two extremes, the `second` of which is of later turns."""
    largest = update.kind is Kind.LARGEST
    if update.compared:
        compare = {
            (True, False): tf.greater, (True, True): tf.greater_equal,
            (False, False): tf.less, (False, True): tf.less_equal,
        }[largest, update.later]  # fmt: skip
        better = compare(second, first)
        if better.shape.rank == 0:
            return tf.raw_ops.Select(condition=better, x=second, y=first)
        return tf.where(better, second, first)
    pair = (second, first) if update.later else (first, second)
    return (tf.maximum if largest else tf.minimum)(*pair)


def _extreme(update: Update, values: Any) -> Any:
    """The extreme of all turns; its gradient is that of the turn that a loop would take it from."""
    found = (tf.reduce_max if update.kind is Kind.LARGEST else tf.reduce_min)(values, 0)
    if not values.dtype.is_floating:
        return found
    found = tf.stop_gradient(found)
    hits = tf.equal(values, found)
    numbers = tf.cast(hits, tf.int32)
    taken = tf.logical_and(hits, tf.equal(tf.cumsum(numbers, 0, reverse=update.later), 1))
    picked = tf.reduce_sum(tf.where(taken, values, tf.zeros_like(values)), 0)
    return tf.where(tf.reduce_any(hits, 0), picked, found)


def can_scan(update: Update, dtype: Any, count: Count) -> bool:
    """Whether the value after each turn can be had."""
    if update.kind in (Kind.LARGEST, Kind.SMALLEST):
        return isinstance(count, int)
    if update.kind is Kind.PRODUCT and dtype.is_floating:
        return isinstance(count, int)
    return update.kind is not Kind.LISTED


def scanned(update: Update, first: Any, values: Any, count: Count) -> Any:
    """The value before the first turn, and after each."""
    every = tf.concat([first[None], values], 0)
    match update.kind:
        case Kind.REPLACED:
            return every
        case Kind.SUM:
            return tf.cumsum(every, 0)
        case Kind.PRODUCT if not values.dtype.is_floating:
            return tf.math.cumprod(every, 0)
        case Kind.ANY:
            return tf.cumsum(tf.cast(every, tf.int32), 0) > 0
        case Kind.ALL:
            return tf.equal(tf.cumsum(tf.cast(tf.logical_not(every), tf.int32), 0), 0)
        case Kind.PRODUCT:
            return _doubled(tf.multiply, every, count)
        case Kind.LARGEST | Kind.SMALLEST:
            return _doubled(lambda a, b: _better(update, a, b), every, count)
    raise AssertionError(update)


def _doubled(join: Any, values: Any, count: int) -> Any:
    """The running fold by any associative operation, in as many steps as `count` has digits."""
    distance = 1
    while distance <= count:
        joined = join(values[:-distance], values[distance:])
        values = tf.concat([values[:distance], joined], 0)
        distance *= 2
    return values


def latest(first: Any, values: Any, assigned: Any, count: Count) -> Any:
    """The value after the last turn, where `assigned` says which turns give one."""
    numbers = tf.range(count, dtype=tf.int32)
    last = tf.reduce_max(tf.where(assigned, numbers, -1))
    if isinstance(count, int) and count:
        found = tf.gather(values, tf.maximum(last, 0))
        if found.shape.rank == 0:
            return tf.raw_ops.Select(condition=last >= 0, x=found, y=first)
        return tf.where(last >= 0, found, first)
    return tf.gather(tf.concat([first[None], values], 0), tf.maximum(last, -1) + 1)


def latests(first: Any, values: Any, assigned: Any) -> Any:
    """The value before the first turn, and the latest after each."""
    given = tf.concat([first[None], tf.boolean_mask(values, assigned)], 0)
    numbers = tf.cumsum(tf.cast(assigned, tf.int32))
    return tf.gather(given, tf.concat([[0], numbers], 0))


def at(every: Any, number: Any) -> Any:
    """The value after a number of turns."""
    return every[number] if isinstance(number, int) else tf.gather(every, number)
