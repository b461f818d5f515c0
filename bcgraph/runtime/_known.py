"""What a branch on `x is None` tells of x, which may be None as the graph runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ._optional import PerhapsNone
from ._outcome import Outcome


class Known:
    """What a branch on `x is None` tells of every variable that is x."""

    def __init__(self, tested: PerhapsNone, variables: dict[str, Any]) -> None:
        self._tested, self._variables = tested, variables
        self._names = [name for name, value in variables.items() if value is tested]

    def narrowed(self, which: int) -> dict[str, Any]:
        """The variables on the way where it is None (0), or where it is not (1)."""
        value = None if which == 0 else self._tested.value
        return {**self._variables, **dict.fromkeys(self._names, value)}

    def restored(self, outcome: Outcome, which: int) -> Outcome:
        """An outcome in which what is still x is x again."""
        value = None if which == 0 else self._tested.value
        kept = [name for name in self._names if outcome.variables.get(name) is value]
        variables = {**outcome.variables, **dict.fromkeys(kept, self._tested)}
        return replace(outcome, variables=variables)
