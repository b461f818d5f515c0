"""The test of a loop as it is recorded: its flag, its own condition, or the head of its body."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bcgraph.regions import Flow, Head

from ._flag import tensor
from ._iterate import Numbered
from ._outcome import Outcome
from ._state import ImpureTest, Key

if TYPE_CHECKING:
    from ._while import While


class Test:
    """Records a loop's test; `given` is the state that it has been given last.

    `asks`: it is to be seen yet whether what it records may run once more than the program says.
    """

    def __init__(self, recorded: While) -> None:
        self.recorded = recorded
        self.given: dict[Key, Any] = {}
        self.asks = False

    def holds(self, leaves: list[Any]) -> Any:
        conditions = []
        rest = leaves
        if self.recorded.flag is not None:
            conditions.append(self.recorded.flag.goes_on(leaves[0]))
            rest = leaves[1:]
        if self.recorded.leaving.last is not None:
            conditions.append(self.recorded.leaving.stays(rest))
        if self.recorded.counted:
            state = self.given = self.recorded.state.rebuilt(rest)
            if self.recorded.head is not None:
                conditions.append(self._stays(self.recorded.head, state))
            elif self.recorded.iteration is not None:
                conditions.append(self.recorded.iteration.has(state["at",]))
            else:
                assert self.recorded.loop.test is not None
                conditions.append(
                    self._asked(self.recorded.loop.test, self.recorded.loop.enters, state)
                )
        return self.recorded.backend.all_of(conditions)

    def _stays(self, head: Head, state: dict[Key, Any]) -> Any:
        """Whether there is an item, and the head goes on with it."""
        assert isinstance(self.recorded.iteration, Numbered)
        item, has = self.recorded.iteration.at, self.recorded.iteration.has(state["at",])

        def stays() -> Any:
            return self._asked(head.test, head.enters, state, lambda: [item(state["at",])])

        return self.recorded.backend.cond(
            has,
            stays,
            lambda: tensor(self.recorded.backend, False),
            lambda *ways: (lambda: [ways[0]], lambda: [ways[1]]),
        )[0]

    def _asked(
        self,
        test: Flow,
        enters: int,
        state: dict[Key, Any],
        operands: Callable[[], list[Any]] = list,
    ) -> Any:
        """Whether a test leads to where a turn goes on."""
        outcome = self._outcome_of_test(test, state, operands)
        if outcome.raised or isinstance(outcome.choice, int):
            return tensor(self.recorded.backend, not outcome.raised and outcome.choice == enters)
        return outcome.choice.is_port(self.recorded.backend, enters)

    def _outcome_of_test(
        self, test: Flow, state: dict[Key, Any], operands: Callable[[], list[Any]]
    ) -> Outcome:
        found: list[Outcome] = []

        def record() -> None:
            self.recorded.journal.enter()
            try:
                self.recorded.state.write(self.recorded.journal, state)
                env = self.recorded.state.environment(self.recorded.at, state)
                env.operands += operands()
                run = self.recorded.stager.run
                found.append(
                    self.recorded.stager.forks.branch(
                        lambda: run(test, env), test, self.recorded.site
                    )
                )
            finally:
                self.recorded.journal.leave()

        if not self.asks:
            record()
        elif not self.recorded.backend.is_pure(record, kept=True) or found[-1].effects:
            raise ImpureTest
        self.asks = False
        return found[-1]
