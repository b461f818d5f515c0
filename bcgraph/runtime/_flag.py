"""What a loop carries to tell whether it goes on, and by which way out it was left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bcgraph.backend import Backend

from ._outcome import Choice, Outcome


class Flag:
    """The flag of one loop: a boolean "goes on" if a turn has one way out, else a port.

    The port is `start` while the loop goes on, and the way out then. A `counted` loop also ends
    without a flag, by `exits[0]`, when its items or its test say so; its turns leave it by `left`.
    """

    def __init__(
        self,
        backend: Backend,
        exits: Sequence[int],
        start: int,
        left: Sequence[int],
        *,
        counted: bool,
    ) -> None:
        self.backend, self.exits, self.start, self.counted = backend, tuple(exits), start, counted
        self.left = tuple(left) if counted else self.exits
        self.single = len(self.left) == 1

    def first(self, enters: Callable[[], Any], left: Callable[[], int | Choice]) -> Any:
        """Before the loop, which is entered or `left` at once."""
        value: Any
        if self.counted:
            value = True if self.single else self.start
        elif self.single:
            value = enters()
        else:
            rest = left()
            port = rest if isinstance(rest, int) else rest.port(self.backend)
            value = self.backend.select(enters(), self.start, port)
        return self._tensor(value)

    def after(self, turn: Outcome, before: Any) -> Any:
        """After a turn; what it was `before` if the loop goes on."""
        if turn.raised:
            return self._tensor(False if self.single else self.left[0])
        if turn.choice == self.start:
            return before
        if isinstance(turn.choice, int):
            return self._tensor(False if self.single else turn.choice)
        if self.single:
            return self._tensor(turn.choice.is_port(self.backend, self.start))
        return self._tensor(turn.choice.port(self.backend))

    def goes_on(self, flag: Any) -> Any:
        """Whether another turn follows, if there is an item."""
        return flag if self.single else self.backend.equal(flag, self.start)

    def end(self, flag: Any) -> int | Choice:
        """By which way the loop has been left."""
        if len(self.exits) == 1:
            return self.exits[0]
        if self.single:
            return Choice((self.exits[0], self.left[0]), flag)
        if self.counted:
            ended = self.backend.equal(flag, self.start)
            flag = self.backend.select(ended, self.exits[0], flag)
        if len(self.exits) == 2:
            return Choice(self.exits, self.backend.equal(flag, self.exits[0]))
        return Choice(self.exits, flag)

    def way_out(self, flag: Any) -> int | Choice:
        """By which way the last turn has left the loop, if it has."""
        if self.single:
            return self.left[0]
        if len(self.left) == 2:
            return Choice(self.left, self.backend.equal(flag, self.left[0]))
        return Choice(self.left, flag)

    def _tensor(self, value: Any) -> Any:
        return tensor(self.backend, value)


def tensor(backend: Backend, value: Any) -> Any:
    """A Python value as a tensor."""
    spec = backend.spec(value)
    assert spec is not None
    return backend.convert(value, spec)
