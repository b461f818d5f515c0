"""What compares values by `<` and `==`: `sorted`, `min` and `max` with a key, `in`, `index` …"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from bcgraph.backend import Backend
from bcgraph.errors import PythonValueNeeded

from . import _algorithms
from ._items import Compared
from ._lists import StagedList, forward
from ._nodes import Tree
from ._structures import is_structure, sorted_by
from ._trees import Trees

_SEARCHES = {"index": _algorithms.index, "count": _algorithms.count}


class Ordering:
    """Compares for one backend.

    `is_staged` tells whether a part of a value is, `items` what is iterated over by the graph;
    `ordered` sorts tensors and numbers, `trees` gives this thread's, `copied` is told of copies.
    """

    def __init__(
        self,
        backend: Backend,
        convert: Callable[[Any], Any],
        is_staged: Callable[[Any], bool],
        items: Callable[[Any], Any],
        ordered: Callable[..., Any],
        trees: Callable[[], Trees],
        copied: Callable[[Any], None],
    ) -> None:
        self._backend, self._convert = backend, convert
        self._is_staged, self._items = is_staged, items
        self._ordered, self._trees, self._copied = ordered, trees, copied

    def best(self, target: Any, values: tuple[Any, ...], *, key: Any = None, **default: Any) -> Any:
        """`min` or `max` with a key, or of structures."""
        better = self._convert(_algorithms.is_less if target is min else _algorithms.is_more)
        several = values if len(values) > 1 else values[0]
        if self._items(several) is None and not isinstance(several, list | tuple):
            several = list(several)
        rest = tuple(default.values())
        best = self._convert(_algorithms.best)
        measure = self._convert(key or _algorithms.itself)
        return best(several, measure, better, target.__name__, rest)

    def compared(self, first: Any, second: Any) -> Compared:
        """What compares two lists or tuples by their parts."""
        if isinstance(first, StagedList) or isinstance(second, StagedList):
            raise PythonValueNeeded(
                "a list whose length only the graph knows is compared",
                mend="stack it, and compare the tensors and their lengths",
            )
        equal, less = self._convert(_algorithms.equal), self._convert(_algorithms.less)
        return Compared(first, equal, less, self._negated)

    def _negated(self, value: Any) -> Any:
        return self._backend.logical_not(value) if self._is_staged(value) else not value

    def sort(self, values: list[Any], native: Callable[..., None], **keywords: Any) -> None:
        """`values.sort(…)`."""
        if not any(map(self._is_staged, values)) and keywords.get("key") is None:
            return native(**keywords)
        ordered = self.sorted(values, **keywords)
        is_list = isinstance(ordered, list)
        values[:] = ordered if is_list else self._backend.unstack(ordered, len(values))
        return None

    def sorted(self, values: Any, *, key: Any = None, reverse: bool = False) -> Any:
        """`sorted` of what Python iterates over, or of structures."""
        if isinstance(values, StagedList):
            raise PythonValueNeeded(
                "tuples or the like are sorted, and only the graph knows how many",
                mend="stack their parts, and use the framework's operation that sorts",
            )
        values = list(values)
        key = None if key is None else self._convert(key)
        keys = values if key is None else [key(value) for value in values]
        if not self._is_staged(keys):
            order = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
            return [values[number] for number in order]
        if any(map(is_structure, (*values, *keys))):
            return sorted_by(self._trees(), self._ordered, values, keys, reverse, self._copied)
        found = iter(keys)
        own = None if key is None else lambda _: next(found)
        return self._ordered(values, key=own, reverse=reverse)

    def contained(self, item: Any, container: Any) -> Any:
        """`item in container`, of lists or tuples that hold staged values."""
        return self._convert(_algorithms.contained)(item, container)

    def in_range(self, item: Any, numbers: range) -> Any:
        """`item in numbers`."""
        return self._convert(_algorithms.in_range)(item, numbers)

    def method(self, target: Any) -> Callable[..., Any] | None:
        """What to call instead of `index`, `count` or `sort` of a list or tuple."""
        owner = target.__self__
        if target.__name__ == "sort":
            return functools.partial(self.sort, owner, target)
        algorithm = _SEARCHES.get(target.__name__)
        if algorithm is None:
            return None

        def search(value: Any, *bounds: Any) -> Any:
            if not self._is_staged(value) and not any(map(self._is_staged, owner)):
                return target(value, *bounds)
            return self._convert(algorithm)(owner, value, *bounds)

        return search


def are_structures(arguments: tuple[Any, ...]) -> bool:
    """Whether what `min`, `max` or `sorted` is to choose from are structures."""
    values = forward(arguments[0]) if len(arguments) == 1 else arguments
    if isinstance(values, StagedList):
        return isinstance(values.element, Tree)
    return isinstance(values, list | tuple) and any(map(is_structure, values))
