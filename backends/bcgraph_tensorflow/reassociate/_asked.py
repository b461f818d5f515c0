"""Whether loops are to be reassociated, and what became of those that were."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bcgraph.backend import reassociates

from ._build import Resume, reassociated
from ._counting import Loop


class _Asked(threading.local):
    """Of this thread: what the innermost `asked` says, and the notes that it gives."""

    def __init__(self) -> None:
        self.wanted: bool | None = None
        self.notes: list[str] = []


_asked = _Asked()


@contextmanager
def asked(*, possible: bool) -> Iterator[list[str]]:
    """Loops that are recorded inside are reassociated, if that is `possible` and the setting says.

    Gives a list, in which a line for each loop will be.
    """
    before = _asked.wanted, _asked.notes
    _asked.wanted, _asked.notes = possible and reassociates(), []
    try:
        yield _asked.notes
    finally:
        _asked.wanted, _asked.notes = before


def is_asked() -> bool:
    """Whether loops are to be reassociated."""
    return reassociates() if _asked.wanted is None else _asked.wanted


def recorded(loop: Loop, resume: Resume) -> list[Any]:
    """The values of a loop after its last turn; `resume` records it from other values."""
    made = reassociated(loop, resume)
    _asked.notes.append("a loop stays one" if made is None else f"a loop became {made.told}")
    return resume(list(loop.before)) if made is None else made.values
