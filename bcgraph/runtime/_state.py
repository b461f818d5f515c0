"""What a loop carries from turn to turn: by key, the value before it and the node of any value.

A key is ("variable", name), ("operand", i) for operands at the loop's start, ("left", port, i) for
those at a way out, ("effect", place), or ("at",) where an iteration stands. What stays the same
Python object is no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bcgraph.backend import Backend, Spec, StagedNumber

from ._journal import Journal, Location
from ._nodes import Leaf, Node
from ._region import Environment
from ._trees import Trees
from ._values import DEAD

Key = tuple[Any, ...]


class Again(Exception):
    """The body has shown that the state's types must be wider."""


class ImpureTest(Exception):
    """The test of a loop leaves something that may not run once more."""


class State:
    """The state of one loop.

    `first_turn` holds the keys that have a value if there was a turn, `fed` those of the variables
    that the body may read first of all, `asked` of those that may be read where the loop starts.
    """

    def __init__(self, trees: Trees) -> None:
        self.trees: Trees = trees
        self.values: dict[Key, Any] = {}
        self.nodes: dict[Key, Node] = {}
        self.locations: dict[Key, Location] = {}
        self.first_turn: set[Key] = set()
        self.fed: set[Key] = set()
        self.asked: set[Key] = set()

    def clear(self) -> None:
        """Forgets all keys."""
        for held in (self.values, self.nodes, self.locations, self.first_turn):
            held.clear()

    def put(self, key: Key, value: Any, node: Node) -> None:
        """Adds to the state, or replaces in it."""
        self.values[key], self.nodes[key] = value, node

    def rebuilt(self, leaves: list[Any]) -> dict[Key, Any]:
        """The values of all keys, from their staged leaves."""
        rest = iter(leaves)
        return {key: self.trees.rebuild(node, rest) for key, node in self.nodes.items()}

    def first_leaves(self) -> Iterator[Any]:
        """The leaves before the first turn; whether a number was one is told when all is known."""
        for key, node in self.nodes.items():
            value = DEAD if key in self.first_turn else self.values[key]
            if isinstance(node, Leaf) and isinstance(value, StagedNumber):
                yield self.trees.backend.convert(value, node.spec)
            else:
                yield from self.trees.leaves(node, value)

    def tell_numbers(self) -> None:
        """Tells what before the loop is a number still and has become a leaf of the loop."""
        for key, node in self.nodes.items():
            value = self.values[key]
            if not isinstance(node, Leaf) or not isinstance(value, StagedNumber):
                continue
            if value.is_known_in(node.spec):
                value.used_as_number()

    def specs(self) -> list[Spec | None]:
        """The specs of all leaves; None for the handle of a staged list."""
        return [spec for node in self.nodes.values() for spec in self.trees.specs(node)]

    def environment(self, at: Environment, state: dict[Key, Any]) -> Environment:
        """The environment of a turn."""
        env = at.copy()
        operands = []
        for key, value in state.items():
            if key[0] == "variable":
                env.variables[key[1]] = value
            elif key[0] == "operand":
                operands.append(value)
        env.operands = operands
        return env

    def write(self, journal: Journal, state: dict[Key, Any]) -> None:
        """Makes the places hold what they hold in a turn."""
        for key, location in self.locations.items():
            journal.note(location)
            location.write(state[key])

    def name(self, key: Key) -> str:
        """How a message names a key."""
        if key[0] == "variable":
            return f"`{key[1].partition('~')[0]}`"
        return str(self.locations[key]) if key[0] == "effect" else "a value in an expression"


def found_specs(backend: Backend, specs: list[Spec | None], leaves: list[Any]) -> list[Spec]:
    """Specs, those that are not known from the leaves before the loop."""
    found = [backend.spec(v) if s is None else s for s, v in zip(specs, leaves, strict=True)]
    assert all(s is not None for s in found)
    return [s for s in found if s is not None]
