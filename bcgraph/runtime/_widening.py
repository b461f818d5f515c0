"""The types of a loop's state, made wide enough for what a turn leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bcgraph.backend import Spec, StagedNumber
from bcgraph.errors import BcgraphError, Disagreement, Note

from ._aliases import has_containers
from ._evidence import Ways
from ._nodes import Leaf, Node, Perhaps, Static
from ._state import Again, Key, State
from ._values import DEAD, UNDEFINED, Maybe


class Widening:
    """Widens the nodes of a `state`.

    `changing` holds what the last turn has shown to need wider types.
    """

    def __init__(self, state: State, ways: Ways) -> None:
        self.state, self.ways = state, ways
        self.trees, self.backend = state.trees, state.trees.backend
        self.changing: list[Key] = []

    def widen(self, after: dict[Key, Any], given: dict[Key, Any]) -> tuple[list[Key], list[Key]]:
        """Makes the nodes hold the values after a turn; raises `Again` if the body must know.

        Returns those of which it need not, unless it has used a number as no tensor, and those that
        it has not been given, nor wanted.
        """
        changed = False
        stronger: list[Key] = []
        added: list[Key] = []
        self.changing = []
        for key, node in list(self.state.nodes.items()):
            value = after[key]
            try:
                wide = self._wider(key, node, value)
            except BcgraphError as error:
                error.place = error.place or self.ways.place
                if key[0] == "variable":
                    told = self.trees.told(self.state.values[key]), self.trees.told(value)
                    error.note(*self.ways.held(key[1], told))
                raise
            if wide != node:
                self.changing.append(key)
                self.state.nodes[key] = wide
                if self._only_stronger(node, wide, given.get(key)):
                    stronger.append(key)
                elif self._is_added(key, node, wide):
                    added.append(key)
                    del self.state.nodes[key]
                    self.state.nodes[key] = wide  # behind those that the body has been given
                elif not (key[0] == "left" and isinstance(wide, Static)):  # which no turn is given
                    changed = True
        if changed:
            raise Again
        return stronger, added

    def _is_added(self, key: Key, node: Node, wide: Node) -> bool:
        """Whether the loop can carry a value from now on of which a turn does not see the last."""
        unset = isinstance(node, Static) and (node.value is UNDEFINED or node.value is DEAD)
        if not self.backend.adds or not unset or isinstance(wide, Static | Perhaps):
            return False
        if any(spec is None for spec in self.trees.specs(wide)) or has_containers(wide):
            return False
        return key[0] == "left" or (
            key[0] == "variable" and key not in self.state.fed | self.state.asked
        )

    def _only_stronger(self, node: Node, wide: Node, given: Any) -> bool:
        """Whether a Python number has become a tensor of the same type."""
        match node, wide:
            case Leaf(Spec(one, shape, weak=True)), Leaf(Spec(other, also, weak=False)):
                return (one, shape) == (other, also) and isinstance(given, StagedNumber)
        return False

    def _wider(self, key: Key, node: Node, value: Any) -> Node:
        missing = isinstance(node, Static) and (node.value is UNDEFINED or node.value is DEAD)
        if missing and value is not UNDEFINED and value is not DEAD:
            assert isinstance(node, Static)
            if node.value is DEAD:
                return self.trees.describe_staged(value)
            if key not in self.state.fed and not isinstance(value, Maybe):
                self.state.first_turn.add(key)  # it has a value if there was a turn
                return self.trees.describe_staged(value)
        if key in self.state.first_turn and (isinstance(value, Maybe) or value is UNDEFINED):
            self.state.first_turn.discard(key)
            return Perhaps(node, self.trees.describe_staged(False), self.reason())
        if isinstance(node, Static) and value is DEAD:
            return node
        if (
            key[0] in ("left", "operand")
            and isinstance(node, Static)
            and isinstance(value, Iterator)
        ):
            return self.trees.agree_operands(node.value, value, self.state.name(key))
        wide = self.trees.widen(node, value, self.state.name(key))
        if isinstance(wide, Perhaps):
            self.refuse_unset(key)
        if isinstance(wide, Perhaps) and not wide.reason:
            wide = Perhaps(wide.value, wide.defined, self.reason())
        return wide

    def refuse_unset(self, key: Key) -> None:
        """Refuses a place that is read without being asked whether it has a value."""
        if key[0] == "effect" and self.state.locations[key].kind != "cell":
            raise Disagreement(
                f"{self.state.name(key)} has a value only after a turn of the loop",
                place=self.ways.place,
                notes=self.ways.written(self.state.locations[key].key),
                mend="give it a value before the loop",
            )

    def reason(self, text: str = "a turn of this loop may leave it without a value") -> Note:
        return Note(self.ways.place, text)
