"""What shares memory in a captured graph: whether its writes can be told as new values.

A place is the storage of a value's fake tensor. Within a graph two values share memory exactly if
they have one place: views and writes keep it. What an operator gives has a place of its own, though
it may be what the way taken was handed: for such places it is noted which others they may be. What
a loop hands on as it got it, turn by turn, is at the place of its first value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.fx import GraphModule, Node

from ._graphs import WHILE, is_operator, operands, outputs, placeholders, subgraphs, written

Place = int | tuple[str, Any]

_BEFORE = "before"  # of a place: where the same value of an earlier turn is

aten = torch.ops.aten


@dataclass(frozen=True)
class Shared:
    """Whether tensors that a graph writes share memory with others, as each call must have it.

    `written` are numbers of arguments, and tensors that the graph holds, as all of `held` are.
    """

    written: list[int | torch.Tensor]
    held: list[torch.Tensor]
    shares: bool = False

    def stands(self, arguments: list[torch.Tensor]) -> bool:
        """Whether it is so for these arguments."""
        return self.found(arguments) == self.shares

    def found(self, arguments: list[torch.Tensor]) -> bool:
        """Whether a tensor that is written shares memory with another."""
        every = [(tensor, _range(tensor)) for tensor in (*arguments, *self.held)]
        for which in self.written:
            tensor = arguments[which] if isinstance(which, int) else which
            start, end = _range(tensor)
            for other, (first, last) in every:
                if other is not tensor and first < end and start < last:
                    return True
        return False


def shared(
    written: list[int | torch.Tensor], graph: GraphModule, arguments: list[torch.Tensor]
) -> Shared | None:
    """What is so for these arguments; None for a graph that writes no tensor from outside."""
    if not written:
        return None
    known = Shared(written, [*graph.parameters(), *graph.buffers()])
    return replace(known, shares=known.found(arguments))


def _range(tensor: torch.Tensor) -> tuple[int, int]:
    """The bytes of a tensor's storage."""
    storage = tensor.untyped_storage()
    start = storage.data_ptr()
    return start, start + storage.nbytes()


class Untold(Exception):
    """A write that cannot be told as a new value; the text says why."""


class Memory:
    """The places of a graph with operators, and of their subgraphs.

    Raises:
        Untold: if a write cannot be told as a new value of one place.
    """

    def __init__(self, graph: GraphModule, *, inside: bool = False) -> None:
        self._is: dict[Place, Place] = {}
        self._may: dict[Place, set[Place]] = {}
        self._strided: set[Place] = set()
        self._relate(graph)
        self._whole = None if inside else graph
        self.written = self._written(graph, set())  # of the places of the graph itself
        outside = [node for node in graph.graph.nodes if _lives_outside(node)]
        for node in outside:
            if self.place(node) in self.written:
                self._check_alone(node, outside)

    def place(self, node: Any) -> Place | None:
        """Where a value is."""
        found = storage(node)
        return None if found is None else self._known(found)

    def _known(self, place: Place) -> Place:
        while place in self._is:
            place = self._is[place]
        return place

    def _relate(self, graph: GraphModule) -> None:
        for node in graph.graph.nodes:
            if not is_operator(node):
                continue
            parts = subgraphs(graph, node)
            for part in parts:
                self._relate(part)
            given = [outputs(part) for part in parts]
            if node.target is WHILE:
                self._relate_turns(parts[1], node.args[2])
                given[0] = list(node.args[2])
            for value, *sources in zip(node.meta.get("val") or (), *given, strict=True):
                place = storage_of(value)
                if place is not None:
                    self._may[place] = {p for p in map(storage, sources) if p is not None}

    def _relate_turns(self, body: GraphModule, carried: Sequence[Any]) -> None:
        """What a turn gets may be a first value, or what an earlier turn has given."""
        taken = placeholders(body)
        stays = {place for place in map(storage, taken) if place is not None}
        for first, argument, value in zip(carried, taken, outputs(body), strict=False):
            place, origin, end = storage(argument), storage(first), storage(value)
            if place is None or origin is None or end is None:
                continue
            if value is argument:
                self._is[place] = origin
            else:
                self._may[place] = {origin, self._earlier(end, stays)}

    def _earlier(self, place: Place, stays: set[int]) -> Place:
        place = self._known(place)
        if place in stays:
            return place
        found = (_BEFORE, place)
        if found not in self._may:
            self._may[found] = set()
            self._may[found] |= {self._earlier(p, stays) for p in self._may.get(place, ())}
        return found

    def _touches(self, place: Place) -> set[Place]:
        """All places that a value at this one may be at."""
        found: set[Place] = set()
        left = [place]
        while left:
            following = self._known(left.pop())
            if following not in found:
                found.add(following)
                left += self._may.get(following, ())
        return found

    def _written(self, graph: GraphModule, own: set[Node]) -> set[Place]:
        """The places that a graph writes. Of its arguments, `own` are at nobody else's place."""
        number = {node: i for i, node in enumerate(graph.graph.nodes)}
        last: dict[Place, float] = {}  # where a place is used last
        for node in number:
            place = self.place(node)
            if place is not None:
                uses = [number[user] for user in node.users]
                outlives = _lives_outside(node) and node not in own
                last[place] = max([last.get(place, -1), *([math.inf] if outlives else uses)])
        found: set[Place] = set()
        for node in number:
            if node.op != "call_function":
                continue
            exact, vague = self._writes(graph, node)
            values = node.meta.get("val") if is_operator(node) else ()
            results = {storage_of(value) for value in values or ()}
            for place, end in last.items() if exact or vague else ():
                others = vague | (exact - {place})
                if end <= number[node] or place in results:
                    continue
                if any(self._touches(place) & self._touches(other) for other in others):
                    raise Untold(f"{_text(node)} a tensor that may be another, which is used later")
            found |= exact
        if found & self._strided:
            raise Untold("a branch or loop writes what `as_strided` gives")
        return found

    def _writes(self, graph: GraphModule, node: Node) -> tuple[set[Place], set[Place]]:
        """What a call writes: its operands' places, and some that may be, or may not."""
        if is_operator(node):
            return self._operator_writes(graph, node)
        values = written(node)
        if graph is not self._whole:
            if node.target is aten.as_strided.default:
                self._strided |= {place for place in (self.place(node),) if place is not None}
            if values and not _is_plain(node.target):
                raise Untold(f"{_text(node)} a tensor in a branch or loop")
        return {place for place in map(self.place, values) if place is not None}, set()

    def _operator_writes(self, graph: GraphModule, node: Node) -> tuple[set[Place], set[Place]]:
        parts, given = subgraphs(graph, node), operands(node)
        exact: set[Place] = set()
        vague: set[Place] = set()
        own: set[Node] = set()
        if node.target is WHILE:
            pairs = zip(placeholders(parts[1]), outputs(parts[1]), strict=False)
            own = {argument for argument, value in pairs if value is not argument}
        for part in parts:
            changed = self._written(part, own)
            for argument, operand in zip(placeholders(part), given, strict=True):
                place = self.place(argument)
                if place is None or place not in changed:
                    continue
                if part is parts[0] and node.target is WHILE:
                    raise Untold("the test of a loop writes a tensor")
                if argument in own:
                    vague |= self._touches(place) - {place}
                else:
                    exact.add(place)
                    self._check_alone(operand, given)
        return exact, vague

    def _check_alone(self, value: Any, others: Sequence[Any]) -> None:
        for other in others:
            if other is not value and self.place(other) == self.place(value):
                raise Untold("a branch or loop writes memory that several tensors share")


def _is_plain(target: Any) -> bool:
    """Whether an operation of PyTorch's writes single tensors, and leaves their shapes alone."""
    schema = target._schema
    changed = [a for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write]
    return (
        target.namespace == "aten"
        and torch.Tag.inplace_view not in target.tags
        and not any(a.kwarg_only or str(a.type) != "Tensor" for a in changed)
    )


def _lives_outside(node: Node) -> bool:
    return node.op in ("placeholder", "get_attr")


def storage(node: Any) -> int | None:
    """The storage of the fake tensor that a value was recorded with."""
    return storage_of(node.meta.get("val")) if isinstance(node, Node) else None


def storage_of(value: Any) -> int | None:
    """The storage of a tensor; None for any other value."""
    return value.untyped_storage()._cdata if isinstance(value, torch.Tensor) else None


def _text(node: Node) -> str:
    return "a branch or loop writes" if is_operator(node) else f"`{node.target}` writes"
