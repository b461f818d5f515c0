"""A loop over a few items that cannot be one loop of the graph: its turns, each in the one before.

So are the turns of Python's own iterators recorded, and of a loop like this Python knows the number
of turns, too. What differs from turn to turn (a key, the length of a container) is then Python's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bcgraph.errors import BcgraphError
from bcgraph.regions import Flow, Loop, Site

from ._iterate import StagedIteration, turns_left
from ._outcome import Outcome
from ._region import Environment
from ._with import leave_together

if TYPE_CHECKING:
    from ._symbolic import Stager

MOST = 64  # turns, those of the loops around multiplied


class Turns:
    """The turns of a `for` loop that are left, for a stager to record one by one."""

    def __init__(
        self, stager: Stager, flow: Flow, site: Site, loop: Loop, iteration: StagedIteration
    ) -> None:
        self.stager, self.flow, self.site, self.loop = stager, flow, site, loop
        self.iteration = iteration
        self.exhausted = next(t for t in loop.targets if t != loop.targets[loop.stays])

    @property
    def count(self) -> int | None:
        """How many there are; None where that is not known, or too many."""
        count = turns_left(self.iteration)
        return count if count is not None and count * self.stager.turns <= MOST else None

    def are_wanted(self, error: Exception) -> bool:
        """Whether an error says that no graph can hold the loop as one."""
        if isinstance(error, BcgraphError):
            return True
        return self.stager.backend.refusal(error) is not None

    def record(self, at: Environment) -> Outcome:
        """Records them from the state in front of an item."""
        stager, count = self.stager, max(self.count or 1, 1)
        stager.turns *= count
        try:
            return self._record(at)
        finally:
            stager.turns //= count

    def _record(self, at: Environment) -> Outcome:
        at = at.copy()
        while True:
            begun = self.iteration.begin()
            if not self.iteration.has_known(begun):
                self.iteration.end(begun)
                return Outcome(self.exhausted, at.variables, {self.exhausted: at.operands[:-1]})
            env = at.copy()
            env.operands.append(self.iteration.item(begun))
            outcome = self.stager.run(self.loop.body, env)
            start = self.loop.start
            if start not in outcome.ports:
                return outcome
            outcome.operands = {port: list(held) for port, held in outcome.operands.items()}
            if outcome.choice != start:
                leave_together(self.flow, outcome, at.base)
            at.variables, at.operands = outcome.variables, outcome.operands[start]
            if outcome.choice != start:
                return self._choice(outcome, at)

    def _choice(self, outcome: Outcome, at: Environment) -> Outcome:
        """Where only the running graph knows whether there is another turn."""
        choice, start, backend = outcome.choice, self.loop.start, self.stager.backend
        assert not isinstance(choice, int)
        left = choice.without(backend, start)
        return self.stager.fork(
            self.flow,
            self.site,
            choice.is_port(backend, start),
            lambda: self._record(at),
            lambda: Outcome(left, outcome.variables, outcome.operands),
            at,
        )
