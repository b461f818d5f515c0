"""Staged iteration: over numbered items, or over a stream that gives one item after another.

A loop carries where its iteration stands: `begin` gives that for the first turn, `has` tells if
there is an item, `item` gives it, and `after` gives what the next turn gets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bcgraph.backend import Backend, Items, Stream

from ._caught import checked
from ._journal import Location
from ._nodes import Leaf, Node
from ._trees import Trees
from ._undone import Effects
from ._values import Iteration


class StagedIteration(Iteration):
    """An iterator over staged items."""

    backend: Backend

    def begin(self) -> Any:
        """Takes an item: where it stands."""
        raise NotImplementedError

    def node(self, trees: Trees, at: Any) -> Node:
        """What holds any place at which the iteration may stand."""
        raise NotImplementedError

    def has(self, at: Any) -> Any:
        """Whether there is an item, a staged boolean."""
        raise NotImplementedError

    def item(self, at: Any, checked: Any = None) -> Any:
        """The item of a turn, or of a `next` that has `checked` that there is one."""
        raise NotImplementedError

    def after(self, effects: Effects, at: Any, wanted: Any) -> Any:
        """Where the next turn stands, if one is `wanted`; a turn that had `effects` is over."""
        raise NotImplementedError

    def end(self, at: Any) -> None:
        """The loop is left."""
        raise NotImplementedError

    def __next__(self) -> Any:
        at = self.begin()
        has = self.has_known(at)
        if has is False:
            raise StopIteration
        there = None if has is True else checked(self.backend, has, StopIteration())
        return self.item(at, there)

    def has_known(self, at: Any) -> Any:
        """As `has`; a Python bool where that is known."""
        return self.backend.predicate(self.has(at))


class Numbered(StagedIteration):
    """Over numbered items; `index`, the number of the next one, is written as an attribute is.

    `is_private`: the items are numbers to be computed, and only one loop walks them.
    """

    is_private = False

    def __init__(self, backend: Backend, items: Items, note: Callable[[Any, str], None]) -> None:
        self.backend, self.items, self._note = backend, items, note
        self.index: Any = 0
        self.length = items.length()

    def begin(self) -> Any:
        found = self.index
        self.end(found + 1)
        return found

    def node(self, trees: Trees, at: Any) -> Node:
        spec, length = self.backend.spec(at), self.backend.spec(self.length)
        assert spec is not None
        joined = None if length is None else self.backend.join(spec, length)
        return Leaf(joined or spec)

    def has(self, at: Any) -> Any:
        return self.backend.less(at, self.length)

    def has_known(self, at: Any) -> Any:
        if isinstance(at, int) and isinstance(self.length, int):
            return at < self.length
        return super().has_known(at)

    def item(self, at: Any, checked: Any = None) -> Any:
        self.end(at + 1)
        return self.items.at(at)

    def at(self, at: Any) -> Any:
        """As `item`, without going on to the next."""
        return self.items.at(at)

    def after(self, effects: Effects, at: Any, wanted: Any) -> Any:
        _, _, index = effects.pop(Location("attribute", self, "index").identity)
        return index  # the turn itself may have taken more items

    def end(self, at: Any) -> None:
        self._note(self, "index")
        self.index = at


class Streamed(StagedIteration):
    """Over a stream, which itself knows, when the graph runs, where it stands."""

    def __init__(self, backend: Backend, stream: Stream) -> None:
        self.backend, self.stream = backend, stream

    def begin(self) -> Any:
        return self.stream.fetch(None, True)

    def node(self, trees: Trees, at: Any) -> Node:
        return trees.describe(at, numbers=True)

    def has(self, at: Any) -> Any:
        return self.stream.has(at)

    def item(self, at: Any, checked: Any = None) -> Any:
        return self.stream.item(at, checked)

    def after(self, effects: Effects, at: Any, wanted: Any) -> Any:
        return self.stream.fetch(at, wanted)

    def end(self, at: Any) -> None:
        pass  # what was fetched has been used


class ByPython:
    """A staged iteration that Python drives, as it drives any iterator."""

    def __init__(self, iteration: StagedIteration) -> None:
        self._iteration = iteration

    def __iter__(self) -> ByPython:
        return self

    def __next__(self) -> Any:
        return next(self._iteration)


def turns_left(iteration: Any) -> int | None:
    """How many items there are still; None where that is not known while the graph is recorded."""
    if not isinstance(iteration, Numbered):
        return None
    bounds = iteration.length, iteration.index
    return bounds[0] - bounds[1] if all(isinstance(n, int) for n in bounds) else None
