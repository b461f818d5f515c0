"""What containers hold after writes that have been undone.

A branch's writes are undone when its recording ends. What it hands on is looked at after that, and
is to be seen as the branch has left it.
"""

from __future__ import annotations

import copy
from collections.abc import MutableMapping
from typing import Any

from ._journal import Location
from ._lists import StagedList, forward
from ._values import UNDEFINED

Effects = dict[tuple[Any, ...], tuple[Location, Any, Any]]


class Undone:
    """The writes of one branch or turn."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._parts: dict[int, list[tuple[Location, Any]]] = {}
        for location, _, new in effects.values():
            if location.kind in ("item", "attribute"):
                self._parts.setdefault(id(location.target), []).append((location, new))

    def seen(self, value: Any) -> Any:
        """A value as the writes leave it, its parts as they are: a copy, if any go into it.

        A list that has become a staged one is that.
        """
        if not self._effects:
            return forward(value)
        parts = self._parts.get(id(value))
        whole = self._whole(value)
        if parts is None or isinstance(whole, StagedList):
            return whole
        made = copy.copy(value) if whole is value else whole
        for location, new in parts:
            if location.kind == "attribute":
                made.__dict__.pop(location.key, None)
                if new is not UNDEFINED:
                    object.__setattr__(made, location.key, new)
            elif new is not UNDEFINED:
                made[location.key] = new
            elif isinstance(made, MutableMapping):
                made.pop(location.key, None)
        return made

    def _whole(self, value: Any) -> Any:
        found = self._effects.get(Location("contents", value).identity)
        if found is not None:
            return found[2]
        staged = forward(value)
        if isinstance(staged, StagedList):
            found = self._effects.get(Location("staged", staged).identity)
            return staged if found is None else found[2]
        return value
