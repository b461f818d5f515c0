"""Variables that a loop need not carry as long as no `with` in it suppresses an exception.

After `with tape: loss = f(x)` there is a `loss`, unless the `with` has suppressed what `f` raised:
only then may it be the one of the turn before. While a loop is recorded, it is seen whether a
`with` does that (`Suppressed.count`); the loop is then recorded again, carrying them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bcgraph.dataflow import unsuppressed
from bcgraph.regions import RETURN, Flow, Loop


@dataclass(frozen=True, slots=True)
class Liveness:
    """The variables live at each block of a function, without those `left_out` of its loops."""

    live: tuple[int, ...]
    needed: tuple[int, ...]
    left_out: int = 0

    def at(self, block: int) -> int:
        """The mask at a block's entry."""
        return self.live[block] & ~(self.left_out & ~self.needed[block])


class Suppressed:
    """Counts what has been suppressed, and knows which loops are recorded as if nothing were."""

    def __init__(self) -> None:
        self.count = 0
        self._held: dict[int, Liveness] = {}  # by the graph of the function

    def told(self, result: object) -> object:
        """What has left a `with` because of an exception; true if it has suppressed it."""
        if result is not None and result is not False:
            self.count += 1
        return result

    def around(self, flow: Flow) -> Liveness | None:
        """What the loops around, in the same function, are recorded with."""
        return self._held.get(id(flow.cfg))

    def of(self, loop: Loop) -> Liveness:
        """What an outermost loop is recorded with at first: what its ways out need is carried."""
        body, live = loop.body, loop.body.facts.live
        needed = unsuppressed(body.cfg, body.facts, body.blocks)
        if needed == live:
            return Liveness(live, live)
        after = 0
        for port in loop.ports:
            after |= 0 if port == RETURN else live[port]
        return Liveness(live, needed, live[loop.start] & ~needed[loop.start] & ~after)

    @contextmanager
    def held(self, flow: Flow, liveness: Liveness) -> Iterator[None]:
        """Inside, what the loops of this function are recorded with."""
        before = self._held.get(id(flow.cfg))
        self._held[id(flow.cfg)] = liveness
        try:
            yield
        finally:
            if before is None:
                del self._held[id(flow.cfg)]
            else:
                self._held[id(flow.cfg)] = before
