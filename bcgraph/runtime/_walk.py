"""Walking a Python list while a graph is recorded: its length may become the graph's to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bcgraph.errors import UnsupportedEffect

from ._lists import forward


class ListWalk(Iterator[Any]):
    """An iterator over a list, as Python's own, which refuses to go on over a staged one."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items
        self._at = 0

    def __next__(self) -> Any:
        if forward(self._items) is not self._items:
            raise UnsupportedEffect(
                "a list that a loop walks is changed in it as a tensor decides: how many items"
                " there are is known only to the graph",
                mend="walk a copy of it, `for item in list(items)`, or index it in a `while` loop",
            )
        if self._at >= len(self._items):
            self._items = []  # once at its end it stays there
            raise StopIteration
        self._at += 1
        return self._items[self._at - 1]

    def __length_hint__(self) -> int:
        return max(len(self._items) - self._at, 0)
