"""Which form a loop is recorded in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bcgraph.errors import BcgraphError
from bcgraph.regions import Flow, Head, Loop, Site

from ._iterate import Numbered, StagedIteration
from ._native import is_long, turn_back
from ._outcome import Choice, Outcome
from ._region import Environment
from ._staged import note, note_turns
from ._state import ImpureTest
from ._turns import Turns
from ._while import While

if TYPE_CHECKING:
    from ._symbolic import Stager


class Loops:
    """Records loops for a stager."""

    def __init__(self, stager: Stager) -> None:
        self.stager = stager

    def with_turn(self, flow: Flow, site: Site, at: Environment) -> Outcome | None:
        """Stages a `for` from the turn on that has come to its head, where a site is that.

        So the first turn is recorded together with the others. None if that cannot be done.
        """
        if site.turn is None or len(at.operands) < 2 or not is_long(at.operands[-2]):
            return None
        if not self.stager.backend.takes_heads():
            return None
        loop, refusal = site.turn.decisions[0], self.stager.refusal
        assert isinstance(loop, Loop)
        again = at.copy()
        iteration = self.stager.walked(turn_back(at.operands[-2]))
        assert isinstance(iteration, Numbered)
        again.operands[-2:] = [iteration]
        begun = iteration.begin()
        ways = dict.fromkeys(loop.targets, again.operands)
        choice = Choice(loop.targets, True)  # there is an item: that of this turn
        try:
            outcome = self.record(
                flow, site.turn, loop, again, choice, ways, iteration, begun, head=loop.head
            )
        except Exception as error:
            refused = isinstance(error, ImpureTest | BcgraphError)
            if not refused and self.stager.backend.refusal(error) is None:
                raise
            self.stager.refusal = refusal
            return None
        note(flow, site.turn)
        return outcome

    def from_predicate(
        self,
        flow: Flow,
        site: Site,
        loop: Loop,
        at: Environment,
        predicate: Any,
        *,
        repeatable: bool = True,
    ) -> Outcome:
        """Records a loop from where its predicate stands."""
        ways, choice = dict.fromkeys(loop.targets, at.operands), Choice(loop.targets, predicate)
        return self.record(flow, site, loop, at, choice, ways, repeatable=repeatable)

    def over(
        self,
        flow: Flow,
        site: Site,
        loop: Loop,
        at: Environment,
        predicate: Any,
        iteration: StagedIteration,
        begun: Any,
    ) -> Outcome:
        """Records a `for`: as a loop, or else, where it has few turns, each of them."""
        ways = dict.fromkeys(loop.targets, at.operands)
        choice, refusal = Choice(loop.targets, predicate), self.stager.refusal
        takes_heads = loop.head is not None and self.stager.backend.takes_heads()
        if takes_heads and isinstance(iteration, Numbered):
            try:
                return self.record(
                    flow, site, loop, at.copy(), choice, ways, iteration, begun, head=loop.head
                )
            except ImpureTest:
                self.stager.refusal = refusal
        try:
            return self.record(flow, site, loop, at, choice, ways, iteration, begun)
        except Exception as error:
            iteration.end(begun)
            turns = Turns(self.stager, flow, site, loop, iteration)
            if turns.count is None or not turns.are_wanted(error):
                raise
            self.stager.refusal, count = refusal, turns.count
            because = getattr(error, "message", str(error)).partition("\n")[0]
        outcome = turns.record(at)
        note_turns(flow, site, count, because)
        return outcome

    def record(
        self,
        flow: Flow,
        site: Site,
        loop: Loop,
        at: Environment,
        choice: Choice,
        operands: dict[int, list[Any]],
        iteration: StagedIteration | None = None,
        begun: Any = None,
        *,
        repeatable: bool = True,
        head: Head | None = None,
    ) -> Outcome:
        recorded = While(
            self.stager, flow, site, loop, at, choice, operands, iteration, begun, head
        )
        outcome = recorded.record(repeatable=repeatable)
        self.stager.forks.apply(outcome)
        return outcome if head is None else recorded.ending.left_at_head(outcome)
