"""A whole traced call as a transaction: what it writes into objects that outlive it.

A graph cannot hold a Python object. What a program leaves in one (`self.last = y`) is undone when
the trace ends, and handed to the backend, which writes it after each run: what the graph gives, and
Python's own values as they were.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bcgraph.backend import Transaction, Write

from ._aliases import refuse_lost
from ._finish import finished_leaf
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

    @property
    def identity(self) -> Any:
        return self.location.identity

    def now(self) -> LocationWrite:
        return LocationWrite(location=self.location, old=self.location.read(), new=None)

    def stands(self) -> bool:
        return _is_same(self.location.read(), self.old)

    def apply(self, value: Any) -> None:
        self.location.write(value)

    def __str__(self) -> str:
        return str(self.location)


@contextmanager
def transaction(
    journal: Journal, named: Callable[[], list[Any]], *roots: Any
) -> Iterator[Transaction]:
    """Undoes what is written inside to objects that outlive it.

    Those are what the roots hold, and in the end what is `named`: the globals of code that ran.
    """
    held: dict[int, Any] = {}
    made = journal.made
    found = Transaction([], held.__contains__, made.__contains__, finished_leaf)
    held |= reachable(*roots)
    journal.enter(whole=True)
    try:
        yield found
    finally:
        changed = journal.leave().values()
        journal.forget()
        held |= reachable(*named())
        for location, old, new in changed:
            if _outlives(location, held):
                refuse_lost(new)
                found.writes.append(_write(location, old, new))
            else:
                location.write(new)


def _outlives(location: Location, held: dict[int, Any]) -> bool:
    target = location.target
    if isinstance(target, type | ModuleType) or id(target) in held:
        return True
    return location.kind == "item" and "__builtins__" in target


def _write(location: Location, old: Any, new: Any) -> LocationWrite:
    there = None
    if isinstance(new, PerhapsNone):
        there, new = new.there, new.value
    return LocationWrite(location=location, old=old, new=new, there=there)


def _is_same(now: Any, old: Any) -> bool:
    """Whether two values are one, or containers of the same ones."""
    if type(now) is not type(old) or now is old:
        return now is old
    if isinstance(old, set | frozenset):
        return bool(now == old)
    if isinstance(old, dict):
        return _is_same([*now, *now.values()], [*old, *old.values()])
    if isinstance(old, list | tuple | deque):
        return list(map(Static, now)) == list(map(Static, old))
    return Static(now) == Static(old)
