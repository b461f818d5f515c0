"""The edge between a converted function and who calls it.

What exists only while staging becomes what users know; an error gets the user's line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from bcgraph._library import is_library_name
from bcgraph._number import number_tensor
from bcgraph.backend import Backend, Errors, StagedText
from bcgraph.errors import BcgraphError, EndlessRecursion, Place

from ._lists import StagedList, forward
from ._optional import PerhapsNone
from ._raises import Unreachable, told


def finished(
    backend: Backend, fn: Callable[..., Any], sight: Callable[..., AbstractContextManager[Any]]
) -> Callable[..., Any]:
    """The function with tensors in its result for staged lists and numbers.

    It runs with its arguments in `sight`.
    """
    if not backend.symbolic:
        return fn

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not backend.is_recording():
            return fn(*args, **kwargs)
        try:
            with sight(fn, args, kwargs):
                return finished_value(fn(*args, **kwargs))
        except Unreachable:  # every way raises when the graph runs
            return None
        except BcgraphError as error:
            error.place = error.place or _place(error.__traceback__)
            raise
        except RecursionError as error:
            raise EndlessRecursion(
                "a function calls itself without end while it is traced: a tensor decides how deep",
                place=_place(error.__traceback__),
            ) from None
        except Exception as error:
            if Errors.values(told(backend, error)):
                backend.check(False, error)
                return None
            refusal = backend.refusal(error)
            if refusal is None:
                raise
            refusal.place = _place(error.__traceback__)
            raise refusal from error

    return call


def _place(traceback: TracebackType | None) -> Place | None:
    """The user's line that an error came from: the last one that is no library's."""
    found = None
    while traceback is not None:
        frame = traceback.tb_frame
        if not is_library_name(frame.f_globals.get("__name__")):
            code = frame.f_code
            found = Place(code.co_filename, traceback.tb_lineno, code.co_qualname)
        traceback = traceback.tb_next
    return found


def finished_leaf(value: Any) -> Any:
    """A value as users know it: tensors for staged lists."""
    value = forward(value)
    if isinstance(value, StagedList):
        value = value.stack()
    if isinstance(value, StagedText):
        value.refuse()
    return value.use(_returned) if isinstance(value, PerhapsNone) else value


def finished_value(value: Any) -> Any:
    """The same, and tensors for staged numbers, in containers too."""
    value = number_tensor(finished_leaf(value))
    kind = type(value)
    if kind is dict:
        items = {key: finished_value(v) for key, v in value.items()}
        return items if any(items[key] is not v for key, v in value.items()) else value
    if kind is list or (isinstance(value, tuple) and (kind is tuple or hasattr(kind, "_fields"))):
        made = [finished_value(v) for v in value]
        if all(one is other for one, other in zip(made, value, strict=True)):
            return value
        return kind(made) if kind in (list, tuple) else kind(*made)
    return value


def _returned(value: Any) -> Any:
    """Raises where a graph would have to return None."""
    if value is None:
        raise TypeError(
            "the function returns None on this path and a tensor on another, and a graph returns"
            " a tensor; return a value on each path, or a flag beside it"
        )
