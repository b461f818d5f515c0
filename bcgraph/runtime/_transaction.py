"""A whole traced call as a transaction: what it writes into objects that outlive it.

A graph cannot hold a Python object. What a program leaves in one (`self.last = y`) is undone when
the trace ends, and handed to the backend, which writes what the graph gives after each run. Writes
of Python's own values stay as they are: they happen while tracing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bcgraph.backend import StagedNumber, Write

from ._finish import finished_value
from ._journal import Journal, Location
from ._nodes import Static
from ._optional import PerhapsNone
from ._reachable import reachable


@dataclass(frozen=True, eq=False, kw_only=True)
class LocationWrite(Write):
    """A write to a `Location`."""

    location: Location

    @property
    def target(self) -> Any:
        return self.location.target

    @property
    def key(self) -> Any:
        return self.location.key if self.location.kind == "attribute" else None

    def stands(self) -> bool:
        now = self.location.read()
        if isinstance(self.old, list | tuple) and type(now) is type(self.old):
            return list(map(Static, now)) == list(map(Static, self.old))
        return Static(now) == Static(self.old)

    def apply(self, value: Any) -> None:
        self.location.write(value.item() if self.is_number and value is not None else value)

    def __str__(self) -> str:
        return str(self.location)


@contextmanager
def transaction(
    journal: Journal, is_staged: Callable[[Any], bool], *roots: Any
) -> Iterator[list[Write]]:
    """Undoes what is written inside to objects that the roots hold, where it is staged.

    Gives a list that holds the writes when the trace has ended.
    """
    held = reachable(*roots)
    writes: list[Write] = []
    journal.enter(whole=True)
    try:
        yield writes
    finally:
        for location, old, new in journal.leave().values():
            outlives = id(location.target) in held or (
                location.kind == "item" and "__builtins__" in location.target
            )
            write = _write(location, old, new) if outlives else None
            if write is not None and _holds(write.new, is_staged):
                writes.append(write)
            else:
                location.write(new)
        journal.forget()


def _write(location: Location, old: Any, new: Any) -> LocationWrite:
    there = None
    if isinstance(new, PerhapsNone):
        there, new = new.there, new.value
    is_number = isinstance(new, StagedNumber)
    return LocationWrite(
        location=location, old=old, new=finished_value(new), is_number=is_number, there=there
    )


def _holds(value: Any, is_staged: Callable[[Any], bool], depth: int = 3) -> bool:
    """Whether a value, or what a container holds, is staged."""
    if is_staged(value):
        return True
    if not depth or not isinstance(value, list | tuple | dict):
        return False
    values = value.values() if isinstance(value, dict) else value
    return any(_holds(v, is_staged, depth - 1) for v in values)
