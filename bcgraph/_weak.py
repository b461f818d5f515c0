"""Tables by identity that keep none of their keys alive.

Code objects are equal when their contents are, and slow to compare: what is told of one is told of
that very object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import ref

K = TypeVar("K")
V = TypeVar("V")


class ByIdentity(Generic[K, V]):
    """What is told of objects; it is gone when the object is. A value must not hold its key."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Any, V]] = {}

    def get(self, key: K) -> V | None:
        """What is told of an object; None if nothing is."""
        found = self._held.get(id(key))
        return None if found is None else found[1]

    def __setitem__(self, key: K, value: V) -> None:
        held, number = self._held, id(key)
        held[number] = ref(key, lambda _: held.pop(number, None)), value

    def __contains__(self, key: K) -> bool:
        return id(key) in self._held

    def __len__(self) -> int:
        return len(self._held)


def told_once(function: Callable[[K], V]) -> Callable[[K], V]:
    """A function of one object that is asked once for each, as long as the object lives."""
    known: ByIdentity[K, V] = ByIdentity()

    def call(key: K) -> V:
        found = known.get(key)
        if found is None:
            found = known[key] = function(key)
        return found

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call
