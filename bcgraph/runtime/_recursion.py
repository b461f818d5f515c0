"""How deep recording nests: as the program does, and as its functions call themselves."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bcgraph.errors import EndlessRecursion
from bcgraph.regions import Flow, Site

from ._evidence import place_of

_DEEPEST = 100  # calls of a function by itself, each of them under a tensor's condition


class Depths:
    """Counts how often each site of a function is being staged that a staged one has called."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Flow, int]] = Counter()

    @contextmanager
    def called(self, flow: Flow, site: Site) -> Iterator[None]:
        """Inside, a site is staged once more. Raises `EndlessRecursion` if that is too often."""
        place = flow, site.block
        self._counts[place] += 1
        try:
            if self._counts[place] > _DEEPEST:
                raise EndlessRecursion(
                    f"a function has called itself {_DEEPEST} times under conditions of tensors",
                    place=place_of(flow, site),
                )
            yield
        finally:
            self._counts[place] -= 1
            if not self._counts[place]:
                del self._counts[place]


class deep_recursion:
    """Lets nested recording go as deep as the program's nesting needs."""

    def __enter__(self) -> None:
        self._before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self._before, 20_000))

    def __exit__(self, *_: object) -> None:
        sys.setrecursionlimit(self._before)
