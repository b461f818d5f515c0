"""Python's own iterators that a staged branch goes on with."""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterator
from typing import Any

from ._values import Iteration, Replay

_RANGE = type(iter(range(0)))
_LONG = 16


def is_long(value: Any) -> bool:
    """Whether an iterator walks a `range` too long to record each turn in the one before."""
    return type(value) is _RANGE and operator.length_hint(value) > _LONG


def turn_back(numbers: Any) -> Iterator[int]:
    """An iterator over a `range` as it was in front of the number that it has given last."""
    left, ahead = operator.length_hint(numbers), copy.copy(numbers)
    start = next(ahead)
    step = next(ahead) - start
    return iter(range(start - step, start + left * step, step))


def replayed(value: Any) -> Any:
    """A value; of an iterator, one that several branches can consume."""
    if isinstance(value, Iterator) and not isinstance(value, Iteration | Replay):
        return Replay(value)
    return value
