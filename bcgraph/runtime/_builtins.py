"""Builtins that meet staged values: iteration here, arithmetic by the backend."""

from __future__ import annotations

import builtins
import contextlib
import copy
import dataclasses
import functools
import itertools
import operator
from collections.abc import Callable, Iterable
from types import GeneratorType
from typing import Any

from bcgraph._number import python_type
from bcgraph._text import formatted, told
from bcgraph.backend import Backend, Items, StagedNumber, StagedText, Stream, number_of
from bcgraph.errors import PythonValueNeeded

from . import _algorithms
from ._caught import Suppressing
from ._iterate import Numbered, StagedIteration, Streamed
from ._lists import StagedList, forward
from ._optional import PerhapsNone, used
from ._values import NATIVE, Iteration

_ARITHMETIC = (abs, min, max, sum, round)
_ITERATE = (iter, next, enumerate, zip, map, filter, list, tuple, set, dict)


_SEARCHES = {"index": _algorithms.index, "count": _algorithms.count}


class Lazy:
    """What a staged `range`, `enumerate`, `zip` … gives: something to iterate over."""

    def __init__(self, items: Items | Stream) -> None:
        self.items = items

    def __iter__(self) -> Any:
        raise TypeError("a staged iteration can be driven by converted code only")


class _Range:
    def __init__(self, backend: Backend, start: Any, stop: Any, step: Any) -> None:
        self.backend, self.start, self.step = backend, start, step
        known = all(isinstance(bound, int) for bound in (start, stop, step))
        self._length = (len(range(start, stop, step)) if known
                        else backend.range_length(start, stop, step))  # fmt: skip

    def length(self) -> Any:
        return self._length

    def at(self, index: Any) -> Any:
        index = number_of(self.backend, index)
        if not isinstance(self.step, int) or self.step != 1:
            index = index * self._number(self.step)
        if isinstance(self.start, int) and self.start == 0:
            return index
        return self._number(self.start) + index

    def _number(self, value: Any) -> Any:
        return value if isinstance(value, int) else number_of(self.backend, value)


def walked(backend: Backend, numbers: Any, note: Callable[[Any, str], None]) -> Numbered:
    """What an iterator over a `range` has left, as a staged iteration."""
    left, ahead = operator.length_hint(numbers), copy.copy(numbers)
    start = next(ahead)
    step = next(ahead) - start
    return Numbered(backend, _Range(backend, start, start + left * step, step), note)


class Indexed:
    """A list or tuple that is indexed by a staged number; `copied` is told of what it gives."""

    def __init__(self, backend: Backend, values: Any, copied: Callable[[Any], None]) -> None:
        self._backend, self._stacked = backend, backend.stack(list(values))
        self._are_numbers = all(type(v) in (bool, int, float, complex) for v in values)
        self._copied = copied

    def __getitem__(self, key: Any) -> Any:
        found = self._stacked[key]
        if self._are_numbers:
            return number_of(self._backend, found)
        self._copied(found)
        return found


class _Enumerated:
    def __init__(self, backend: Backend, items: Items, start: Any) -> None:
        self.backend, self.items, self.start = backend, items, start

    def length(self) -> Any:
        return self.items.length()

    def at(self, index: Any) -> Any:
        number = number_of(self.backend, index)
        if not isinstance(self.start, int) or self.start != 0:
            number = number + self.start
        return number, self.items.at(index)


class _Zipped:
    def __init__(self, backend: Backend, several: list[Items]) -> None:
        self.backend, self.several = backend, several

    def length(self) -> Any:
        lengths = [items.length() for items in self.several]
        known = [n for n in lengths if isinstance(n, int)]
        rest = [n for n in lengths if not isinstance(n, int)]
        if known:
            rest.append(min(known))
        shortest = rest[0]
        for length in rest[1:]:
            shortest = self.backend.select(self.backend.less(shortest, length), shortest, length)
        return shortest

    def at(self, index: Any) -> Any:
        return tuple(items.at(index) for items in self.several)


class _Numbers:
    def __init__(self, backend: Backend, items: Items) -> None:
        self.backend, self.items = backend, items

    def length(self) -> Any:
        return self.items.length()

    def at(self, index: Any) -> Any:
        return number_of(self.backend, self.items.at(index))


class _Reversed:
    def __init__(self, items: Items) -> None:
        self.items, self._length = items, items.length()

    def length(self) -> Any:
        return self._length

    def at(self, index: Any) -> Any:
        return self.items.at(self._length - 1 - index)


class _Mapped:
    def __init__(self, function: Callable[..., Any], items: _Zipped) -> None:
        self.function, self.items = function, items

    def length(self) -> Any:
        return self.items.length()

    def at(self, index: Any) -> Any:
        return self.function(*self.items.at(index))


class _Rest:
    """What an iterator has not given yet."""

    def __init__(self, iteration: Numbered) -> None:
        self.iteration, self.index = iteration, iteration.index

    def length(self) -> Any:
        return self.iteration.length - self.index

    def at(self, index: Any) -> Any:
        return self.iteration.items.at(index + self.index)


class _Walk:
    """Numbered items as a stream, to go beside another one."""

    def __init__(self, backend: Backend, items: Items) -> None:
        self.backend, self.items = backend, items

    def fetch(self, before: Any, wanted: Any) -> Any:
        return 0 if before is None else before + 1

    def has(self, fetched: Any) -> Any:
        return self.backend.less(fetched, self.items.length())

    def item(self, fetched: Any, checked: Any = None) -> Any:
        return self.items.at(fetched)


class _EnumeratedStream:
    def __init__(self, stream: Stream, start: Any) -> None:
        self.stream, self.start = stream, start

    def fetch(self, before: Any, wanted: Any) -> Any:
        number, inner = (self.start, None) if before is None else (before[0] + 1, before[1])
        return number, self.stream.fetch(inner, wanted)

    def has(self, fetched: Any) -> Any:
        return self.stream.has(fetched[1])

    def item(self, fetched: Any, checked: Any = None) -> Any:
        return fetched[0], self.stream.item(fetched[1], checked)


class _ZippedStream:
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


class _MappedStream:
    def __init__(self, function: Callable[..., Any], stream: _ZippedStream) -> None:
        self.function, self.stream = function, stream
        self.fetch, self.has = stream.fetch, stream.has

    def item(self, fetched: Any, checked: Any = None) -> Any:
        return self.function(*self.stream.item(fetched, checked))


class Builtins:
    """Staged meanings of builtins, for one backend."""

    def __init__(
        self,
        backend: Backend,
        convert: Callable[[Any], Any],
        collector: Callable[[Any], Callable[[], Any] | None],
        asked: Callable[[Any, tuple[Any, ...]], Any],
        note: Callable[[Any, str], None],
    ) -> None:
        self.backend, self._convert, self._collector = backend, convert, collector
        self._asked, self._note = asked, note
        self._collected = convert(_collected)
        self._filtered = convert(_filtered)
        meanings: dict[Any, Callable[..., Any]] = {
            range: self._range,
            operator.index: lambda value: value,
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
            str: lambda value: formatted(value, "", "s"),
            repr: lambda value: formatted(value, "", "r"),
            format: lambda value, spec="": formatted(value, spec, ""),
            dataclasses.replace: self._replaced,
            isinstance: self._isinstance,
            type: self._type,
            set: self._needs_python,
            dict: self._needs_python,
        }
        meanings.update(backend.builtins())
        self._calls: dict[Any, Callable[..., Any]] = {contextlib.suppress: Suppressing}
        self._calls |= {target: self._call(target, meaning) for target, meaning in meanings.items()}

    def get(self, target: Any) -> Any:
        """What to call instead of a builtin while a graph is recorded; None for the builtin."""
        try:
            return self._calls.get(target)
        except TypeError:
            return None

    def _best(self, target: Any, values: tuple[Any, ...], *, key: Any, **default: Any) -> Any:
        """`min` or `max` with a key."""
        better = operator.lt if target is min else operator.gt
        several = values if len(values) > 1 else values[0]
        if self.items(several) is None and not isinstance(several, list | tuple):
            several = list(several)
        rest = tuple(default.values())
        best = self._convert(_algorithms.best)
        return best(several, self._convert(key), better, target.__name__, rest)

    def compare(self, first: Any, second: Any, operation: str) -> Any:
        """How two lists or tuples compare, by their parts."""
        if isinstance(first, StagedList) or isinstance(second, StagedList):
            raise PythonValueNeeded(
                "a list whose length only the graph knows is compared",
                mend="stack it, and compare the tensors and their lengths",
            )
        equal, less = self._convert(_algorithms.equal), self._convert(_algorithms.less)
        negate = self._negated
        match operation:
            case "EQ":
                return equal(first, second)
            case "NE":
                return negate(equal(first, second))
            case "LT":
                return less(first, second)
            case "GT":
                return less(second, first)
            case "LE":
                return negate(less(second, first))
            case _:
                return negate(less(first, second))

    def _negated(self, value: Any) -> Any:
        return self.backend.logical_not(value) if self.is_staged(value) else not value

    def _replaced(self, record: Any, /, **changes: Any) -> Any:
        return self._convert(_algorithms.replaced)(record, changes)

    def _sort(self, values: list[Any], native: Callable[..., None], **keywords: Any) -> None:
        """`values.sort(…)`."""
        if not any(map(self.is_staged, values)):
            return native(**keywords)
        ordered = self.get(sorted)(values, **keywords)
        values[:] = self.backend.unstack(ordered, len(values))
        return None

    def in_range(self, item: Any, numbers: range) -> Any:
        """`item in numbers`."""
        return self._convert(_algorithms.in_range)(item, numbers)

    def method(self, target: Any) -> Callable[..., Any] | None:
        """What to call instead of `index` or `count` of a list or tuple."""
        owner = target.__self__
        if target.__name__ == "sort":
            return functools.partial(self._sort, owner, target)
        algorithm = _SEARCHES.get(target.__name__)
        if algorithm is None:
            return None

        def search(value: Any, *bounds: Any) -> Any:
            if not self.is_staged(value) and not any(map(self.is_staged, owner)):
                return target(value, *bounds)
            return self._convert(algorithm)(owner, value, *bounds)

        return search

    def _call(self, target: Any, meaning: Callable[..., Any]) -> Callable[..., Any]:
        always = target in (print, dataclasses.replace) or getattr(meaning, "always", False)
        reduces = target in (any, all, sum, min, max, sorted)
        consumes = reduces or target in (list, tuple)
        iterates = target in _ITERATE

        def call(*arguments: Any, **keywords: Any) -> Any:
            if target in (isinstance, type):
                return meaning(*arguments, **keywords)
            if consumes and arguments and isinstance(arguments[0], GeneratorType | builtins.map):
                arguments = (self._collect(arguments[0]), *arguments[1:])
            elif reduces and arguments and self.stream(arguments[0]) is not None:
                arguments = (self._collected(arguments[0]), *arguments[1:])
            arguments = tuple(used(forward(a)) for a in arguments)
            if target in (print, str, repr):
                arguments = tuple(told(a, self._is_text) for a in arguments)
            if target is not print and len(arguments) == 1 and isinstance(arguments[0], StagedText):
                return formatted(arguments[0], "", "")
            own = self._asked(target, arguments)
            if own is not NATIVE:
                return self._numbers(target, arguments, own)
            if target in (min, max) and keywords.get("key") is not None:
                return self._best(target, arguments, **keywords)
            if target is sorted and keywords.get("key") is not None:
                keywords["key"] = self._convert(keywords["key"])
            taken = iterates and any(self.stream(a) is not None for a in arguments)
            if always or taken or any(map(self.is_staged, (*arguments, *keywords.values()))):
                return self._numbers(target, arguments, meaning(*arguments, **keywords))
            return target(*arguments, **keywords)

        call.__name__ = getattr(target, "__name__", "call")
        return call

    def _numbers(self, target: Any, arguments: tuple[Any, ...], result: Any) -> Any:
        """What gives a Python number gives a staged one; so does arithmetic on such."""
        if target in (bool, len, int, float):
            return number_of(self.backend, result) if self.is_staged(result) else result
        parts = [v for a in arguments for v in (a if isinstance(a, list | tuple) else [a])]
        if target in _ARITHMETIC and all(
            isinstance(v, StagedNumber | bool | int | float) for v in parts
        ):
            return number_of(self.backend, result)
        return result

    def _is_text(self, value: Any) -> bool:
        return isinstance(value, StagedText) or self.backend.is_staged(value)

    def _collect(self, values: Any) -> Any:
        """All that a generator or `map` gives; of a generator expression, staged if need be."""
        collect = self._collector(values) if isinstance(values, GeneratorType) else None
        return list(values) if collect is None else collect()

    def is_staged(self, value: Any, depth: int = 2) -> bool:
        """Whether a value, or a part of a list or tuple, is staged."""
        if isinstance(value, StagedList | Lazy | Iteration | StagedText):
            return True
        if depth and type(value) in (list, tuple):
            return any(self.is_staged(v, depth - 1) for v in value)
        return self.backend.is_staged(value)

    def iteration(self, value: Any) -> StagedIteration | None:
        """A staged iterator; None for what Python iterates over by itself."""
        start = self.stream(value)
        if start is not None:
            return Streamed(self.backend, start())
        items = self.items(value)
        return None if items is None else Numbered(self.backend, items, self._note)

    def stream(self, value: Any) -> Callable[[], Stream] | None:
        """What starts an iteration over a value that gives one item after another; None else."""
        if isinstance(value, Streamed):
            return lambda: value.stream
        if isinstance(value, Lazy):
            lazy = value.items
            return (lambda: lazy) if isinstance(lazy, Stream) else None
        return self.backend.stream(value)

    def _streams(self, iterables: tuple[Any, ...]) -> _ZippedStream | None:
        """Several iterables side by side; None if none of them is a stream."""
        if all(self.stream(i) is None for i in iterables):
            return None
        started: list[Stream] = []
        for value in iterables:
            start = self.stream(value)
            started.append(
                _Walk(self.backend, self._some_items(value)) if start is None else start()
            )
        return _ZippedStream(self.backend, started)

    def items(self, value: Any) -> Items | None:
        """How to iterate over a value; None for what Python iterates over by itself."""
        value = used(forward(value))
        if isinstance(value, Lazy):
            return None if isinstance(value.items, Stream) else value.items
        if isinstance(value, Numbered):
            return _Rest(value)
        if isinstance(value, StagedList):
            return value
        if self.backend.is_staged(value):
            found = self.backend.items(value)
            if found is None:
                raise PythonValueNeeded("this staged value cannot be iterated over")
            return found
        return None

    def _some_items(self, value: Any) -> Items:
        found = self.items(value)
        if found is None:
            values = list(value)
            found = self.backend.items(self.backend.stack(values))
            assert found is not None
            if all(type(v) in (int, float, complex) for v in values):
                return _Numbers(self.backend, found)
        assert found is not None
        return found

    def _range(self, *bounds: Any) -> Lazy:
        start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
        return Lazy(_Range(self.backend, start, stop, step))

    def _enumerate(self, iterable: Any, start: Any = 0) -> Any:
        begin = self.stream(iterable)
        if begin is not None:
            return Lazy(_EnumeratedStream(begin(), start))
        items = self.items(iterable)
        if items is None:
            return enumerate(iterable, start)
        return Lazy(_Enumerated(self.backend, items, start))

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
        return Lazy(_Zipped(self.backend, several))

    def _are_numbers(self, side: Any) -> bool:
        """Whether a graph can index one side of a `zip`."""
        numbers = (bool, int, float, complex)
        staged = self.backend.is_staged
        return not isinstance(side, list) or all(type(v) in numbers or staged(v) for v in side)

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
        return reversed(iterable) if items is None else Lazy(_Reversed(items))

    def _map(self, function: Any, *iterables: Any) -> Any:
        function = self._convert(function)
        streams = self._streams(iterables)
        if streams is not None:
            return Lazy(_MappedStream(function, streams))
        if all(self.items(i) is None for i in iterables):
            return map(function, *iterables)
        several = _Zipped(self.backend, [self._some_items(i) for i in iterables])
        return Lazy(_Mapped(function, several))

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
        if isinstance(value, Lazy):
            return value.items.length()
        items = self.items(value)
        assert items is not None
        return items.length()

    def _list(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return list(value)
        return self._collected(value)

    def _tuple(self, value: Any) -> Any:
        return tuple(value) if isinstance(value, list | tuple) else self._collected(value)

    def _isinstance(self, value: Any, kinds: Any) -> Any:
        if isinstance(value, StagedNumber):
            return issubclass(python_type(value), kinds)
        if isinstance(value, StagedText):
            return issubclass(str, kinds)
        if not isinstance(value, PerhapsNone):
            return isinstance(value, kinds)
        there, none = self._isinstance(value.value, kinds), isinstance(None, kinds)
        if there == none:
            return there
        return value.there if there else self.backend.logical_not(value.there)

    def _type(self, value: Any, *rest: Any, **keywords: Any) -> Any:
        if isinstance(value, StagedNumber):
            return python_type(value)
        return str if isinstance(value, StagedText) else type(value, *rest, **keywords)

    def _needs_python(self, *_: Any, **__: Any) -> Any:
        raise PythonValueNeeded(
            "a set or dict cannot be made of a staged iteration",
            mend="collect in a list, or iterate over a Python sequence",
        )


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
