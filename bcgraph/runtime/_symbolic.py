"""Staging on a backend that records a graph: both ways of a condition, one turn of a loop."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from bcgraph.backend import Backend, StagedNumber
from bcgraph.errors import AmbiguousTruth, BcgraphError, UnsupportedRegion
from bcgraph.instructions import Op
from bcgraph.regions import Cond, Flow, Loop, Site, plan

from ._apart import Apart
from ._evidence import place_of
from ._forks import Fork, Forks
from ._iterate import StagedIteration
from ._journal import Journal
from ._known import Known
from ._leaving import Leaving
from ._lists import StagedList, forward, is_staged
from ._looped import Loops
from ._optional import PerhapsNone
from ._outcome import Choice, Outcome
from ._raises import Raises
from ._recursion import Depths, deep_recursion
from ._region import Environment, branch_kind, decided, resumed, run
from ._state import ImpureTest
from ._suppressed import Suppressed
from ._trees import Trees
from ._values import Iteration, Replay
from ._with import leave_together


class Stager:
    """Records sites in a backend's graph.

    `coded` gives a flow's code; `is_made` tells whether a code object is rewritten user code;
    `walked` makes a staged iteration of an iterator over a long `range`.
    """

    def __init__(
        self,
        backend: Backend,
        coded: Callable[[Flow], CodeType],
        is_made: Callable[[CodeType], bool],
        walked: Callable[[Any], Iteration],
    ) -> None:
        self.backend, self.coded, self.walked = backend, coded, walked
        self.journal = Journal()
        self.trees = Trees(backend, self.journal)
        self.raises = Raises(backend, self.journal, is_made)
        self.known_loops: dict[Any, Any] = {}  # state types that loops of this recording settled at
        self.suppressed = Suppressed()
        self.leaving: Leaving | None = None  # of the loop whose turn is being recorded
        self.turns = 1  # how many of loops around are recorded one by one, multiplied
        self._nested = False
        self._depths = Depths()
        self.refusal: BcgraphError | None = None  # the first of the recorded call
        self.apart, self.forks, self.loops = Apart(self), Forks(self), Loops(self)
        backend.adopt(StagedList)
        backend.adopt(StagedNumber)
        backend.adopt(PerhapsNone)

    def stage(self, flow: Flow, site: Site, at: Environment) -> tuple[int | None, Any]:
        """Stages a site from the state `at` (the predicate or iterator on top)."""
        if self._nested:
            return self._stage(flow, site, at) if flow.ports else self._called(flow, site, at)
        self._nested = True
        try:
            with deep_recursion():
                return self._stage(flow, site, at)
        finally:
            self._nested = False
            self.apart.count = 0
            self.known_loops.clear()
            self.journal.forget()

    def _called(self, flow: Flow, site: Site, at: Environment) -> tuple[int | None, Any]:
        """Stages a site of a function that a staged one calls, perhaps itself."""
        with self._depths.called(flow, site):
            return self._stage(flow, site, at)

    def _stage(self, flow: Flow, site: Site, at: Environment) -> tuple[int | None, Any]:
        turned = self.loops.with_turn(flow, site, at)
        if turned is not None and site.turn is not None:
            outcome, steps = turned, iter(site.turn.decisions[1:])
        else:
            outcome = self.first(flow, site, site.decisions[0], at)
            steps = iter(site.decisions[1:])
        with self.apart.following(site):
            while not isinstance(outcome.choice, int):
                decision = next(steps, None)
                if decision is None:
                    return None, outcome
                outcome = self._next(flow, site, decision, at, outcome)
        at.variables = outcome.variables
        at.operands = outcome.operands[outcome.choice]
        return resumed(flow, site, outcome.choice, at)

    def first(self, flow: Flow, site: Site, decision: Cond | Loop, at: Environment) -> Outcome:
        iteration: StagedIteration | None = None
        predicate: Any
        tested: Any = None
        begun: Any = None
        if flow.cfg.blocks[site.block].terminator is Op.FOR:
            iteration = at.operands[-1]
            assert isinstance(iteration, StagedIteration)
            begun = iteration.begin()
            predicate = self.backend.predicate(iteration.has(begun))
        elif decides(self.backend, flow, site, at.operands[-1]):
            tested = at.operands.pop()
            predicate = self._predicate(tested, flow, site)
        else:  # a region's branches all come here
            assert isinstance(decision, Cond)
            which = 0 if decided(flow, site, at.operands.pop()) else 1
            return self._run(decision, which, at.variables, at.operands, at)
        if isinstance(decision, Loop):
            if iteration is not None:
                return self.loops.over(flow, site, decision, at, predicate, iteration, begun)
            try:
                return self.loops.from_predicate(flow, site, decision, at, predicate)
            except ImpureTest:
                again = plan(flow, site.block, repeatable=False, tested=False).decisions[0]
                if not isinstance(again, Loop):
                    raise UnsupportedRegion(
                        "a loop's test is made of several conditions, and changes something",
                        place=place_of(flow, site),
                        mend="change it in the loop's body, or test in one condition",
                    ) from None
                return self.loops.from_predicate(flow, site, again, at, predicate, repeatable=False)

        if self.leaving is not None and tested is not None:
            if self.leaving.at_end(flow, site, decision, at, predicate):
                port = self.leaving.recorded.loop.start
                return Outcome(port, at.variables, {port: at.operands})
            which = self.leaving.at_head(flow, decision, at, predicate)
            if which is not None:
                return self._run(decision, which, at.variables, at.operands, at)

        known = None  # what is known, on each way, of a value that may be None
        if branch_kind(flow, site) == "none" and isinstance(tested, PerhapsNone):
            known = Known(tested, at.variables)

        def way(which: int, *, alone: bool = False) -> Callable[[], Outcome]:
            def record() -> Outcome:
                if known is not None:
                    variables = known.narrowed(which)
                    outcome = self._run(decision, which, variables, at.operands, at)
                    return outcome if alone else known.restored(outcome, which)
                if iteration is None:
                    return self._run(decision, which, at.variables, at.operands, at)
                if which == 0:
                    operands = [*at.operands, iteration.item(begun)]
                    return self._run(decision, which, at.variables, operands, at)
                return self._run(decision, which, at.variables, at.operands[:-1], at)

            return record

        for which, other in ((0, 1), (1, 0)):
            arm = decision.arms[which]
            if arm is not None and arm.only_raises and iteration is None:
                holds = predicate if which == 1 else self.backend.logical_not(predicate)
                if self.raises.check(place_of(flow, site), holds, way(which)):
                    with self.apart.following(site):
                        return way(other, alone=True)()
        if decision.arms == (None, None):
            if decision.targets[0] == decision.targets[1]:
                port = decision.targets[0]
                return Outcome(port, at.variables, {port: at.operands})
            operands = dict.fromkeys(decision.targets, at.operands)
            return Outcome(Choice(decision.targets, predicate), at.variables, operands)
        return self.forks.record(Fork(site, flow, predicate, way(0), way(1), decision), at)

    def _next(
        self, flow: Flow, site: Site, decision: Cond | Loop, at: Environment, outcome: Outcome
    ) -> Outcome:
        """Switches on where the decision before has left control."""
        choice = outcome.choice
        assert isinstance(choice, Choice)
        if isinstance(decision, Loop):
            at.variables = outcome.variables
            return self.loops.record(flow, site, decision, at, choice, outcome.operands)

        outcome.operands = {port: list(held) for port, held in outcome.operands.items()}
        leave_together(flow, outcome, at.base)

        def way(port: int) -> Outcome:
            which = decision.targets.index(port)
            return self._run(decision, which, outcome.variables, outcome.operands[port], at)

        def switch(left: int | Choice) -> Outcome:
            if isinstance(left, int):
                return way(left)
            port = left.ports[0]
            predicate = left.is_port(self.backend, port)
            rest = left.without(self.backend, port)
            return self.forks.record(
                Fork(site, flow, predicate, lambda: way(port), lambda: switch(rest)), at
            )

        return switch(choice)

    def _predicate(self, value: Any, flow: Flow, site: Site) -> Any:
        value = forward(value)
        if isinstance(value, PerhapsNone):
            if branch_kind(flow, site) == "none":
                return self.backend.logical_not(value.there)
            inner = value.value
            if not is_staged(self.backend, inner):
                return self.backend.predicate(value.there if inner else False)
            return self.backend.all_of([value.there, self._predicate(inner, flow, site)])
        if isinstance(value, StagedList):
            value = self.backend.less(0, value.length())
        try:
            return self.backend.predicate(value)
        except ValueError as error:
            raise AmbiguousTruth(
                f"a condition has other than one element: {error}", place=place_of(flow, site)
            ) from None

    def _run(
        self,
        decision: Cond,
        which: int,
        variables: dict[str, Any],
        operands: list[Any],
        at: Environment,
    ) -> Outcome:
        """Runs one arm from a state."""
        arm, port = decision.arms[which], decision.targets[which]
        env = at.copy()
        env.variables, env.operands = dict(variables), list(operands)
        if arm is None:
            return Outcome(port, env.variables, {port: env.operands})
        return self.run(arm, env)

    def run(self, flow: Flow, env: Environment) -> Outcome:
        """Runs a flow's function; native iterators can be run through again by another branch."""
        env.operands = [v.again() if isinstance(v, Replay) else v for v in env.operands]
        left = run(flow, self.coded(flow), env)
        if isinstance(left, int):
            return Outcome(left, env.variables, {left: env.operands})
        assert isinstance(left, Outcome)
        below = env.operands[: flow.base - env.base]
        operands = {port: [*below, *found] for port, found in left.operands.items()}
        return Outcome(left.choice, {**env.variables, **left.variables}, operands)

    def fork(
        self,
        flow: Flow,
        site: Site,
        predicate: Any,
        true: Callable[[], Outcome],
        false: Callable[[], Outcome],
        at: Environment,
    ) -> Outcome:
        """Records a condition at a site."""
        return self.forks.record(Fork(site, flow, predicate, true, false), at)


def decides(backend: Backend, flow: Flow, site: Site, value: Any) -> bool:
    """Whether it is for the running graph to say which way a value takes at a branch."""
    if branch_kind(flow, site) == "none":
        return isinstance(value, PerhapsNone)
    return is_staged(backend, value)
