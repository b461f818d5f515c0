"""A compiled function's result: what exists only while staging becomes what users know."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from bcgraph._number import number_tensor

from ._lists import StagedList, forward
from ._optional import used
from ._symbolic import Unreachable


def finished(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function with tensors in its result for staged lists and numbers."""

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return _finish(fn(*args, **kwargs))
        except Unreachable:  # every way raises when the graph runs
            return None

    return call


def _finish(value: Any) -> Any:
    value = forward(value)
    if isinstance(value, StagedList):
        value = value.stack()
    value = number_tensor(used(value))
    kind = type(value)
    if kind in (list, tuple):
        return kind(_finish(v) for v in value)
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return kind(*(_finish(v) for v in value))
    if kind is dict:
        return {key: _finish(v) for key, v in value.items()}
    return value
