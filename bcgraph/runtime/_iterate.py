"""Staged iteration: numbered items and where the iterator stands."""

from __future__ import annotations

from typing import Any

from bcgraph.backend import Backend, Items

from ._values import Iteration


class StagedIteration(Iteration):
    """An iterator over staged items; `index` is the number of the next one."""

    def __init__(self, backend: Backend, items: Items) -> None:
        self.backend, self.items = backend, items
        self.index: Any = 0
        self.length = items.length()

    def has_next(self) -> Any:
        """Whether there is another item, staged."""
        return self.backend.predicate(self.backend.less(self.index, self.length))

    def __next__(self) -> Any:
        self.backend.check(self.has_next(), StopIteration())
        value = self.items.at(self.index)
        self.index = self.index + 1
        return value
