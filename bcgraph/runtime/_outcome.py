"""What a staged piece of a function leaves behind, and how two such outcomes become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from bcgraph.backend import Backend
from bcgraph.errors import Disagreement, Note
from bcgraph.regions import RETURN

from ._aliases import lost_at, matched
from ._evidence import Ways
from ._journal import Location
from ._nodes import Node, Perhaps, Static
from ._trees import Trees
from ._undone import Effects, Undone
from ._values import DEAD, UNDEFINED


def _read(location: Location, effects: Effects) -> Any:
    """What is at a place that these effects leave alone; an attribute may be its class's."""
    target, key = location.target, location.key
    if location.kind == "attribute" and key not in getattr(target, "__dict__", {key}):
        for owner in type(target).__mro__:
            found = effects.get(Location("attribute", owner, key).identity)
            if found is not None:
                return found[2]
            if key in vars(owner):
                break
    return location.read()


@dataclass(frozen=True)
class Choice:
    """A port that only the running graph knows.

    With two ports the selector is a boolean, true for the first; else the port itself.
    """

    ports: tuple[int, ...]
    selector: Any

    def is_port(self, backend: Backend, port: int) -> Any:
        """Whether it is this port: a Python or a staged boolean."""
        if port not in self.ports:
            return False
        if len(self.ports) == 2:
            first = self.ports[0] == port
            return self.selector if first else backend.logical_not(self.selector)
        return backend.equal(self.selector, port)

    def port(self, backend: Backend) -> Any:
        """The port as a staged integer."""
        return backend.select(self.selector, *self.ports) if len(self.ports) == 2 else self.selector

    def without(self, backend: Backend, port: int) -> int | Choice:
        """The choice among the others, where it is known not to be `port`."""
        rest = tuple(p for p in self.ports if p != port)
        if len(rest) == 1:
            return rest[0]
        if len(rest) == 2:
            return Choice(rest, self.is_port(backend, rest[0]))
        return Choice(rest, self.selector)


@dataclass
class Outcome:
    """Where control is, and the state there.

    `variables` holds every variable of the environment; `operands`, for each port that control may
    be at, those above the site's base. `raised`: control is nowhere, an error has been recorded.
    """

    choice: int | Choice
    variables: dict[str, Any]
    operands: dict[int, list[Any]]
    effects: Effects = field(default_factory=dict)
    raised: bool = False

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that control may be at."""
        if self.raised:
            return ()
        return (self.choice,) if isinstance(self.choice, int) else self.choice.ports


class Merge:
    """Two outcomes of a condition, and the outcome that holds either.

    `live(port)` gives the variables that matter at a port, `ways` tells errors what the
    program does; `before` holds the identities of the values in front of the condition, `since` how
    many branches had been entered there.
    """

    def __init__(
        self,
        trees: Trees,
        outcomes: tuple[Outcome, Outcome],
        live: Callable[[int], frozenset[str]],
        ways: Ways,
        before: frozenset[int],
        since: int,
    ) -> None:
        self.trees, self.live = trees, live
        trees.since = since
        first, second = outcomes
        self.ports = tuple(dict.fromkeys((*first.ports, *second.ports)))
        self.locations = {
            key: found[0] for o in outcomes for key, found in o.effects.items()
        }  # fmt: skip
        self._refuse_mixed_writes()
        one, other = self._values(first), self._values(second)
        self.nodes: dict[Any, Node] = {}
        self.reason = Note(ways.place, "a tensor decides here")
        self.sources = (one, Undone(first.effects)), (other, Undone(second.effects))
        with trees.after(first.effects, second.effects), trees.sharing():
            self._agree(one, other, before, ways)

    def _agree(
        self, one: dict[Any, Any], other: dict[Any, Any], before: frozenset[int], ways: Ways
    ) -> None:
        for key in dict.fromkeys((*one, *other)):
            try:
                self.nodes[key] = self._node(
                    key, one.get(key, DEAD), other.get(key, DEAD), before, ways
                )
            except Disagreement as error:
                location = self.locations.get(key[1]) if key[0] == "effect" else None
                ended = self.ports == (RETURN,)
                if location is None or not ended or self.trees.is_held(location.target):
                    raise  # else nothing but what the function has called or made can miss it
                error.place = error.place or ways.place
                self.nodes[key] = Static(lost_at(location, error))

    def _node(
        self, key: tuple[Any, ...], one: Any, other: Any, before: frozenset[int], ways: Ways
    ) -> Node:
        """The node of what two ways leave at one place."""
        trees = self.trees
        if self._is_kept_whole(one, other, before):
            return Static(other if one is DEAD else one)
        agree = trees.agree_operands if key[0] == "operand" else trees.agree
        try:
            node = agree(one, other, self._name(key))
        except Disagreement as error:
            if key[0] == "variable" or key[:2] == ("operand", RETURN):
                name = key[1] if key[0] == "variable" else None
                error.note(*ways.held(name, (trees.told(one), trees.told(other))))
            raise
        if isinstance(node, Perhaps) and self._is_kept(key):
            raise Disagreement(
                f"{self._name(key)} has a value on one path only",
                notes=ways.written(self.locations[key[1]].key),
                mend="give it a value before the branch",
            )
        if isinstance(node, Perhaps) and not node.reason:
            node = replace(node, reason=ways.lacking(0 if one is UNDEFINED else 1))
        return node

    def _refuse_mixed_writes(self) -> None:
        whole = {id(place.target) for place in self.locations.values() if place.kind == "contents"}
        for place in self.locations.values():
            if place.kind == "item" and id(place.target) in whole:
                raise Disagreement(
                    f"{place} is changed on one path and the whole of it on another",
                    mend="change it in the same way on each path",
                )

    @staticmethod
    def _is_kept_whole(one: Any, other: Any, before: frozenset[int]) -> bool:
        """Whether only one way needs a value, and that is what was there before the condition.

        What is written into it meanwhile is an effect.
        """
        return (one is DEAD and id(other) in before) or (other is DEAD and id(one) in before)

    def _is_kept(self, key: tuple[Any, ...]) -> bool:
        """Whether this is a place that is read without being asked whether it has a value."""
        return key[0] == "effect" and self.locations[key[1]].kind != "cell"

    def _name(self, key: tuple[Any, ...]) -> str:
        if key[0] == "variable":
            return f"`{key[1].partition('~')[0]}`"
        if key[0] == "effect":
            return str(self.locations[key[1]])
        return "the returned value" if key[1] == RETURN else "a value in an expression"

    def _values(self, outcome: Outcome) -> dict[Any, Any]:
        """Everything that may differ, by key."""
        if outcome.raised:
            return {}
        values: dict[Any, Any] = {}
        alive = frozenset().union(*(self.live(p) for p in outcome.ports))
        for name, value in outcome.variables.items():
            values["variable", name] = value if name in alive else DEAD
        for port in outcome.ports:
            for i, value in enumerate(outcome.operands[port]):
                values["operand", port, i] = value
        for key, location in self.locations.items():
            found = outcome.effects.get(key)
            there = _read(location, outcome.effects) if found is None else found[2]
            values["effect", key] = there
        return values

    def flat(self, outcome: Outcome) -> list[Any]:
        """The staged leaves of one of the two, the port's first; called inside its branch."""
        leaves: list[Any] = []
        if len(self.ports) > 1:
            leaves.append(self._selector(outcome))
        values = self._values(outcome)
        with self.trees.after(outcome.effects):
            for key, node in self.nodes.items():
                leaves.extend(self.trees.leaves(node, values.get(key, DEAD)))
        return leaves

    def _selector(self, outcome: Outcome) -> Any:
        backend = self.trees.backend
        value: Any
        if len(self.ports) == 2:
            first = self.ports[0]
            if outcome.raised:
                value = True
            elif isinstance(outcome.choice, int):
                value = outcome.choice == first
            else:
                value = outcome.choice.is_port(backend, first)
        elif outcome.raised:
            value = self.ports[0]
        else:
            choice = outcome.choice
            value = choice if isinstance(choice, int) else choice.port(backend)
        spec = backend.spec(value)
        assert spec is not None
        return backend.convert(value, backend.join(spec, spec) or spec)

    def outcome(self, leaves: Iterator[Any]) -> Outcome:
        """The outcome that holds either, from the outputs of the condition."""
        choice: int | Choice
        choice = Choice(self.ports, next(leaves)) if len(self.ports) > 1 else self.ports[0]
        variables: dict[str, Any] = {}
        operands: dict[int, list[Any]] = {port: [] for port in self.ports}
        effects: Effects = {}
        with self.trees.sharing():
            values = {key: self.trees.rebuild(node, leaves) for key, node in self.nodes.items()}
        self._tell_chosen(values)
        for key, value in values.items():
            if key[0] == "variable":
                variables[key[1]] = UNDEFINED if value is DEAD else value
            elif key[0] == "operand":
                operands[key[1]].append(value)
            else:
                effects[key[1]] = (self.locations[key[1]], DEAD, value)
        return Outcome(choice, variables, operands, effects)

    def _tell_chosen(self, values: dict[Any, Any]) -> None:
        """Tells of the containers that have been made to stand for one of each way."""
        chosen: dict[int, tuple[Any, list[Any]]] = {}
        for way, (held, undone) in enumerate(self.sources):
            for key, node in self.nodes.items():
                for made, source in matched(key, node, values[key], held.get(key, DEAD), undone):
                    chosen.setdefault(id(made), (made, [DEAD, DEAD]))[1][way] = source
        self.trees.aliases.stand_in(tuple(chosen.values()), self.reason)
