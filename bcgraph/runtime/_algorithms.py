"""What CPython does in C with the truth of values, written in Python so that it can be staged.

Each of these functions is converted before it is called.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any


def equal(first: Sequence[Any], second: Sequence[Any]) -> Any:
    """`first == second` of two lists or two tuples."""
    if len(first) != len(second):
        return False
    result = True
    for one, other in zip(first, second):  # noqa: B905 - of one length
        result = result and (one is other or one == other)
    return result


def less(first: Sequence[Any], second: Sequence[Any]) -> Any:
    """`first < second` of two lists or two tuples."""
    result = len(first) < len(second)
    for one, other in reversed(list(zip(first, second))):  # noqa: B905 - as far as both go
        result = one < other or (one == other and result)
    return result


def contained(item: Any, container: Sequence[Any]) -> Any:
    """`item in container`."""
    return any(one is item or one == item for one in container)


def in_range(item: Any, numbers: range) -> Any:
    """`item in numbers`."""
    step = numbers.step
    if step > 0:
        return numbers.start <= item and item < numbers.stop and (item - numbers.start) % step == 0
    return numbers.stop < item and item <= numbers.start and (numbers.start - item) % -step == 0


def replaced(record: Any, changes: dict[str, Any]) -> Any:
    """`dataclasses.replace`."""
    values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record) if f.init}
    return type(record)(**{**values, **changes})


def index(values: Sequence[Any], value: Any, *bounds: int) -> Any:
    """`values.index(value)`."""
    found = -1
    for i in reversed(range(len(values))[slice(*bounds)] if bounds else range(len(values))):
        if values[i] == value:
            found = i
    if found < 0:
        raise ValueError("value is not in the sequence")
    return found


def count(values: Iterable[Any], value: Any) -> Any:
    """`values.count(value)`."""
    found = 0
    for one in values:
        if one == value:
            found += 1
    return found


def itself(value: Any) -> Any:
    """The value."""
    return value


def is_less(first: Any, second: Any) -> Any:
    """`first < second`."""
    return first < second


def is_more(first: Any, second: Any) -> Any:
    """`first > second`."""
    return first > second


def best(
    values: Iterable[Any],
    key: Callable[[Any], Any],
    better: Callable[[Any, Any], Any],
    name: str,
    default: tuple[Any, ...],
) -> Any:
    """`min` or `max` with a key: the first of those with the best measure."""
    chosen: Any = None
    measure: Any = None
    for value in values:
        own = key(value)
        if measure is None or better(own, measure):
            chosen, measure = value, own
    if measure is None:
        if not default:
            raise ValueError(f"{name}() arg is an empty sequence")
        return default[0]
    return chosen


def chosen(holds: Any, value: Callable[[], Any], other: Any) -> Any:
    """A value if something holds, and the other if not."""
    return value() if holds else other


def mapped(function: Callable[..., Any], *iterators: Iterator[Any]) -> Iterator[Any]:
    """`map(function, …)`."""
    for items in zip(*iterators):  # noqa: B905 - as far as all go
        yield function(*items)


def first(found: Any, default: tuple[Any, ...]) -> Any:
    """`next(…)`, where the item is in a tuple, or there is None."""
    if found is None:
        if not default:
            raise StopIteration
        return default[0]
    return found[0]
