"""The edge between a converted function and who calls it.

What exists only while staging becomes what users know; an error gets the user's line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from bcgraph._frames import cause, is_own
from bcgraph._library import is_library_name
from bcgraph._number import number_tensor
from bcgraph._places import innermost, place_of_function, place_of_traceback
from bcgraph.backend import Backend, Errors, OrNone, StagedText, mapped
from bcgraph.errors import (
    BcgraphError,
    Disagreement,
    EndlessRecursion,
    InternalFault,
    Place,
)

from ._aliases import refuse_lost
from ._lists import StagedList, forward
from ._optional import PerhapsNone
from ._raises import Unreachable, recorded, told


def finished(
    backend: Backend,
    fn: Callable[..., Any],
    sight: Callable[..., AbstractContextManager[Any]],
    *,
    outermost: bool,
) -> Callable[..., Any]:
    """The function with tensors in its result for staged lists and numbers.

    What may be None is an `OrNone` in the result of the `outermost` call, and checked not to be
    None in any other. It runs with its arguments in `sight`.
    """
    if not backend.symbolic:
        return fn

    def used(value: Any) -> Any:
        return value.used(backend.check, fn) if isinstance(value, OrNone) else value

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not backend.is_recording():
            return fn(*args, **kwargs)
        try:
            with sight(fn, args, kwargs):
                result = _finished_value(fn(*args, **kwargs))
                return result if outermost else mapped(result, used)
        except Unreachable:  # every way raises when the graph runs
            return None
        except BcgraphError as error:
            if error.place is None:
                error.place = _place(error.__traceback__) or place_of_function(fn)
                error.label = "here" if isinstance(error, Disagreement) else error.label
            raise
        except RecursionError as error:
            raise EndlessRecursion(
                "a function calls itself without end while it is traced: a tensor decides how deep",
                place=_place(error.__traceback__),
            ) from None
        except Exception as error:
            if Errors.values(told(backend, error)):
                backend.check(False, recorded(backend, error))
                return None
            refusal = _wrapped(error) or _fault(error) or backend.refusal(error)
            if refusal is None:
                raise
            refusal.place = refusal.place or _place(error.__traceback__)
            raise refusal from cause(error)

    return call


def _wrapped(error: BaseException | None) -> BcgraphError | None:
    """The refusal that a framework has made an error of its own."""
    while error is not None and not isinstance(error, BcgraphError):
        error = error.__cause__ or error.__context__
    return error


def _fault(error: Exception) -> InternalFault | None:
    """What an assertion of bcgraph's own, which has failed, is to users."""
    trace = innermost(error)
    if not isinstance(error, AssertionError) or trace is None or not is_own(trace.tb_frame):
        return None
    return InternalFault(f"bcgraph itself has failed ({str(error) or 'an assertion'})")


def _place(traceback: TracebackType | None) -> Place | None:
    """The user's line that an error came from: the last one that is no library's."""
    found = None
    while traceback is not None:
        frame = traceback.tb_frame
        if not is_library_name(frame.f_globals.get("__name__")):
            found = place_of_traceback(traceback)
        traceback = traceback.tb_next
    return found


def finished_leaf(value: Any) -> Any:
    """A value as users know it: tensors for staged lists; `OrNone` where it may be None."""
    refuse_lost(value)
    value = forward(value)
    if isinstance(value, StagedList):
        value = value.stack()
    if isinstance(value, StagedText):
        value.refuse()
    return OrNone(value.value, value.there) if isinstance(value, PerhapsNone) else value


def _finished_value(value: Any) -> Any:
    """The same, and tensors for staged numbers, in containers too."""
    return mapped(value, lambda part: number_tensor(finished_leaf(part)))
