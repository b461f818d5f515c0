"""Recording one loop: its state, the types that hold it from turn to turn, how it ends."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bcgraph.backend import Added, Spec, StagedNumber
from bcgraph.errors import BcgraphError, Disagreement, Note, UnstableLoop
from bcgraph.regions import RETURN, Flow, Loop, Site

from ._aliases import has_containers
from ._carried import Carried
from ._evidence import Ways
from ._flag import Flag, tensor
from ._iterate import StagedIteration
from ._journal import Location
from ._lists import ElementWidened, StagedList
from ._nodes import Elements, Leaf, Node, Perhaps, Static, is_free, shape_of
from ._outcome import Choice, Outcome
from ._reachable import reachable
from ._region import Environment
from ._undone import Undone
from ._values import DEAD, UNDEFINED, Maybe

if TYPE_CHECKING:
    from ._symbolic import Stager

Key = tuple[Any, ...]
_ATTEMPTS = 40


class _Again(Exception):
    """The body has shown that the state's types must be wider."""


class ImpureTest(Exception):
    """The test of a loop leaves something that may not run once more."""


class While:
    """Records a `Loop` decision.

    The state is keyed: ("variable", name), ("operand", i) for operands at the loop's start,
    ("left", port, i) for those at a way out, ("effect", place), ("at",) where an iteration stands.
    Values that stay the same Python object are no state. `flow` holds the site. `choice` says
    whether the loop is entered (at the port `targets[stays]`), `operands` what lies on the stack at
    each of its ports.
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
    ) -> None:
        self.stager, self.loop, self.at, self.choice = stager, loop, at, choice
        self.backend, self.trees, self.journal = stager.backend, stager.trees, stager.journal
        self.site, self.iteration, self.begun = site, iteration, begun
        self.ways = Ways(flow, site, loop)
        body, cfg = loop.body, loop.body.cfg
        self.facts = body.facts
        self.enters = choice.is_port(self.backend, loop.targets[loop.stays])
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
        if not self.counted or body.ports != (loop.start,):
            left = [port for port in body.ports if port != loop.start]
            self.flag = Flag(stager.backend, loop.ports, loop.start, left, counted=self.counted)
        self.locations: dict[Key, Location] = {}
        self.ignored: set[tuple[str, Any, type]] = set()
        self.first_turn: set[Key] = set()
        self.reachable: set[Key] = set()
        self.held = reachable(
            at.variables, self.entered, at.cells, at.first, list(at.globals.values())
        )
        self.values: dict[Key, Any] = {}
        self.carried = Carried(
            self.trees.aliases,
            self.values,
            self.held,
            Note(self.ways.place, "this loop carries it"),
        )
        self.taken: frozenset[int] = frozenset()  # the ways out that the body has shown last
        self.given: dict[Key, Any] = {}  # the state that the body has been given last
        self.asked: dict[Key, Any] = {}  # that the test has been given last
        self.nodes: dict[Key, Node] = {}
        self.changing: list[Key] = []  # what the body has shown last to need wider types
        self._begin()

    def _begin(self) -> None:
        """The state before the first turn, and its first guess at types."""
        body, facts = self.loop.body, self.facts
        leaving = [p for p in (*self.exits, self.loop.start) if p != RETURN]
        live = 0
        for port in leaving:
            live |= facts.live[port]
        for name in facts.names(body.touched & live):
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
        names = facts.names(facts.live[body.entry])
        self.fed = {("variable", name) for name in names}
        shapes = tuple((key, shape_of(node)) for key, node in self.nodes.items())
        self.hint = (id(body.cfg), self.loop.start, repr(shapes))
        known = self.stager.known_loops.get(self.hint)
        if known is not None:  # recorded before, in a turn of an outer loop
            self.nodes.update(known[0])
            self.first_turn |= known[1]

    def record(self, *, repeatable: bool = True) -> Outcome:
        """Records the loop and returns the state after it.

        Raises `ImpureTest` if the loop's own test is to be `repeatable`, and is not.
        """
        self._asks = repeatable  # whether it is to be seen yet if the test is
        for _ in range(_ATTEMPTS):
            self.placed: dict[int, Key] = {}
            init: list[Any] = []
            if self.flag is not None:
                init.append(self.flag.first(self.enters, self._left_at_once))
            for key, node in self.nodes.items():
                init.extend(self._first_leaves(node, self.values[key]))
            specs = self._specs(init)
            try:
                leaves = self.backend.while_loop(self._test, self._body, init, specs)
            except _Again:
                continue
            except ElementWidened as error:
                key = self.placed.get(id(error.where))
                if key is None:
                    raise
                self.nodes[key] = Elements(error.element)
                continue
            self._tell_numbers()
            free = {k: n for k, n in self.nodes.items() if k[0] == "variable" and is_free(n)}
            self.stager.known_loops[self.hint] = (free, frozenset(self.first_turn & free.keys()))
            return self._after(list(leaves))
        names = ", ".join(map(self._name, self.changing)) or "what it writes"
        notes = [n for key in self.changing for n in self.ways.held(key[1], ("", "it grows here"))]
        raise UnstableLoop(
            f"the type of {names} changes with each turn of the loop",
            place=self.ways.place,
            notes=[note for note in notes if note.text],
        )

    def _first_leaves(self, node: Node, value: Any) -> Iterator[Any]:
        """The leaves before the first turn; whether a number was one is told when all is known."""
        if isinstance(node, Leaf) and isinstance(value, StagedNumber):
            yield self.backend.convert(value, node.spec)
        else:
            yield from self.trees.leaves(node, value)

    def _tell_numbers(self) -> None:
        for key, node in self.nodes.items():
            value = self.values[key]
            if not isinstance(node, Leaf) or not isinstance(value, StagedNumber):
                continue
            if value.is_known_in(node.spec):
                value.used_as_number()

    def _specs(self, init: list[Any]) -> list[Spec]:
        specs: list[Spec | None] = []
        if self.flag is not None:
            specs.append(self.backend.spec(init[0]))
        for node in self.nodes.values():
            specs.extend(self.trees.specs(node))
        found = [self.backend.spec(v) if s is None else s for s, v in zip(specs, init, strict=True)]
        assert all(s is not None for s in found)
        return [s for s in found if s is not None]

    def _left_at_once(self) -> int | Choice:
        return self.choice.without(self.backend, self.loop.targets[self.loop.stays])

    def _goes_on(self, outcome: Outcome) -> Any:
        """Whether another turn follows if there is an item; staged where it is a choice."""
        if outcome.raised or isinstance(outcome.choice, int):
            return not outcome.raised and outcome.choice == self.loop.start
        return outcome.choice.is_port(self.backend, self.loop.start)

    def _test(self, leaves: list[Any]) -> Any:
        conditions = []
        rest = leaves
        if self.flag is not None:
            conditions.append(self.flag.goes_on(leaves[0]))
            rest = leaves[1:]
        if self.counted:
            state = self.asked = self._state(rest)
            if self.iteration is not None:
                conditions.append(self.iteration.has(state["at",]))
            else:
                outcome = self._outcome_of_test(state)
                if isinstance(outcome.choice, int):
                    conditions.append(tensor(self.backend, outcome.choice == self.loop.enters))
                else:
                    conditions.append(outcome.choice.is_port(self.backend, self.loop.enters))
        return self.backend.all_of(conditions)

    def _outcome_of_test(self, state: dict[Key, Any]) -> Outcome:
        found: list[Outcome] = []
        test = self.loop.test
        assert test is not None

        def record() -> None:
            self.journal.enter()
            try:
                self._write(state)
                env = self._environment(state)
                run = self.stager.run
                found.append(self.stager.branch(lambda: run(test, env), test, self.site))
            finally:
                self.journal.leave()

        if not self._asks:
            record()
        elif not self.backend.is_pure(record, kept=True) or found[-1].effects:
            raise ImpureTest
        self._asks = False
        return found[-1]

    def _state(self, leaves: list[Any]) -> dict[Key, Any]:
        rest = iter(leaves)
        return {key: self.trees.rebuild(node, rest) for key, node in self.nodes.items()}

    def _environment(self, state: dict[Key, Any]) -> Environment:
        env = self.at.copy()
        operands = []
        for key, value in state.items():
            if key[0] == "variable":
                env.variables[key[1]] = value
            elif key[0] == "operand":
                operands.append(value)
        env.operands = operands
        return env

    def _body(self, leaves: list[Any]) -> list[Any]:
        state = self.given = self._state(leaves if self.flag is None else leaves[1:])
        for key, node in self.nodes.items():
            if isinstance(node, Elements):
                self.placed[id(state[key])] = key
        made = self.carried.told(self.nodes, state)
        outcome = self.stager.branch(lambda: self._turn(state, made), self.loop.body, self.site)
        after = self._values_after(outcome, state)
        flat = [] if self.flag is None else [self.flag.after(outcome)]
        with self.trees.after({}, outcome.effects):
            stronger, added = self._widen(after)
            for key, node in self.nodes.items():
                leaves = self.trees.leaves(node, after[key])
                flat.extend(map(Added, leaves, self.trees.specs(node)) if key in added else leaves)
        given = [state for state in (self.given, self.asked) if state]
        if any(numbers[key].yielded for key in stronger for numbers in given):
            raise _Again
        undone = Undone(outcome.effects)
        nodes = {k: node for k, node in self.nodes.items() if k in state and k not in added}
        if not self.carried.is_known(nodes, state, after, undone):
            raise _Again
        return flat

    def _write(self, state: dict[Key, Any]) -> None:
        for key, location in self.locations.items():
            self.journal.note(location)
            location.write(state[key])

    def _turn(self, state: dict[Key, Any], made: list[Any]) -> Outcome:
        for container in made:
            self.journal.bear(container)
        self._write(state)
        env = self._environment(state)
        if self.iteration is not None:
            env.operands.append(self.iteration.item(state["at",]))
        return self.stager.run(self.loop.body, env)

    def _values_after(self, outcome: Outcome, state: dict[Key, Any]) -> dict[Key, Any]:
        alive: frozenset[str] = frozenset()
        for port in outcome.ports:
            if port != RETURN:
                alive |= frozenset(self.facts.names(self.facts.live[port]))
        start, ports = self.loop.start, outcome.ports
        self.taken = frozenset(ports) - {start}
        for port in ports:  # operands at ways out become state when they are first seen
            if port != start:
                for i in range(len(outcome.operands[port])):
                    if ("left", port, i) not in self.nodes:
                        self.nodes["left", port, i] = Static(DEAD)
                        self.values["left", port, i] = DEAD
        following: Any = None
        if self.iteration is not None:
            wanted = self._goes_on(outcome)
            following = self.iteration.after(outcome.effects, state["at",], wanted)
        self._new_effects(outcome, state)
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
                    value = self._effect_after(key, outcome, state)
            after[key] = value
        return after

    def _effect_after(self, key: Key, outcome: Outcome, state: dict[Key, Any]) -> Any:
        found = outcome.effects.get(key[1])
        return state.get(key, DEAD) if found is None else found[2]

    def _new_effects(self, outcome: Outcome, state: dict[Key, Any]) -> None:
        """Places that the body writes become state, but for those of objects it has made itself.

        Such an object is another one each time the body is recorded, and nothing outside holds it.
        """
        placed = set(self.placed)
        stale = [
            key
            for key in self.locations
            if key not in self.reachable
            and _is_untouched(state[key], self._effect_after(key, outcome, state))
        ]
        new = False
        for identity, (location, old, now) in outcome.effects.items():
            key = ("effect", identity)
            if key in self.nodes or (location.kind == "staged" and id(location.target) in placed):
                continue
            if id(location.target) in self.held:
                self.reachable.add(key)
            else:
                mark = (location.kind, location.key, type(location.target))
                gone = [k for k in stale if self._mark(k) == mark]
                for k in gone:
                    del self.locations[k], self.nodes[k], self.values[k]
                new = new or bool(gone)
                if gone or mark in self.ignored:
                    self.ignored.add(mark)
                    continue
            self.locations[key] = location
            self.values[key] = old
            self.nodes[key] = self.trees.describe(old, numbers=True)
            if location.kind == "contents" and isinstance(location.target, list):
                self.nodes[key] = self.trees.widen(self.nodes[key], now, str(location))
            new = True
        if new:
            raise _Again

    def _mark(self, key: Key) -> tuple[str, Any, type]:
        location = self.locations[key]
        return location.kind, location.key, type(location.target)

    def _widen(self, after: dict[Key, Any]) -> tuple[list[Key], list[Key]]:
        """Makes the nodes hold the values after a turn; raises `_Again` if the body must know.

        Returns those of which it need not, unless it has used a number as no tensor, and those that
        it has not been given, nor wanted.
        """
        changed = False
        stronger: list[Key] = []
        added: list[Key] = []
        self.changing = []
        for key, node in list(self.nodes.items()):
            value = after[key]
            try:
                wide = self._wider(key, node, value)
            except BcgraphError as error:
                error.place = error.place or self.ways.place
                if key[0] == "variable":
                    told = self.trees.told(self.values[key]), self.trees.told(value)
                    error.note(*self.ways.held(key[1], told))
                raise
            if wide != node:
                self.changing.append(key)
                self.nodes[key] = wide
                if self._only_stronger(key, node, wide):
                    stronger.append(key)
                elif self._is_added(key, node, wide):
                    added.append(key)
                    del self.nodes[key]
                    self.nodes[key] = wide  # behind those that the body has been given
                elif not (key[0] == "left" and isinstance(wide, Static)):  # which no turn is given
                    changed = True
        if changed:
            raise _Again
        return stronger, added

    def _is_added(self, key: Key, node: Node, wide: Node) -> bool:
        """Whether the loop can carry a value from now on of which a turn does not see the last."""
        unset = isinstance(node, Static) and (node.value is UNDEFINED or node.value is DEAD)
        if not self.backend.adds or not unset or isinstance(wide, Static | Perhaps):
            return False
        if any(spec is None for spec in self.trees.specs(wide)) or has_containers(wide):
            return False
        asked = self.facts.names(self.facts.live[self.loop.start])
        return key[0] == "left" or (
            key[0] == "variable" and key not in self.fed and key[1] not in asked
        )

    def _only_stronger(self, key: Key, node: Node, wide: Node) -> bool:
        """Whether a Python number has become a tensor of the same type."""
        match node, wide:
            case Leaf(Spec(one, shape, weak=True)), Leaf(Spec(other, also, weak=False)):
                return (one, shape) == (other, also) and isinstance(
                    self.given.get(key), StagedNumber
                )
        return False

    def _wider(self, key: Key, node: Node, value: Any) -> Node:
        missing = isinstance(node, Static) and (node.value is UNDEFINED or node.value is DEAD)
        if missing and value is not UNDEFINED and value is not DEAD:
            assert isinstance(node, Static)
            if node.value is DEAD:
                return self.trees.describe_staged(value)
            if key not in self.fed and not isinstance(value, Maybe):
                self.first_turn.add(key)  # it has a value if there was a turn
                return self.trees.describe_staged(value)
        if key in self.first_turn and (isinstance(value, Maybe) or value is UNDEFINED):
            self.first_turn.discard(key)
            return Perhaps(node, self.trees.describe_staged(False), self._reason())
        if isinstance(node, Static) and value is DEAD:
            return node
        if (
            key[0] in ("left", "operand")
            and isinstance(node, Static)
            and isinstance(value, Iterator)
        ):
            return self.trees.agree_operands(node.value, value, self._name(key))
        wide = self.trees.widen(node, value, self._name(key))
        if isinstance(wide, Perhaps):
            self._refuse_unset(key)
        if isinstance(wide, Perhaps) and not wide.reason:
            wide = Perhaps(wide.value, wide.defined, self._reason())
        return wide

    def _refuse_unset(self, key: Key) -> None:
        """Refuses a place that is read without being asked whether it has a value."""
        if key[0] == "effect" and self.locations[key].kind != "cell":
            raise Disagreement(
                f"{self._name(key)} has a value only after a turn of the loop",
                place=self.ways.place,
                notes=self.ways.written(self.locations[key].key),
                mend="give it a value before the loop",
            )

    def _reason(self, text: str = "a turn of this loop may leave it without a value") -> Note:
        return Note(self.ways.place, text)

    def _name(self, key: Key) -> str:
        if key[0] == "variable":
            return f"`{key[1].partition('~')[0]}`"
        return str(self.locations[key]) if key[0] == "effect" else "a value in an expression"

    def _after(self, leaves: list[Any]) -> Outcome:
        """The state after the loop, and where control is."""
        end = self.exits[0] if self.flag is None else self.flag.end(leaves.pop(0))
        state = self._state(leaves)
        self.carried.told(self.nodes, state)
        variables = dict(self.at.variables)
        operands: dict[int, list[Any]] = {port: [] for port in self.exits}
        effects = {}
        cfg, base = self.loop.body.cfg, self.at.base
        for key, value in state.items():
            if key in self.first_turn and self.enters is not True:
                self._refuse_unset(key)
                value = Maybe(value, self.enters, self._reason("it has a value after a turn only"))
            match key:
                case ("variable", name):
                    variables[name] = value
                case ("effect", identity):
                    effects[identity] = (self.locations[key], DEAD, value)
                case ("at",):
                    assert self.iteration is not None
                    self.iteration.end(value)
        for _, port, i in sorted(key for key in state if key[0] == "left"):
            operands[port].append(state["left", port, i])
        for port in self.exits:
            depth = 1 if port == RETURN else cfg.blocks[port].depth - base
            if len(operands[port]) < depth:
                below = [state["operand", i] for i in range(len(self.entered))]
                operands[port] = below[:depth]
        return Outcome(
            self._possible(end),
            variables,
            operands,
            effects,
        )

    def _possible(self, end: int | Choice) -> int | Choice:
        """Where control may be: Python has decided against the other ways out while recording."""
        stays = self.loop.targets[self.loop.stays]
        ports = {*self.taken, *(p for p in self.choice.ports if p != stays)}
        if self.counted:
            ports.add(self.exits[0])
        for port in self.exits:
            if port not in ports and isinstance(end, Choice):
                end = end.without(self.backend, port)
        return end


def _is_untouched(before: Any, after: Any) -> bool:
    """Whether nothing has been written to a place in a turn."""
    if isinstance(before, StagedList) and isinstance(after, StagedList):
        before, after = before.handles, after.handles
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(operator.is_, before, after))
    return before is after
