"""Staging on a backend that records a graph: both ways of a condition, one turn of a loop."""

from __future__ import annotations

import copy
import operator
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from bcgraph.backend import Backend, StagedNumber
from bcgraph.errors import (
    AmbiguousTruth,
    BcgraphError,
    Disagreement,
    EndlessRecursion,
    Note,
    UnsupportedEffect,
    UnsupportedRegion,
)
from bcgraph.instructions import Op
from bcgraph.regions import RETURN, Cond, Flow, Head, Loop, Site, apart, plan

from ._evidence import Ways, place_of
from ._iterate import Numbered, StagedIteration
from ._journal import Journal
from ._lists import StagedList, forward, is_staged
from ._optional import PerhapsNone
from ._outcome import Choice, Merge, Outcome
from ._raises import Raises, Unreachable, recorded
from ._region import Environment, branch_kind, decided, resumed, run
from ._staged import note_turns
from ._suppressed import Suppressed
from ._trees import Trees
from ._turns import MOST, Turns
from ._undone import Effects
from ._values import DEAD, Iteration, Replay
from ._while import ImpureTest, While
from ._with import leave_together

_RANGE = type(iter(range(0)))
_LONG = 16
_MOST_APART = 64  # sites in one, of which the rest of the function is recorded for each way
_DEEPEST = 100  # calls of a function by itself, each of them under a tensor's condition


@dataclass(frozen=True, slots=True)
class Fork:
    """Where control parts at a site: a staged predicate, and what records each way."""

    site: Site
    flow: Flow
    predicate: Any
    true: Callable[[], Outcome]
    false: Callable[[], Outcome]
    decision: Cond | None = None  # the program's own, which the predicate decides


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
        self.turns = 1  # how many of loops around are recorded one by one, multiplied
        self._nested = False
        self._depths: Counter[tuple[Flow, int]] = Counter()
        self.refusal: BcgraphError | None = None  # the first of the recorded call
        self.disagreement: BcgraphError | None = None  # the last one of two ways
        self.followed: tuple[BcgraphError, Site] | None = None  # after a part of which it came
        self._apart = 0  # how many sites in one have been recorded with their ways apart
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
            self._apart = 0
            self.known_loops.clear()
            self.journal.forget()

    @staticmethod
    def repeatable(at: Environment) -> Environment:
        """A copy of a state, which can be gone on with after the state itself was."""
        at.operands = [v if _is_long(v) else _replayed(v) for v in at.operands]
        copied = at.copy()
        copied.operands = [copy.copy(v) if _is_long(v) else v for v in at.operands]
        return copied

    def stage_apart(
        self, error: Disagreement, flow: Flow, site: Site, at: Callable[[Site], Environment]
    ) -> tuple[int | None, Any]:
        """Stages a site, in which ways did not agree, with both going on to where the flow is left.

        `at` gives the state in front of it. Raises the error if that can't be done.
        """
        parted = apart(flow, site) if self.disagreement is error else None
        if parted is None or self._apart == _MOST_APART:
            raise error
        self._apart += 1
        begun = self.followed == (error, site)
        try:
            state = at(parted)
            if begun and not self._is_repeatable(flow, site, state.copy()):
                raise error
            return self.stage(flow, parted, state)
        except Disagreement:
            self.disagreement = error
            raise error from None

    @contextmanager
    def _following(self, site: Site) -> Iterator[None]:
        """Inside, a part of a site has been recorded where the site lies."""
        try:
            yield
        except Disagreement as error:
            self.followed = error, site
            raise

    def _is_repeatable(self, flow: Flow, site: Site, at: Environment) -> bool:
        """Whether a site's first decision may be recorded again, and run twice."""
        effects: list[Effects] = []

        def attempt() -> None:
            self.journal.enter()
            try:
                self._first(flow, site, site.decisions[0], at)
            finally:
                effects.append(self.journal.leave())

        return self.backend.is_pure(attempt) and not any(effects)

    def _called(self, flow: Flow, site: Site, at: Environment) -> tuple[int | None, Any]:
        """Stages a site of a function that a staged one calls, perhaps itself."""
        place = flow, site.block
        self._depths[place] += 1
        try:
            if self._depths[place] > _DEEPEST:
                raise EndlessRecursion(
                    f"a function has called itself {_DEEPEST} times under conditions of tensors",
                    place=place_of(flow, site),
                )
            return self._stage(flow, site, at)
        finally:
            self._depths[place] -= 1
            if not self._depths[place]:
                del self._depths[place]

    def _stage(self, flow: Flow, site: Site, at: Environment) -> tuple[int | None, Any]:
        steps = iter(site.decisions)
        first = next(steps)
        outcome = self._with_its_turn(flow, site, at) or self._first(flow, site, first, at)
        with self._following(site):
            while not isinstance(outcome.choice, int):
                decision = next(steps, None)
                if decision is None:
                    return None, outcome
                outcome = self._next(flow, site, decision, at, outcome)
        at.variables = outcome.variables
        at.operands = outcome.operands[outcome.choice]
        return resumed(flow, site, outcome.choice, at)

    def _with_its_turn(self, flow: Flow, site: Site, at: Environment) -> Outcome | None:
        """Stages a `for` from the turn on that has come to its head, where a site is that.

        So the first turn is recorded together with the others. None if that cannot be done.
        """
        if site.turn is None or len(at.operands) < 2 or not _is_long(at.operands[-2]):
            return None
        loop, refusal = site.turn.decisions[0], self.refusal
        assert isinstance(loop, Loop)
        again = at.copy()
        iteration = self.walked(_turn_back(at.operands[-2]))
        assert isinstance(iteration, Numbered)
        again.operands[-2:] = [iteration]
        begun = iteration.begin()
        ways = dict.fromkeys(loop.targets, again.operands)
        choice = Choice(loop.targets, True)  # there is an item: that of this turn
        try:
            return self._loop(
                flow, site.turn, loop, again, choice, ways, iteration, begun, head=loop.head
            )
        except (ImpureTest, BcgraphError):
            self.refusal = refusal
            return None

    def _first(self, flow: Flow, site: Site, decision: Cond | Loop, at: Environment) -> Outcome:
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
                return self._over(flow, site, decision, at, predicate, iteration, begun)
            try:
                return self._from(flow, site, decision, at, predicate)
            except ImpureTest:
                again = plan(flow, site.block, repeatable=False, tested=False).decisions[0]
                if not isinstance(again, Loop):
                    raise UnsupportedRegion(
                        "a loop's test is made of several conditions, and changes something",
                        place=place_of(flow, site),
                        mend="change it in the loop's body, or test in one condition",
                    ) from None
                return self._from(flow, site, again, at, predicate, repeatable=False)

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
                    with self._following(site):
                        return way(other, alone=True)()
        if decision.arms == (None, None):
            if decision.targets[0] == decision.targets[1]:
                port = decision.targets[0]
                return Outcome(port, at.variables, {port: at.operands})
            operands = dict.fromkeys(decision.targets, at.operands)
            return Outcome(Choice(decision.targets, predicate), at.variables, operands)
        return self._cond(Fork(site, flow, predicate, way(0), way(1), decision), at)

    def _next(
        self, flow: Flow, site: Site, decision: Cond | Loop, at: Environment, outcome: Outcome
    ) -> Outcome:
        """Switches on where the decision before has left control."""
        choice = outcome.choice
        assert isinstance(choice, Choice)
        if isinstance(decision, Loop):
            at.variables = outcome.variables
            return self._loop(flow, site, decision, at, choice, outcome.operands)

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
            return self._cond(
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
                return value.there if inner else self.backend.predicate(False)
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

    def _cond(self, fork: Fork, at: Environment) -> Outcome:
        """Records a fork; a long `range` that the ways go on with is a staged iteration first."""
        native, refusal = at.operands, self.refusal
        if any(map(_is_long, native)):
            at.operands = [self.walked(v) if _is_long(v) else _replayed(v) for v in native]
            try:
                return self._fork(fork, at)
            except BcgraphError:
                if max(map(operator.length_hint, filter(_is_long, native))) > MOST:
                    raise
                self.refusal = refusal
        at.operands = [_replayed(value) for value in native]
        return self._fork(fork, at)

    def _fork(self, fork: Fork, at: Environment) -> Outcome:
        site, flow = fork.site, fork.flow
        merges: list[Merge] = []
        ways = Ways(flow, site, fork.decision)
        since = self.journal.entered
        before = frozenset(id(v) for v in (*at.variables.values(), *at.operands) if v is not DEAD)

        def agree(
            first: Outcome, second: Outcome
        ) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]]]:
            try:
                merge = Merge(self.trees, (first, second), self._live(flow), ways, before, since)
            except BcgraphError as error:
                error.place = error.place or ways.place
                self.disagreement = error
                raise
            merges.append(merge)
            return lambda: merge.flat(first), lambda: merge.flat(second)

        leaves = self.backend.cond(
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
        facts, held = flow.facts, self.suppressed.around(flow)

        def names(port: int) -> frozenset[str]:
            if port == RETURN:
                return frozenset()
            return frozenset(facts.names(facts.live[port] if held is None else held.at(port)))

        return names

    def branch(self, record: Callable[[], Outcome], flow: Flow, site: Site) -> Outcome:
        """Records one branch: its writes are undone and become part of its outcome."""
        self.journal.enter()
        outcome = Outcome(RETURN, {}, {}, raised=True)
        try:
            outcome = record()
        except Unreachable:
            pass
        except Exception as error:
            if isinstance(error, UnsupportedEffect):
                error.note(Note(place_of(flow, site), "a tensor decides here"))
            if not self.raises.is_users(error):
                raise
            self.raises.refuse_caught(place_of(flow, site), error)
            self.backend.check(False, recorded(self.backend, error))
        finally:
            outcome.effects = self.journal.leave()
        return outcome

    def apply(self, outcome: Outcome) -> None:
        """Makes the merged writes happen."""
        for location, _, value in outcome.effects.values():
            if value is DEAD or location.read() is value:
                continue
            if location.kind == "staged":
                self.journal.note_list(location.target)
            else:
                self.journal.note(location)
            location.write(value)
        outcome.effects = {}

    def _from(
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
        return self._loop(flow, site, loop, at, choice, ways, repeatable=repeatable)

    def _over(
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
        choice, refusal = Choice(loop.targets, predicate), self.refusal
        if loop.head is not None and isinstance(iteration, Numbered):
            try:
                return self._loop(
                    flow, site, loop, at.copy(), choice, ways, iteration, begun, head=loop.head
                )
            except ImpureTest:
                self.refusal = refusal
        try:
            return self._loop(flow, site, loop, at, choice, ways, iteration, begun)
        except Exception as error:
            iteration.end(begun)
            turns = Turns(self, flow, site, loop, iteration)
            if turns.count is None or not turns.are_wanted(error):
                raise
            self.refusal, count = refusal, turns.count
            because = getattr(error, "message", str(error)).partition("\n")[0]
        outcome = turns.record(at)
        note_turns(flow, site, count, because)
        return outcome

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
        return self._cond(Fork(site, flow, predicate, true, false), at)

    def _loop(
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
        recorded = While(self, flow, site, loop, at, choice, operands, iteration, begun, head)
        outcome = recorded.record(repeatable=repeatable)
        self.apply(outcome)
        return outcome if head is None else recorded.left_at_head(outcome)


class deep_recursion:
    """Lets nested recording go as deep as the program's nesting needs."""

    def __enter__(self) -> None:
        self._before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self._before, 20_000))

    def __exit__(self, *_: object) -> None:
        sys.setrecursionlimit(self._before)


def decides(backend: Backend, flow: Flow, site: Site, value: Any) -> bool:
    """Whether it is for the running graph to say which way a value takes at a branch."""
    if branch_kind(flow, site) == "none":
        return isinstance(value, PerhapsNone)
    return is_staged(backend, value)


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


def _is_long(value: Any) -> bool:
    """Whether an iterator walks a `range` too long to record each turn in the one before."""
    return type(value) is _RANGE and operator.length_hint(value) > _LONG


def _turn_back(numbers: Any) -> Iterator[int]:
    """An iterator over a `range` as it was in front of the number that it has given last."""
    left, ahead = operator.length_hint(numbers), copy.copy(numbers)
    start = next(ahead)
    step = next(ahead) - start
    return iter(range(start - step, start + left * step, step))


def _replayed(value: Any) -> Any:
    if isinstance(value, Iterator) and not isinstance(value, Iteration | Replay):
        return Replay(value)
    return value
