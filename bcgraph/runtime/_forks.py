"""Recording a condition: both of its ways, and what holds what either leaves."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bcgraph.errors import BcgraphError, Note, UnsupportedEffect
from bcgraph.regions import RETURN, Cond, Flow, Site

from ._evidence import Ways, place_of
from ._native import is_long, replayed
from ._outcome import Merge, Outcome
from ._raises import Unreachable, recorded
from ._region import Environment
from ._turns import MOST
from ._values import DEAD

if TYPE_CHECKING:
    from ._symbolic import Stager


@dataclass(frozen=True, slots=True)
class Fork:
    """Where control parts at a site: a staged predicate, and what records each way."""

    site: Site
    flow: Flow
    predicate: Any
    true: Callable[[], Outcome]
    false: Callable[[], Outcome]
    decision: Cond | None = None  # the program's own, which the predicate decides


class Forks:
    """Records conditions for a stager."""

    def __init__(self, stager: Stager) -> None:
        self.stager = stager

    def record(self, fork: Fork, at: Environment) -> Outcome:
        """Records a fork; a long `range` that the ways go on with is a staged iteration first."""
        native, refusal = at.operands, self.stager.refusal
        if any(map(is_long, native)):
            at.operands = [self.stager.walked(v) if is_long(v) else replayed(v) for v in native]
            try:
                return self._recorded(fork, at)
            except BcgraphError:
                if max(map(operator.length_hint, filter(is_long, native))) > MOST:
                    raise
                self.stager.refusal = refusal
        at.operands = [replayed(value) for value in native]
        return self._recorded(fork, at)

    def _recorded(self, fork: Fork, at: Environment) -> Outcome:
        site, flow = fork.site, fork.flow
        merges: list[Merge] = []
        ways = Ways(flow, site, fork.decision)
        since = self.stager.journal.entered
        before = frozenset(id(v) for v in (*at.variables.values(), *at.operands) if v is not DEAD)

        def agree(
            first: Outcome, second: Outcome
        ) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]]]:
            try:
                merge = Merge(
                    self.stager.trees, (first, second), self._live(flow), ways, before, since
                )
            except BcgraphError as error:
                error.place = error.place or ways.place
                self.stager.apart.disagreement = error
                raise
            merges.append(merge)
            return lambda: merge.flat(first), lambda: merge.flat(second)

        leaves = self.stager.backend.cond(
            fork.predicate,
            lambda: self.branch(fork.true, flow, site),
            lambda: self.branch(fork.false, flow, site),
            agree,
        )
        if not merges[-1].ports:
            raise Unreachable
        outcome = merges[-1].outcome(iter(leaves))
        self.apply(outcome)
        return outcome

    def _live(self, flow: Flow) -> Callable[[int], frozenset[str]]:
        """The variables that matter at a port."""
        facts, held = flow.facts, self.stager.suppressed.around(flow)

        def names(port: int) -> frozenset[str]:
            if port == RETURN:
                return frozenset()
            return frozenset(facts.names(facts.live[port] if held is None else held.at(port)))

        return names

    def branch(self, record: Callable[[], Outcome], flow: Flow, site: Site) -> Outcome:
        """Records one branch: its writes are undone and become part of its outcome."""
        self.stager.journal.enter()
        outcome = Outcome(RETURN, {}, {}, raised=True)
        try:
            outcome = record()
        except Unreachable:
            pass
        except Exception as error:
            if isinstance(error, UnsupportedEffect):
                error.note(Note(place_of(flow, site), "a tensor decides here"))
            if not self.stager.raises.is_users(error):
                raise
            self.stager.raises.refuse_caught(place_of(flow, site), error)
            self.stager.backend.check(False, recorded(self.stager.backend, error))
        finally:
            outcome.effects = self.stager.journal.leave()
        return outcome

    def apply(self, outcome: Outcome) -> None:
        """Makes the merged writes happen."""
        for location, _, value in outcome.effects.values():
            if value is DEAD or location.read() is value:
                continue
            if location.kind == "staged":
                self.stager.journal.note_list(location.target)
            else:
                self.stager.journal.note(location)
            location.write(value)
        outcome.effects = {}
