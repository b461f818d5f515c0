"""Exceptions of the user's program that a graph raises.

A graph can only fail with a message. The message holds the exception's type and text, readable by
anyone who runs an exported graph, and a number by which the process that made the graph finds the
exception itself.
"""

from __future__ import annotations

import copy
import re
import threading

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
            self._known.append(error.with_traceback(None))
        return f"{type(error).__name__}: {error} [bcgraph error {number}]"

    def find(self, failure: Exception) -> BaseException | None:
        """The exception that a failed run tells of, as a new object; None if it tells of none."""
        found = _MARK.search(str(failure))
        if found is None:
            return None
        number = int(found.group(1))
        return copy.copy(self._known[number]) if number < len(self._known) else None
