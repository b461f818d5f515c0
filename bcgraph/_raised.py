"""Exceptions of the user's program that a graph raises.

A graph can only fail with a message. The message holds the exception's type and text, readable by
anyone who runs an exported graph, and a number by which the process that made the graph finds the
exception itself.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ._text import Piece, emptied, filled, pieces

_MARK = re.compile(r"\[bcgraph error (\d+)\]")


class Errors:
    """The exceptions that recorded checks raise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[BaseException] = []

    def message(self, error: BaseException) -> str:
        """What a failing check says."""
        with self._lock:
            number = len(self._known)
            self._known.append(self.without_values(error))
        return f"{type(error).__name__}: {error} [bcgraph error {number}]"

    @staticmethod
    def values(error: BaseException) -> list[Piece]:
        """The staged values that an exception tells, in order."""
        return [piece for argument in error.args for piece in pieces(argument)]

    @staticmethod
    def without_values(error: BaseException) -> BaseException:
        """The exception without what would keep a graph alive."""
        if not Errors.values(error):
            return error.with_traceback(None)
        return _with(error, [emptied(argument) for argument in error.args])

    @staticmethod
    def filled(error: BaseException, values: Sequence[Any]) -> BaseException:
        """A new exception that tells these values."""
        rest = iter(values)
        return _with(error, [filled(argument, rest) for argument in error.args])

    def find(
        self,
        failure: Exception,
        values: Callable[[str, list[Piece]], Sequence[Any]] = lambda *_: (),
    ) -> BaseException | None:
        """The exception that a failed run tells of, as a new object; None if it tells of none.

        `values` reads what it tells out of the failure's message.
        """
        found = _MARK.search(str(failure))
        if found is None or int(found.group(1)) >= len(self._known):
            return None
        error = self._known[int(found.group(1))]
        return self.filled(error, values(str(failure), Errors.values(error)))


def _with(error: BaseException, arguments: list[Any]) -> BaseException:
    kind = type(error)
    made = kind.__new__(kind, *arguments)  # its own `__init__` may want other arguments
    made.args = tuple(arguments)
    made.__dict__.update(error.__dict__)
    return made
