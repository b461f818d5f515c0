"""What a loop carries to tell whether it goes on, and by which way out it was left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bcgraph.backend import Backend

from ._outcome import Choice, Outcome


class Flag:
    """The flag of one loop: a boolean "goes on" with one way out, else a number.

    The number is 0 while the loop goes on, and 1 + the index of the way out in `exits` then. A
    `counted` loop also ends without a flag, by `exits[0]`, when its items or its test say so.
    """

    def __init__(
        self, backend: Backend, exits: Sequence[int], start: int, *, counted: bool
    ) -> None:
        self.backend, self.exits, self.start, self.counted = backend, tuple(exits), start, counted
        self.single = len(exits) == 1

    def first(self, enters: Any, left: Callable[[], int | Choice]) -> Any:
        """Before the loop, which is entered or `left` at once."""
        value: Any
        if self.counted:
            value = True if self.single else 0
        elif self.single:
            value = enters
        else:
            rest = left()
            number = (
                self.exits.index(rest)
                if isinstance(rest, int)
                else rest.number(self.backend, self.exits)
            )
            value = self.backend.select(enters, 0, number + 1)
        return self._tensor(value)

    def after(self, turn: Outcome) -> Any:
        """After a turn."""
        if turn.raised:
            return self._tensor(False if self.single else 1)
        if isinstance(turn.choice, int):
            goes = turn.choice == self.start
            if self.single:
                return self._tensor(goes)
            return self._tensor(0 if goes else 1 + self.exits.index(turn.choice))
        goes = turn.choice.is_port(self.backend, self.start)
        if self.single:
            return self._tensor(goes)
        return self._tensor(turn.choice.number(self.backend, (self.start, *self.exits)))

    def goes_on(self, flag: Any) -> Any:
        """Whether another turn follows, if there is an item."""
        return flag if self.single else self.backend.equal(flag, 0)

    def end(self, flag: Any) -> int | Choice:
        """By which way the loop has been left."""
        if self.single:
            return self.exits[0]
        if self.counted and len(self.exits) == 2:
            return Choice(self.exits, self.backend.less(flag, 2))
        if self.counted:
            ended = self.backend.equal(flag, 0)
            return Choice(self.exits, self.backend.select(ended, 0, flag - 1))
        if len(self.exits) == 2:
            return Choice(self.exits, self.backend.equal(flag, 1))
        return Choice(self.exits, flag - 1)

    def _tensor(self, value: Any) -> Any:
        return tensor(self.backend, value)


def tensor(backend: Backend, value: Any) -> Any:
    """A Python value as a tensor."""
    spec = backend.spec(value)
    assert spec is not None
    return backend.convert(value, spec)
