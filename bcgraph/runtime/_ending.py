"""Where control is after a loop, and what it finds there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bcgraph.backend import StagedNumber, number_of
from bcgraph.regions import RETURN

from ._iterate import Numbered
from ._outcome import Choice, Outcome
from ._state import ImpureTest, Key
from ._values import DEAD, UNDEFINED, Maybe

if TYPE_CHECKING:
    from ._while import While


class Ending:
    """The end of a loop; `at_head`: variables as they are where it is left at its head."""

    def __init__(self, recorded: While) -> None:
        self.recorded = recorded
        self.at_head: dict[str, Any] = {}

    def after(self, leaves: list[Any]) -> Outcome:
        """The state after the loop, and where control is."""
        end = self._end(leaves)
        if self.recorded.flag is not None:
            del leaves[0]
        state = self.recorded.state.rebuilt(leaves)
        self.recorded.carried.told(self.recorded.nodes, state)
        variables = dict(self.recorded.at.variables)
        operands: dict[int, list[Any]] = {port: [] for port in self.recorded.exits}
        effects = {}
        cfg, base = self.recorded.loop.body.cfg, self.recorded.at.base
        for key, value in state.items():
            if key in self.recorded.state.first_turn:
                value = self._after_a_turn(key, value, state)
            match key:
                case ("variable", name):
                    variables[name] = value
                case ("effect", identity):
                    effects[identity] = (self.recorded.state.locations[key], DEAD, value)
                case ("at",):
                    assert self.recorded.iteration is not None
                    self.recorded.iteration.end(value)
        for _, port, i in sorted(key for key in state if key[0] == "left"):
            operands[port].append(state["left", port, i])
        for port in self.recorded.exits:
            depth = 1 if port == RETURN else cfg.blocks[port].depth - base
            if len(operands[port]) < depth:
                below = [state["operand", i] for i in range(len(self.recorded.entered))]
                operands[port] = below[:depth]
        return Outcome(
            self._possible(end),
            variables,
            operands,
            effects,
        )

    def _end(self, leaves: list[Any]) -> int | Choice:
        """By which way the loop has been left."""
        flag, leaving = self.recorded.flag, self.recorded.leaving
        if not leaving.exits or self.recorded.counted:
            return self.recorded.exits[0] if flag is None else flag.end(leaves[0])
        if flag is None:
            return leaving.end([None, *leaves], True, leaving.exits[-1].port)
        return leaving.end(leaves, flag.goes_on(leaves[0]), flag.way_out(leaves[0]))

    def _after_a_turn(self, key: Key, value: Any, state: dict[Key, Any]) -> Any:
        """A value that there is after a turn only."""
        reason = self.recorded.widening.reason("it has a value after a turn only")
        if self.recorded.head is not None:  # whose `leaves` may be taken in front of the first turn
            if key[0] != "variable":
                raise ImpureTest
            there = self.recorded.backend.less(self.recorded.begun, state["at",])
            self.at_head[key[1]] = Maybe(value, there, reason)
        if self.recorded.enters is True:
            return value
        self.recorded.widening.refuse_unset(key)
        return Maybe(value, self.recorded.enters, reason)

    def left_at_head(self, ended: Outcome) -> Outcome:
        """Where control is after the loop: it may have been left by its head."""
        head, iteration = self.recorded.head, self.recorded.iteration
        assert head is not None
        assert isinstance(iteration, Numbered)
        stands, port = iteration.index, self.recorded.exits[0]
        there = self.recorded.backend.predicate(iteration.has(stands))
        variables = {**ended.variables, **self.at_head}
        operands = {head.leaves: ended.operands[head.leaves], port: ended.operands[port]}
        alive = self.recorded.facts.names(self.recorded.liveness.at(port))
        for name in self.recorded.last_items:
            if name in alive:
                ended.variables[name] = iteration.at(stands - 1)

        if iteration.is_private and not self.at_head:
            copied = self._item_or(there, iteration.at(stands), ended.variables)
            if copied is not None:
                choice = Choice((head.leaves, port), there)
                return Outcome(choice, {**variables, **copied}, operands)

        def left() -> Outcome:
            item = iteration.item(stands)
            held = {**variables, **dict.fromkeys(head.copies, item)}
            return Outcome(head.leaves, held, operands)

        at = self.recorded.at.copy()
        at.variables = ended.variables
        return self.recorded.stager.fork(
            self.recorded.flow,
            self.recorded.site,
            there,
            left,
            lambda: Outcome(port, ended.variables, operands),
            at,
        )

    def _item_or(self, there: Any, item: Any, ended: dict[str, Any]) -> dict[str, Any] | None:
        """The copies of an item where it is `there`; None if that takes more than a selection.

        `item` is a number that may be computed although it is not.
        """
        assert self.recorded.head is not None
        backend = self.recorded.backend
        alive = self.recorded.facts.names(self.recorded.liveness.at(self.recorded.exits[0]))
        found: dict[str, Any] = {}
        for name in self.recorded.head.copies:
            found[name] = item
            if name in alive:
                other = ended.get(name, UNDEFINED)
                if not isinstance(other, StagedNumber) or backend.spec(other) != backend.spec(item):
                    return None
                found[name] = number_of(backend, backend.select(there, item, other))
        return found

    def _possible(self, end: int | Choice) -> int | Choice:
        """Where control may be: Python has decided against the other ways out while recording."""
        stays = self.recorded.loop.targets[self.recorded.loop.stays]
        ports = {*self.recorded.taken, *(p for p in self.recorded.choice.ports if p != stays)}
        ports |= {exit.port for exit in self.recorded.leaving.exits}
        if self.recorded.counted:
            ports.add(self.recorded.exits[0])
        for port in self.recorded.exits:
            if port not in ports and isinstance(end, Choice):
                end = end.without(self.recorded.backend, port)
        return end
