"""A tensor chooses among structures: the parts of them at one place are one tensor each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ._nodes import children_of, is_changeable
from ._trees import Trees

Sort = Callable[..., Any]  # `sorted` of a list of numbers, with a key for each


class Structures:
    """A list or tuple of structures, indexed by a staged number.

    What it gives is a copy of the one that is chosen; `copied` is told of each tensor in it.
    """

    def __init__(self, trees: Trees, values: Sequence[Any], copied: Callable[[Any], None]) -> None:
        self._trees, self._values, self._copied = trees, list(values), copied
        element = trees.element(self._values, "the list")
        assert element is not None
        self._element = element
        rows = [list(trees.leaves(element, value)) for value in self._values]
        columns = zip(*rows, strict=True)
        self._columns = [trees.backend.stack(list(column)) for column in columns]

    def __getitem__(self, key: Any) -> Any:
        made = self._chosen(key)
        self._stand_in([(made, self._values)])
        return made

    def ordered(self, order: Any) -> list[Any]:
        """All of them, in the order that staged numbers tell."""
        values = self._values
        made = [self._chosen(n) for n in self._trees.backend.unstack(order, len(values))]
        # on each of as many ways, each is another one
        self._stand_in([(one, values[i:] + values[:i]) for i, one in enumerate(made)])
        return made

    def _chosen(self, key: Any) -> Any:
        leaves = [column[key] for column in self._columns]
        for leaf in leaves:
            self._copied(leaf)
        return self._trees.rebuild(self._element, iter(leaves))

    def _stand_in(self, chosen: list[tuple[Any, list[Any]]]) -> None:
        """Tells of copies, each with what it may be of on each way."""
        pairs = [pair for made, among in chosen for pair in _pairs(made, among)]
        self._trees.aliases.stand_in(pairs, None)


def is_structure(value: Any) -> bool:
    """Whether a value has parts of which a graph holds each by itself."""
    return bool(children_of(value))


def sorted_by(
    trees: Trees,
    sort: Sort,
    values: list[Any],
    keys: list[Any],
    reverse: bool,
    copied: Callable[[Any], None],
) -> list[Any]:
    """`sorted` of structures, with the key of each: a number, or a tuple that is compared so."""
    parts = [tuple(key) if isinstance(key, list | tuple) else (key,) for key in keys]
    order: Any = list(range(len(values)))
    for place in reversed(range(min(map(len, parts)))):
        column = trees.backend.stack([key[place] for key in parts])
        measures = iter([column[n] for n in _unstacked(trees, order)])
        order = sort(order, key=lambda _: next(measures), reverse=reverse)
    return Structures(trees, values, copied).ordered(order)


def _unstacked(trees: Trees, order: Any) -> Sequence[Any]:
    if isinstance(order, list):
        return order
    numbers: Sequence[Any] = trees.backend.unstack(order, order.shape[0])
    return numbers


def _pairs(made: Any, sources: Sequence[Any]) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Each container in what was chosen, with those that it may be."""
    if is_changeable(made):
        yield made, sources
    for number, part in enumerate(children_of(made) or ()):
        yield from _pairs(part, [(children_of(source) or ())[number] for source in sources])
