"""Ways out of a loop that its test finds, so that nothing of them is carried.

Tests of a `while` loop with several ways out may be computed anew from the state: the branch that
the loop is turned at, where each turn ends, and those that a turn begins with before it has changed
anything. They are then conditions of the loop's own test (`Backend.recipe`, `Backend.head`). After
the loop they tell where control is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bcgraph.backend import Recipe, StagedNumber
from bcgraph.instructions import Op
from bcgraph.regions import RETURN, Cond, Flow, Site

from ._nodes import Leaf, Static
from ._outcome import Choice
from ._region import Environment
from ._state import Again

if TYPE_CHECKING:
    from ._while import While


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out to `port`, taken where what `condition` makes is `holds`.

    `first` is the place of its first leaf among what the loop carries.
    """

    condition: Recipe
    holds: bool
    port: int
    first: int

    def made(self, leaves: Sequence[Any]) -> Any:
        """The condition; `leaves`: the loop's flag, which may be None, and its state."""
        return self.condition.made(leaves[self.first :])


class Leaving:
    """The ways out of one loop that its test finds: `last` at the end of a turn, then `heads`."""

    def __init__(self, recorded: While) -> None:
        self.recorded, self.backend = recorded, recorded.backend
        self.last: Exit | None = None
        self.heads: list[Exit] = []
        self.tries_last = self.tries_heads = recorded.iteration is None and (
            recorded.backend.takes_heads()
        )
        self._flows: list[Flow] = []  # that a turn runs in, up to the last head
        self._depth = 0
        self._given: dict[Any, Any] = {}

    @property
    def exits(self) -> list[Exit]:
        """All, in the order in which a program comes to them."""
        return [*([self.last] if self.last is not None else []), *self.heads]

    def begin(self, leaves: list[Any]) -> None:
        """Looks whether what has led to the loop can be its test, of what is before it."""
        self.last, loop, choice = None, self.recorded.loop, self.recorded.choice
        if not self.tries_last or self.recorded.counted or choice.ports != loop.targets:
            return
        if len(set(loop.targets)) != 2 or loop.start not in loop.targets:
            return
        if self.recorded.site.decisions[0] is not loop:  # several conditions decide
            return
        port = next(target for target in loop.targets if target != loop.start)
        if not self._may_leave(port) or not self.is_only(port) or self._asks_numbers():
            return
        nodes, live = self.recorded.nodes, self.recorded.liveness.at(loop.start)
        if self.recorded.liveness.at(port) & loop.body.touched & ~live:
            return  # what only this way out reads is not handed on to the next turn
        lasting = self.recorded.facts.names(live)
        fixed = [
            value
            for name, value in self.recorded.at.variables.items()
            if isinstance(nodes.get(("variable", name), Static(value)), Static)
        ]
        lasts = [False]  # the flag
        for key, node in nodes.items():
            is_it = key[0] == "variable" and key[1] in lasting
            lasts += [is_it for _ in self.recorded.trees.specs(node)]
        leaves = [leaf if one else None for leaf, one in zip(leaves, lasts, strict=True)]
        found = self.backend.recipe(choice.selector, leaves, fixed)
        if found is not None:
            self.last = Exit(found, port == loop.targets[0], port, first=0)

    def _asks_numbers(self) -> bool:
        """Whether the branch reads numbers that Python still knows: it may have folded them."""
        site, cfg = self.recorded.site, self.recorded.loop.body.cfg
        read = {ins.arg for ins in cfg.instructions(cfg.blocks[site.block]) if ins.op is Op.LOAD}
        return any(
            isinstance(node, Leaf)
            and key[1] in read
            and not self.backend.owns(self.recorded.values[key])
            for key, node in self.recorded.nodes.items()
            if key[0] == "variable"
        )

    def begin_turn(self, given: dict[Any, Any]) -> None:
        """Before a turn is recorded of this state."""
        self.heads, self._flows, self._given = [], [self.recorded.loop.body], given
        self._depth = self.recorded.journal.depth

    def end_turn(self, taken: frozenset[int]) -> None:
        """After a turn, which may have left by these ways; raises `Again` if they are not known."""
        if self.last is not None and self.last.port in taken:  # Python has decided
            self.tries_last = False
            raise Again
        if self.heads and self.recorded.state.first_turn:  # which heads leave in front of
            self.tries_heads = False
            raise Again

    def at_end(
        self, flow: Flow, site: Site, decision: Cond, at: Environment, predicate: Any
    ) -> bool:
        """Whether a branch is that which the loop is turned at, and will be a part of its test.

        Raises `Again` if it decides otherwise than before the loop.
        """
        loop = self.recorded.loop
        if self.last is None or decision.targets != loop.targets or decision.arms != (None, None):
            return False
        if flow.cfg is not loop.body.cfg or site.block != self.recorded.site.block:
            return False
        if not self.last.condition.makes(predicate, self._leaves(at)):
            self.tries_last = False
            raise Again
        return True

    def at_head(self, flow: Flow, decision: Cond, at: Environment, predicate: Any) -> int | None:
        """Which way a turn goes on at a branch if the loop's test asks what the branch does.

        None if it does not: something has changed in the turn, or the branch leads elsewhere.
        """
        recorded = self.recorded
        if not self.tries_heads or flow not in self._flows or recorded.state.first_turn:
            return None
        if recorded.journal.depth != self._depth:
            return None
        for which, (arm, port) in enumerate(zip(decision.arms, decision.targets, strict=True)):
            if (
                arm is None
                and flow.leaves(port)
                and self._may_leave(port)
                and self._is_new(at, port)
            ):
                found = self.backend.head(predicate, goes_on=which == 1)
                if found is None:
                    return None
                first = 1 if recorded.flag is None else 0
                self.heads.append(Exit(found, which == 0, port, first))
                following = decision.arms[1 - which]
                self._flows += [] if following is None else [following]
                return 1 - which
        return None

    def is_only(self, port: int) -> bool:
        """Whether nothing in a turn leads to a port but the branch that the loop is turned at."""
        body = self.recorded.loop.body
        before = [b for b in body.cfg.predecessors[port] if body.holds(b)]
        return before == [self.recorded.site.block]

    def _may_leave(self, port: int) -> bool:
        """Whether this way out is one that finds all it needs in the state."""
        recorded = self.recorded
        if port == RETURN or port not in recorded.exits:
            return False
        if recorded.counted and port != recorded.exits[0]:
            return False
        return bool(recorded.loop.body.cfg.blocks[port].depth == recorded.at.base)

    def _is_new(self, at: Environment, port: int) -> bool:
        """Whether a turn has changed nothing yet that a way out sees."""
        recorded = self.recorded
        if recorded.state.locations or not recorded.journal.is_unwritten:
            return False
        names = recorded.facts.names(recorded.liveness.at(port))
        held = (("variable", name) for name in names)
        return all(
            at.variables.get(key[1]) is self._given[key] for key in held if key in self._given
        )

    def _leaves(self, at: Environment) -> list[Any]:
        """What variables hold that the loop carries, as it carries them; None for what else."""
        found: list[Any] = [None]  # the flag
        for key, node in self.recorded.nodes.items():
            value = at.variables.get(key[1]) if key[0] == "variable" else None
            if isinstance(value, StagedNumber):
                value = value.tensor
            if isinstance(node, Leaf):
                spec = self.backend.spec(value) if self.backend.is_staged(value) else None
                is_it = spec is not None and (spec.dtype, spec.shape) == (
                    node.spec.dtype,
                    node.spec.shape,
                )
                found.append(value if is_it else None)
            else:
                found += [None for _ in self.recorded.trees.specs(node)]
        return found

    def stays(self, leaves: Sequence[Any]) -> Any:
        """Whether the loop goes on where it is turned; staged, in its test."""
        assert self.last is not None
        made = self.last.made([None, *leaves])
        return self.backend.logical_not(made) if self.last.holds else made

    def end(self, leaves: Sequence[Any], went_on: Any, left: int | Choice) -> int | Choice:
        """Where control is: by one of these exits if the last turn `went_on`, else `left`.

        `leaves` are the flag, which may be None, and the state after the loop.
        """
        found = {exit.port for exit in self.exits}
        if went_on is not True:
            found |= {left} if isinstance(left, int) else set(left.ports)
        *some, rest = self.exits
        ports = tuple(sorted(found))
        if len(ports) == 1:
            return ports[0]
        taken = [(self._taken(one, leaves), one.port) for one in some]
        if len(ports) == 2:
            is_first: Any = rest.port == ports[0]
            for condition, port in reversed(taken):
                is_first = self._chosen(condition, port == ports[0], is_first)
            if went_on is not True:
                alone = isinstance(left, int)
                was = left == ports[0] if alone else left.is_port(self.backend, ports[0])
                is_first = self._chosen(went_on, is_first, was)
            return Choice(ports, is_first)
        at: Any = rest.port
        for condition, port in reversed(taken):
            at = self.backend.select(condition, port, at)
        if went_on is not True:
            other = left if isinstance(left, int) else left.port(self.backend)
            at = self.backend.select(went_on, at, other)
        return Choice(ports, at)

    def _taken(self, exit: Exit, leaves: Sequence[Any]) -> Any:
        made = exit.made(leaves)
        return made if exit.holds else self.backend.logical_not(made)

    def _chosen(self, condition: Any, one: Any, other: Any) -> Any:
        """One of two booleans, each staged or known."""
        if one is other:
            return one
        if other is False:
            return self._both(condition, one)
        if one is False:
            return self._both(self._not(condition), other)
        if one is True or other is True:
            return self._not(self._chosen(condition, self._not(one), self._not(other)))
        first, second = self._both(condition, one), self._both(self._not(condition), other)
        return self._not(self._both(self._not(first), self._not(second)))

    def _both(self, one: Any, other: Any) -> Any:
        return one if other is True else self.backend.all_of([one, other])

    def _not(self, value: Any) -> Any:
        return not value if isinstance(value, bool) else self.backend.logical_not(value)
