"""What a program raises on a way that only the running graph may take."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from bcgraph._places import innermost, place_of_traceback
from bcgraph._text import piece_of
from bcgraph.backend import Backend, Errors
from bcgraph.errors import BcgraphError, CaughtRaise, Note, Place

from ._caught import caught
from ._journal import Journal
from ._lists import is_staged

_RAISE = dis.opmap["RAISE_VARARGS"]
_OF_PYTHON = (LookupError, ArithmeticError, NameError)  # `d["missing"]`, `1 / 0`, an unbound local


class Unreachable(Exception):
    """Nothing after this point is reached: an error has been recorded on every way."""


class Raises:
    """Turns exceptions of the program into checks of the graph.

    `is_made` tells whether a code object is rewritten user code.
    """

    def __init__(
        self, backend: Backend, journal: Journal, is_made: Callable[[CodeType], bool]
    ) -> None:
        self.backend, self.journal, self.is_made = backend, journal, is_made

    def check(self, place: Place, holds: Any, record: Callable[[], Any]) -> bool:
        """Records what a way that only raises raises, as a check; False if that cannot be told."""
        raised: list[BaseException] = []

        def attempt() -> None:
            self.journal.enter()
            try:
                record()
            except Unreachable:
                return
            except Exception as error:
                if not self.is_users(error):
                    raise
                raised.append(recorded(self.backend, error))
            finally:
                self.journal.leave()

        if not self.backend.is_pure(attempt) or not raised or Errors.values(raised[0]):
            return False
        self.refuse_caught(place, raised[0])
        self.backend.check(holds, raised[0])
        return True

    def is_users(self, error: BaseException) -> bool:
        """Whether a program raises it by itself, as it would eagerly on the way that is taken."""
        trace = innermost(error)
        if trace is None:
            return False
        code = trace.tb_frame.f_code
        if not self.is_made(code):
            return False
        return isinstance(error, _OF_PYTHON) or code.co_code[trace.tb_lasti] == _RAISE

    def refuse_caught(self, place: Place, error: BaseException) -> None:
        """Raises `CaughtRaise` if the program, here or in a caller, would catch the exception."""
        catching = caught(error, sys._getframe(1), lambda frame: self.is_made(frame.f_code))
        if catching is not None:
            kind, trace = type(error).__name__, innermost(error)
            raised = trace and Note(place_of_traceback(trace), f"{kind} is raised here")
            raise CaughtRaise(
                f"{kind} is raised under the condition of a tensor, and the program would catch it",
                place=place,
                notes=(raised, *catching),
            ) from None


def told(backend: Backend, error: BaseException) -> BaseException:
    """The exception, its staged arguments as pieces of what it tells."""
    error.args = tuple(piece_of(a) if is_staged(backend, a) else a for a in error.args)
    return error


def recorded(backend: Backend, error: BaseException) -> BaseException:
    """The same, to be raised by the running graph, where its line would not be known."""
    trace = innermost(error)
    if trace is not None and not isinstance(error, BcgraphError):
        error.add_note(f"raised at {place_of_traceback(trace)}")
    return told(backend, error)
