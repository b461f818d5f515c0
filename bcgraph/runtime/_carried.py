"""Containers that a loop carries from turn to turn, and which others each of them may be."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from bcgraph.errors import Note

from ._aliases import Aliases, matched
from ._nodes import Node
from ._undone import Undone
from ._values import DEAD

_AS_IT_IS = Undone({})
_Key = tuple[Any, ...]
_Place = tuple[_Key, int]  # in a state: which of the containers that a key's value holds


class Carried:
    """Tells `aliases` of the containers of each state of one loop.

    They stand for what is there before the loop (`first`), and for what a turn leaves, which is
    known of the body recorded last. `outside`: the identities of what is not made in a turn.
    """

    def __init__(
        self, aliases: Aliases, first: Mapping[_Key, Any], outside: Container[int], reason: Note
    ) -> None:
        self._aliases, self._first, self._reason = aliases, first, reason
        self._outside = outside
        self._left: dict[_Place, Any] = {}  # what the last turn has left at each place

    def told(self, nodes: Mapping[_Key, Node], state: Mapping[_Key, Any]) -> list[Any]:
        """Tells of a state of the loop; returns the containers that have been made for it."""
        made = self._places(nodes, state)
        first = self._sources(nodes, state, self._first, _AS_IT_IS)
        self._aliases.stand_in(
            [(c, (first.get(id(c), DEAD), self._left.get(p, DEAD))) for p, c in made.items()],
            self._reason,
            self._outside,
        )
        return list(made.values())

    def is_known(
        self,
        nodes: Mapping[_Key, Node],
        state: Mapping[_Key, Any],
        after: Mapping[_Key, Any],
        undone: Undone,
    ) -> bool:
        """Whether what a turn leaves of a state may be no others than it was told to stand for."""
        made = self._places(nodes, state)
        left = self._sources(nodes, state, after, undone)
        self._left = {place: left.get(id(c), c) for place, c in made.items()}
        pairs = [(c, self._left[place]) for place, c in made.items()]
        return self._aliases.covers(pairs, self._outside)

    @staticmethod
    def _places(nodes: Mapping[_Key, Node], state: Mapping[_Key, Any]) -> dict[_Place, Any]:
        return {
            (key, i): made
            for key, node in nodes.items()
            for i, (made, _) in enumerate(matched(key, node, state[key], DEAD, _AS_IT_IS))
        }

    @staticmethod
    def _sources(
        nodes: Mapping[_Key, Node],
        state: Mapping[_Key, Any],
        sources: Mapping[_Key, Any],
        undone: Undone,
    ) -> dict[int, Any]:
        return {
            id(made): source
            for key, node in nodes.items()
            if key in sources
            for made, source in matched(key, node, state[key], sources[key], undone)
        }
