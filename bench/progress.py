"""What is being measured, shown while it is: by rich if it is there, else a line each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def shown(title: str, items: Sequence[tuple[str, Item]]) -> Iterator[Item]:
    """The items, one after the other, each announced by its name on standard error."""
    try:
        from rich.console import Console
        from rich.progress import track
    except ImportError:
        yield from _lines(title, items)
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _lines(title, items)
        return
    names: Iterable[tuple[str, Item]] = track(
        items, description=title, console=console, transient=True
    )
    for _, item in names:
        yield item


def _lines(title: str, items: Sequence[tuple[str, Item]]) -> Iterator[Item]:
    for number, (name, item) in enumerate(items, 1):
        start = time.perf_counter()
        print(f"{title} {number}/{len(items)}: {name}", end="", file=sys.stderr, flush=True)
        yield item
        print(f" ({time.perf_counter() - start:.1f} s)", file=sys.stderr, flush=True)
