"""Streams made of others: each gives one item after another, and knows where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bcgraph.backend import Backend, Items, Stream


class Walk:
    """Numbered items as a stream, to go beside another one."""

    def __init__(self, backend: Backend, items: Items) -> None:
        self.backend, self.items = backend, items

    def fetch(self, before: Any, wanted: Any) -> Any:
        return 0 if before is None else before + 1

    def has(self, fetched: Any) -> Any:
        return self.backend.less(fetched, self.items.length())

    def item(self, fetched: Any, checked: Any = None) -> Any:
        return self.items.at(fetched)


class EnumeratedStream:
    def __init__(self, stream: Stream, start: Any) -> None:
        self.stream, self.start = stream, start

    def fetch(self, before: Any, wanted: Any) -> Any:
        number, inner = (self.start, None) if before is None else (before[0] + 1, before[1])
        return number, self.stream.fetch(inner, wanted)

    def has(self, fetched: Any) -> Any:
        return self.stream.has(fetched[1])

    def item(self, fetched: Any, checked: Any = None) -> Any:
        return fetched[0], self.stream.item(fetched[1], checked)


class ZippedStream:
    """As `zip`, it takes nothing from what comes after a stream that has ended."""

    def __init__(self, backend: Backend, streams: list[Stream]) -> None:
        self.backend, self.streams = backend, streams

    def fetch(self, before: Any, wanted: Any) -> Any:
        fetched: list[Any] = []
        for i, stream in enumerate(self.streams):
            fetched.append(stream.fetch(before and before[i], wanted))
            has = stream.has(fetched[-1])
            wanted = has if wanted is True else self.backend.all_of([wanted, has])
        return tuple(fetched)

    def has(self, fetched: Any) -> Any:
        pairs = zip(self.streams, fetched, strict=True)
        return self.backend.all_of([stream.has(part) for stream, part in pairs])

    def item(self, fetched: Any, checked: Any = None) -> Any:
        pairs = zip(self.streams, fetched, strict=True)
        return tuple(stream.item(part, checked) for stream, part in pairs)


class MappedStream:
    def __init__(self, function: Callable[..., Any], stream: ZippedStream) -> None:
        self.function, self.stream = function, stream
        self.fetch, self.has = stream.fetch, stream.has

    def item(self, fetched: Any, checked: Any = None) -> Any:
        return self.function(*self.stream.item(fetched, checked))
