"""Recording one loop: its test, its body until the state's types hold, how it ends."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bcgraph.backend import Added
from bcgraph.errors import Note, UnstableLoop
from bcgraph.regions import RETURN, Flow, Head, Loop, Site

from ._carried import Carried
from ._ending import Ending
from ._evidence import Ways
from ._flag import Flag
from ._iterate import Numbered, StagedIteration
from ._leaving import Leaving
from ._lists import ElementWidened
from ._nodes import Elements, Static, is_free, shape_of
from ._outcome import Choice, Outcome
from ._reachable import Reachable
from ._region import Environment
from ._state import Again, Key, State, found_specs
from ._test import Test
from ._undone import Undone
from ._values import DEAD, UNDEFINED
from ._widening import Widening
from ._written import Written

if TYPE_CHECKING:
    from ._symbolic import Stager

_ATTEMPTS = 40


class _Suppresses(Exception):
    """A `with` in the body has suppressed an exception."""


class While:
    """Records a `Loop` decision.

    `flow` holds the site. `choice` says whether the loop is entered (at the port
    `targets[stays]`), `operands` what lies on the stack at each of its ports. A `head` is evaluated
    as part of the loop's test, and not in the body.
    """

    def __init__(
        self,
        stager: Stager,
        flow: Flow,
        site: Site,
        loop: Loop,
        at: Environment,
        choice: Choice,
        operands: dict[int, list[Any]],
        iteration: StagedIteration | None,
        begun: Any,
        head: Head | None = None,
    ) -> None:
        self.stager, self.loop, self.at, self.choice = stager, loop, at, choice
        self.backend, self.trees, self.journal = stager.backend, stager.trees, stager.journal
        self.flow, self.site, self.iteration, self.begun = flow, site, iteration, begun
        self.head = head
        self.ways = Ways(flow, site, loop)
        body, cfg = loop.body, loop.body.cfg
        self.facts = body.facts
        base = at.base
        if loop.over:
            entered = list(at.operands)
        else:
            entered = operands[loop.targets[loop.stays]]
            entered = entered[: cfg.blocks[loop.start].depth - base]
        self.entered = entered
        self.outside = operands
        self.counted = loop.over or loop.test is not None
        self.exits = loop.ports
        self.flag: Flag | None = None
        held = Reachable(at.variables, self.entered, at.cells, at.first, list(at.globals.values()))
        self.state = State(stager.trees)
        self.nodes, self.values = self.state.nodes, self.state.values
        self.widening = Widening(self.state, self.ways)
        self.written = Written(self.state, held)
        self.carried = Carried(
            self.trees.aliases,
            self.values,
            held,
            Note(self.ways.place, "this loop carries it"),
        )
        self.taken: frozenset[int] = frozenset()  # the ways out that the body has shown last
        self.given: dict[Key, Any] = {}  # the state that the body has been given last
        self.test, self.ending, self.leaving = Test(self), Ending(self), Leaving(self)
        self.last_items: tuple[str, ...] = ()  # variables that hold the last turn's, as is known
        if head is not None and isinstance(iteration, Numbered) and iteration.is_private:
            changed = () if head.rest is None else self.facts.names(head.rest.written)
            if self.enters is True:
                self.last_items = tuple(name for name in head.copies if name not in changed)
        around = stager.suppressed.around(body)
        self.outermost = around is None
        self.liveness = around or stager.suppressed.of(loop)
        self._begin()

    def _begin(self) -> None:
        """The state before the first turn, and its first guess at types."""
        body, facts = self.loop.body, self.facts
        leaving = [p for p in (*self.exits, self.loop.start) if p != RETURN]
        live = 0
        for port in leaving:
            live |= self.liveness.at(port)
        for name in facts.names(body.touched & live):
            if name in self.last_items:
                continue
            key = ("variable", name)
            value = self.values[key] = self.at.variables.get(name, UNDEFINED)
            written = name in facts.names(body.written)
            self.nodes[key] = self.trees.describe(value, numbers=True) if written else Static(value)
        for i, value in enumerate(self.entered):
            self.values["operand", i] = value
            self.nodes["operand", i] = Static(value)
        for port in self.exits[1:] if self.counted else self.exits:
            depth = 1 if port == RETURN else body.cfg.blocks[port].depth - self.at.base
            for i, value in enumerate(self.outside.get(port, ())[:depth]):
                self.values["left", port, i] = value
                self.nodes["left", port, i] = Static(value)
        if self.iteration is not None:
            self.values["at",] = self.begun
            self.nodes["at",] = self.iteration.node(self.trees, self.begun)
        names = facts.names(self.liveness.at(body.entry))
        self.state.fed = {("variable", name) for name in names}
        names = facts.names(self.liveness.at(self.loop.start))
        self.state.asked = {("variable", name) for name in names}
        shapes = tuple((key, shape_of(node)) for key, node in self.nodes.items())
        self.hint = (id(body.cfg), self.loop.start, repr(shapes))
        known = self.stager.known_loops.get(self.hint)
        if known is not None:  # recorded before, in a turn of an outer loop
            self.nodes.update(known[0])
            self.state.first_turn |= known[1]

    def record(self, *, repeatable: bool = True) -> Outcome:
        """Records the loop and returns the state after it.

        Raises `ImpureTest` if the loop's own test is to be `repeatable`, and is not.
        """
        if not self.outermost or not self.liveness.left_out:
            return self._recorded(repeatable)
        try:
            with self.stager.suppressed.held(self.loop.body, self.liveness):
                return self._recorded(repeatable)
        except _Suppresses:
            self.liveness = replace(self.liveness, left_out=0)
            self.state.clear()
            self._begin()
            with self.stager.suppressed.held(self.loop.body, self.liveness):
                return self._recorded(repeatable)

    def _recorded(self, repeatable: bool) -> Outcome:
        self.test.asks = repeatable
        for _ in range(_ATTEMPTS):
            self.placed: dict[int, Key] = {}
            init = list(self.state.first_leaves())
            self.leaving.begin([None, *init])
            self.flag = self._flag()
            if self.flag is not None:
                init.insert(0, self.flag.first(lambda: self.enters, self._left_at_once))
            flag = [] if self.flag is None else [self.backend.spec(init[0])]
            specs = found_specs(self.backend, [*flag, *self.state.specs()], init)
            try:
                leaves = self.backend.while_loop(self.test.holds, self._watched, init, specs)
            except Again:
                continue
            except ElementWidened as error:
                key = self.placed.get(id(error.where))
                if key is None:
                    raise
                self.nodes[key] = Elements(error.element)
                continue
            self.state.tell_numbers()
            free = {k: n for k, n in self.nodes.items() if k[0] == "variable" and is_free(n)}
            self.stager.known_loops[self.hint] = (
                free,
                frozenset(self.state.first_turn & free.keys()),
            )
            return self.ending.after(list(leaves))
        changing = self.widening.changing
        names = ", ".join(map(self.state.name, changing)) or "what it writes"
        notes = [n for key in changing for n in self.ways.held(key[1], ("", "it grows here"))]
        raise UnstableLoop(
            f"the type of {names} changes with each turn of the loop",
            place=self.ways.place,
            notes=[note for note in notes if note.text],
        )

    @cached_property
    def enters(self) -> Any:
        """Whether there is a first turn: a Python or a staged boolean."""
        return self.choice.is_port(self.backend, self.loop.targets[self.loop.stays])

    def _flag(self) -> Flag | None:
        """What is carried of which way out a turn takes; None: the test tells."""
        loop, last = self.loop, self.leaving.last
        counted = self.counted or last is not None
        if self.head is not None or (counted and loop.body.ports == (loop.start,)):
            return None
        told = {loop.start} if last is None else {loop.start, last.port}
        left = [port for port in loop.body.ports if port not in told]
        if counted and not left:
            return None
        return Flag(self.backend, loop.ports, loop.start, left, counted=counted)

    def _left_at_once(self) -> int | Choice:
        return self.choice.without(self.backend, self.loop.targets[self.loop.stays])

    def _goes_on(self, outcome: Outcome) -> Any:
        """Whether another turn follows if there is an item; staged where it is a choice."""
        if outcome.raised or isinstance(outcome.choice, int):
            return not outcome.raised and outcome.choice == self.loop.start
        return outcome.choice.is_port(self.backend, self.loop.start)

    def _watched(self, leaves: list[Any]) -> list[Any]:
        """The body; raises `_Suppresses` if one of its `with`s does, and must not."""
        if not self.outermost or not self.liveness.left_out:
            return self._body(leaves)
        count, refusal = self.stager.suppressed.count, self.stager.refusal
        try:
            return self._body(leaves)
        finally:
            if self.stager.suppressed.count != count:
                self.stager.refusal = refusal
                raise _Suppresses

    def _body(self, leaves: list[Any]) -> list[Any]:
        state = self.given = self.state.rebuilt(leaves if self.flag is None else leaves[1:])
        for key, node in self.nodes.items():
            if isinstance(node, Elements):
                self.placed[id(state[key])] = key
        made = self.carried.told(self.nodes, state)
        outcome = self.stager.forks.branch(
            lambda: self._turn(state, made), self.loop.body, self.site
        )
        after = self._values_after(outcome, state)
        flat = [] if self.flag is None else [self.flag.after(outcome, leaves[0])]
        with self.trees.after({}, outcome.effects):
            stronger, added = self.widening.widen(after, state)
            self.leaving.end_turn(self.taken)
            for key, node in self.nodes.items():
                leaves = self.trees.leaves(node, after[key])
                flat.extend(map(Added, leaves, self.trees.specs(node)) if key in added else leaves)
        given = [state for state in (self.given, self.test.given) if state]
        if any(numbers[key].yielded for key in stronger for numbers in given):
            raise Again
        undone = Undone(outcome.effects)
        nodes = {k: node for k, node in self.nodes.items() if k in state and k not in added}
        if not self.carried.is_known(nodes, state, after, undone):
            raise Again
        return flat

    def _turn(self, state: dict[Key, Any], made: list[Any]) -> Outcome:
        for container in made:
            self.journal.bear(container)
        self.state.write(self.journal, state)
        env = self.state.environment(self.at, state)
        if self.iteration is not None:
            item = self.iteration.item(state["at",])
            if self.head is not None:
                return self._rest(self.head, env, item)
            env.operands.append(item)
        around, self.stager.leaving = self.stager.leaving, self.leaving
        self.leaving.begin_turn(state)
        try:
            return self.stager.run(self.loop.body, env)
        finally:
            self.stager.leaving = around

    def _rest(self, head: Head, env: Environment, item: Any) -> Outcome:
        """A turn after its head."""
        env.variables.update(dict.fromkeys(head.copies, item))
        if head.rest is None:
            return Outcome(self.loop.start, env.variables, {self.loop.start: env.operands})
        return self.stager.run(head.rest, env)

    def _values_after(self, outcome: Outcome, state: dict[Key, Any]) -> dict[Key, Any]:
        alive: frozenset[str] = frozenset()
        for port in outcome.ports:
            if port != RETURN:
                alive |= frozenset(self.facts.names(self.liveness.at(port)))
        start, ports = self.loop.start, outcome.ports
        self.taken = frozenset(ports) - {start}
        for port in ports:  # operands at ways out become state when they are first seen
            if port != start:
                for i in range(len(outcome.operands[port])):
                    if ("left", port, i) not in self.nodes:
                        self.state.put(("left", port, i), DEAD, Static(DEAD))
        following: Any = None
        if self.iteration is not None:
            wanted = self._goes_on(outcome)
            following = self.iteration.after(outcome.effects, state["at",], wanted)
        self.written.add(outcome, state, self.placed)
        after: dict[Key, Any] = {}
        for key in self.nodes:
            match key:
                case ("variable", name):
                    value = outcome.variables.get(name, UNDEFINED) if name in alive else DEAD
                case ("operand", i):
                    value = outcome.operands[start][i] if start in ports else DEAD
                case ("left", port, i):
                    value = outcome.operands[port][i] if port in ports else DEAD
                case ("at",):
                    value = following
                case _:
                    value = self.written.after(key, outcome, state)
            after[key] = value
        return after
