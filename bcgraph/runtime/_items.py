"""What a staged iteration goes over: items with numbers, made of other such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bcgraph.backend import Backend, Items, number_of

from ._iterate import Numbered

_NUMBERS = (bool, int, float, complex)


def is_number(value: Any) -> bool:
    """Whether a value is one of Python's own numbers."""
    return type(value) in _NUMBERS


class Range:
    def __init__(self, backend: Backend, start: Any, stop: Any, step: Any) -> None:
        self.backend, self.start, self.step = backend, start, step
        known = all(isinstance(bound, int) for bound in (start, stop, step))
        self._length = (len(range(start, stop, step)) if known
                        else backend.range_length(start, stop, step))  # fmt: skip

    def length(self) -> Any:
        return self._length

    def at(self, index: Any) -> Any:
        index = self._number(index)
        if not isinstance(self.step, int) or self.step != 1:
            index = index * self._number(self.step)
        if isinstance(self.start, int) and self.start == 0:
            return index
        return self._number(self.start) + index

    def _number(self, value: Any) -> Any:
        return value if isinstance(value, int) else number_of(self.backend, value)


class Indexed:
    """A list or tuple that is indexed by a staged number; `copied` is told of what it gives."""

    def __init__(self, backend: Backend, values: Any, copied: Callable[[Any], None]) -> None:
        self._backend, self._stacked = backend, backend.stack(list(values))
        self._are_numbers = all(map(is_number, values))
        self._copied = copied

    def __getitem__(self, key: Any) -> Any:
        found = self._stacked[key]
        if self._are_numbers:
            return number_of(self._backend, found)
        self._copied(found)
        return found


class Compared:
    """A list or tuple, compared by its parts: `equal` and `less` say how, `negated` is `not`."""

    def __init__(
        self,
        values: Any,
        equal: Callable[[Any, Any], Any],
        less: Callable[[Any, Any], Any],
        negated: Callable[[Any], Any],
    ) -> None:
        self._values, self._equal, self._less, self._negated = values, equal, less, negated

    def __eq__(self, other: object) -> Any:
        return self._equal(self._values, other)

    def __ne__(self, other: object) -> Any:
        return self._negated(self._equal(self._values, other))

    def __lt__(self, other: Any) -> Any:
        return self._less(self._values, other)

    def __gt__(self, other: Any) -> Any:
        return self._less(other, self._values)

    def __le__(self, other: Any) -> Any:
        return self._negated(self._less(other, self._values))

    def __ge__(self, other: Any) -> Any:
        return self._negated(self._less(self._values, other))

    __hash__ = None  # type: ignore[assignment]


class Enumerated:
    def __init__(self, backend: Backend, items: Items, start: Any) -> None:
        self.backend, self.items, self.start = backend, items, start

    def length(self) -> Any:
        return self.items.length()

    def at(self, index: Any) -> Any:
        number = index if isinstance(index, int) else number_of(self.backend, index)
        if not isinstance(self.start, int) or self.start != 0:
            number = number + self.start
        return number, self.items.at(index)


class Zipped:
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


class Numbers:
    def __init__(self, backend: Backend, items: Items) -> None:
        self.backend, self.items = backend, items

    def length(self) -> Any:
        return self.items.length()

    def at(self, index: Any) -> Any:
        return number_of(self.backend, self.items.at(index))


class Reversed:
    def __init__(self, items: Items) -> None:
        self.items, self._length = items, items.length()

    def length(self) -> Any:
        return self._length

    def at(self, index: Any) -> Any:
        return self.items.at(self._length - 1 - index)


class Mapped:
    def __init__(self, function: Callable[..., Any], items: Zipped) -> None:
        self.function, self.items = function, items

    def length(self) -> Any:
        return self.items.length()

    def at(self, index: Any) -> Any:
        return self.function(*self.items.at(index))


class Rest:
    """What an iterator has not given yet."""

    def __init__(self, iteration: Numbered) -> None:
        self.iteration, self.index = iteration, iteration.index

    def length(self) -> Any:
        return self.iteration.length - self.index

    def at(self, index: Any) -> Any:
        return self.iteration.items.at(index + self.index)
