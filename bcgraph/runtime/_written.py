"""Places outside of a loop that its body writes, and that are state therefore."""

from __future__ import annotations

import operator
from collections.abc import Container
from typing import Any

from ._lists import StagedList
from ._outcome import Outcome
from ._state import Again, Key, State
from ._values import DEAD


class Written:
    """Adds to a `state` what a body writes; `held`: the identities of what is there before it."""

    def __init__(self, state: State, held: Container[int]) -> None:
        self.state, self.trees, self.held = state, state.trees, held
        self.ignored: set[tuple[str, Any, type]] = set()
        self.reachable: set[Key] = set()

    def after(self, key: Key, outcome: Outcome, state: dict[Key, Any]) -> Any:
        found = outcome.effects.get(key[1])
        return state.get(key, DEAD) if found is None else found[2]

    def add(self, outcome: Outcome, state: dict[Key, Any], placed: Container[int]) -> None:
        """Places that the body writes become state, but for those of objects it has made itself.

        Such an object is another one each time the body is recorded, and nothing outside holds it.
        """
        stale = [
            key
            for key in self.state.locations
            if key not in self.reachable
            and _is_untouched(state[key], self.after(key, outcome, state))
        ]
        new = False
        for identity, (location, old, now) in outcome.effects.items():
            key = ("effect", identity)
            if key in self.state.nodes or (
                location.kind == "staged" and id(location.target) in placed
            ):
                continue
            if id(location.target) in self.held:
                self.reachable.add(key)
            else:
                mark = (location.kind, location.key, type(location.target))
                gone = [k for k in stale if self._mark(k) == mark]
                for k in gone:
                    del self.state.locations[k], self.state.nodes[k], self.state.values[k]
                new = new or bool(gone)
                if gone or mark in self.ignored:
                    self.ignored.add(mark)
                    continue
            self.state.locations[key] = location
            self.state.values[key] = old
            self.state.nodes[key] = self.trees.describe(old, numbers=True)
            if location.kind == "contents" and isinstance(location.target, list):
                self.state.nodes[key] = self.trees.widen(self.state.nodes[key], now, str(location))
            new = True
        if new:
            raise Again

    def _mark(self, key: Key) -> tuple[str, Any, type]:
        location = self.state.locations[key]
        return location.kind, location.key, type(location.target)


def _is_untouched(before: Any, after: Any) -> bool:
    """Whether nothing has been written to a place in a turn."""
    if isinstance(before, StagedList) and isinstance(after, StagedList):
        before, after = before.handles, after.handles
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(operator.is_, before, after))
    return before is after
