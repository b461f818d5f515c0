"""Iterating builtins over staged values: `range`, `enumerate`, `zip`, `map`, `list` …"""

from __future__ import annotations

import copy
import itertools
import operator
from collections.abc import Callable, Iterable
from typing import Any

from bcgraph.backend import Backend, Items, Stream
from bcgraph.errors import PythonValueNeeded

from . import _algorithms
from ._items import Enumerated, Mapped, Numbers, Range, Rest, Reversed, Zipped, is_number
from ._iterate import Numbered, StagedIteration, Streamed
from ._lists import StagedList, forward
from ._optional import used
from ._streams import EnumeratedStream, MappedStream, Walk, ZippedStream
from ._values import Iteration


class Lazy:
    """What a staged `range`, `enumerate`, `zip` … gives: something to iterate over."""

    def __init__(self, items: Items | Stream) -> None:
        self.items = items

    def __repr__(self) -> str:
        return "a range, or the like, that the running graph walks"

    def __iter__(self) -> Any:
        raise TypeError("a staged iteration can be driven by converted code only")


class Iterables:
    """What is iterated over on one backend; `convert` converts what is called for each item."""

    def __init__(
        self, backend: Backend, convert: Callable[[Any], Any], note: Callable[[Any, str], None]
    ) -> None:
        self.backend, self._convert, self._note = backend, convert, note
        self.collected = convert(_collected)
        self._filtered = convert(_filtered)

    def meanings(self) -> dict[Any, Callable[..., Any]]:
        """What each builtin that iterates does with staged values."""
        return {
            range: self._range,
            enumerate: self._enumerate,
            zip: self._zip,
            reversed: self._reversed,
            map: self._map,
            filter: self._filter,
            iter: self._iter,
            next: self._next,
            len: self._len,
            list: self._list,
            tuple: self._tuple,
            set: self._of_python(set),
            dict: self._of_python(dict),
        }

    def iteration(self, value: Any) -> StagedIteration | None:
        """A staged iterator; None for what Python iterates over by itself."""
        start = self.stream(value)
        if start is not None:
            return Streamed(self.backend, start())
        items = self.items(value)
        return None if items is None else Numbered(self.backend, items, self._note)

    def walked(self, numbers: Any) -> Numbered:
        """What an iterator over a `range` has left, two numbers at least, as a staged iteration."""
        left, ahead = operator.length_hint(numbers), copy.copy(numbers)
        start = next(ahead)
        step = next(ahead) - start
        items = Range(self.backend, start, start + left * step, step)
        return Numbered(self.backend, items, self._note)

    def stream(self, value: Any) -> Callable[[], Stream] | None:
        """What starts an iteration over a value that gives one item after another; None else."""
        if isinstance(value, Streamed):
            return lambda: value.stream
        if isinstance(value, Lazy):
            lazy = value.items
            return (lambda: lazy) if isinstance(lazy, Stream) else None
        return self.backend.stream(value)

    def _streams(self, iterables: tuple[Any, ...]) -> ZippedStream | None:
        """Several iterables side by side; None if none of them is a stream."""
        if all(self.stream(i) is None for i in iterables):
            return None
        started: list[Stream] = []
        for value in iterables:
            start = self.stream(value)
            started.append(
                Walk(self.backend, self._some_items(value)) if start is None else start()
            )
        return ZippedStream(self.backend, started)

    def items(self, value: Any) -> Items | None:
        """How to iterate over a value; None for what Python iterates over by itself."""
        value = used(forward(value))
        if isinstance(value, Lazy):
            return None if isinstance(value.items, Stream) else value.items
        if isinstance(value, Numbered):
            return Rest(value)
        if isinstance(value, StagedList):
            return value
        if self.backend.is_staged(value):
            found = self.backend.items(value)
            if found is None:
                raise PythonValueNeeded("this staged value cannot be iterated over")
            return found
        return None

    def known(self, value: Any) -> list[Any] | None:
        """The items of a staged `enumerate`, `zip` …; None where Python can't tell how many."""
        items = self.items(value) if isinstance(value, Lazy) else None
        count = None if items is None else items.length()
        if items is None or not isinstance(count, int):
            return None
        return [items.at(i) for i in range(count)]

    def _some_items(self, value: Any) -> Items:
        found = self.items(value)
        if found is None:
            values = list(value)
            found = self.backend.items(self.backend.stack(values))
            assert found is not None
            if all(map(is_number, values)):
                return Numbers(self.backend, found)
        assert found is not None
        return found

    def _range(self, *bounds: Any) -> Lazy:
        start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
        return Lazy(Range(self.backend, start, stop, step))

    def _enumerate(self, iterable: Any, start: Any = 0) -> Any:
        begin = self.stream(iterable)
        if begin is not None:
            return Lazy(EnumeratedStream(begin(), start))
        items = self.items(iterable)
        if items is None:
            return enumerate(iterable, start)
        return Lazy(Enumerated(self.backend, items, start))

    def _zip(self, *iterables: Any, strict: bool = False) -> Any:
        streams = self._streams(iterables)
        if streams is not None:
            return Lazy(streams)
        found = [self.items(i) for i in iterables]
        staged = [items for items in found if items is not None]
        if not staged:
            return zip(*iterables, strict=strict)
        lengths = [items.length() for items in staged]
        count = min(lengths) if all(isinstance(n, int) for n in lengths) else None
        most = None if count is None else count + strict
        sides = [
            self._taken(value, most) if items is None else items
            for value, items in zip(iterables, found, strict=True)
        ]
        if count is not None and not all(self._are_numbers(s) for s in sides):
            known = [s if isinstance(s, list) else map(s.at, range(s.length())) for s in sides]
            return zip(*known, strict=strict)
        several = [self._some_items(s) if isinstance(s, list) else s for s in sides]
        if strict:
            self._same_lengths([items.length() for items in several])
        return Lazy(Zipped(self.backend, several))

    def _are_numbers(self, side: Any) -> bool:
        """Whether a graph can index one side of a `zip`."""
        staged = self.backend.is_staged
        return not isinstance(side, list) or all(is_number(v) or staged(v) for v in side)

    def _taken(self, values: Any, count: int | None) -> list[Any]:
        """What Python iterates over: `count` of it at most, where that is known."""
        if count is None and not hasattr(values, "__len__"):
            raise PythonValueNeeded(
                f"a {type(values).__name__}, which may never end, is walked beside a staged value",
                mend="number the items with `enumerate`, or give a list",
            )
        return list(itertools.islice(values, count))

    def _same_lengths(self, lengths: list[Any]) -> None:
        backend = self.backend
        for number, length in enumerate(lengths[1:], start=2):
            for word, less in (
                ("shorter", backend.less(length, lengths[0])),
                ("longer", backend.less(lengths[0], length)),
            ):
                error = ValueError(f"zip() argument {number} is {word} than argument 1")
                backend.check(backend.logical_not(less), error)

    def _reversed(self, iterable: Any) -> Any:
        items = self.items(iterable)
        return reversed(iterable) if items is None else Lazy(Reversed(items))

    def _map(self, function: Any, *iterables: Any) -> Any:
        function = self._convert(function)
        streams = self._streams(iterables)
        if streams is not None:
            return Lazy(MappedStream(function, streams))
        if all(self.items(i) is None for i in iterables):
            return map(function, *iterables)
        several = Zipped(self.backend, [self._some_items(i) for i in iterables])
        return Lazy(Mapped(function, several))

    def _filter(self, function: Any, iterable: Any) -> Any:
        items = self.items(iterable)
        if items is None and not isinstance(iterable, list | tuple) and not self.stream(iterable):
            return filter(function, iterable)
        return self._filtered(self._convert(function) if function is not None else None, iterable)

    def _iter(self, value: Any, *sentinel: Any) -> Any:
        if isinstance(value, Iteration) or sentinel:
            return iter(value, *sentinel) if sentinel else value
        if not isinstance(value, Lazy) and self.stream(value) is not None:
            return iter(value)  # the framework's own iterator, with all its methods
        found = self.iteration(value)
        return iter(value) if found is None else found

    def _next(self, iterator: Any, *default: Any) -> Any:
        iteration = iterator if isinstance(iterator, StagedIteration) else self.iteration(iterator)
        if iteration is None:
            return next(iterator, *default)
        if not default:
            return next(iteration)
        at = iteration.begin()
        has = iteration.has_known(at)
        return self._convert(_algorithms.chosen)(has, lambda: iteration.item(at), *default)

    def _len(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return len(value)
        items = self.items(value)
        if items is None:
            raise TypeError("a stream of unknown length has no len()")
        return items.length()

    def _list(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return list(value)
        return self.collected(value)

    def _tuple(self, value: Any) -> Any:
        return tuple(value) if isinstance(value, list | tuple) else self.collected(value)

    def _of_python(self, kind: type) -> Callable[..., Any]:
        """What makes a set or dict: it may hold staged values, how many it holds may not be one."""

        def make(*iterables: Any, **keywords: Any) -> Any:
            if any(self.items(i) is not None or self.stream(i) is not None for i in iterables):
                raise PythonValueNeeded(
                    f"a {kind.__name__} cannot be made of a staged iteration",
                    mend="collect in a list, or iterate over a Python sequence",
                )
            return kind(*iterables, **keywords)

        return make


def _collected(iterable: Iterable[Any]) -> list[Any]:
    made = []
    for item in iterable:
        made.append(item)
    return made


def _filtered(function: Callable[[Any], Any] | None, iterable: Iterable[Any]) -> list[Any]:
    made = []
    for item in iterable:
        if item if function is None else function(item):
            made.append(item)
    return made
