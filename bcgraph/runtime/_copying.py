"""`copy.copy` and `copy.deepcopy` while a graph is recorded."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from bcgraph._library import is_library_name
from bcgraph.backend import Backend, StagedNumber, StagedText

from ._lists import StagedList, forward
from ._nodes import PLAIN
from ._optional import PerhapsNone
from ._values import Iteration

_GRAPHS_OWN = (StagedNumber, StagedText, PerhapsNone, Iteration)  # which nothing changes


class Copying:
    """The copies for one backend.

    `shallow` and `deep` give those of a tensor, by default itself; `listed` the list of a staged
    one's elements.
    """

    def __init__(
        self,
        backend: Backend,
        shallow: Callable[[Any], Any],
        deep: Callable[[Any], Any],
        listed: Callable[[Any], Any],
    ) -> None:
        self._backend, self._listed = backend, listed
        self._shallow, self._deep = shallow, deep

    def copy(self, value: Any) -> Any:
        """`copy.copy`."""
        found = self._made(value, self._shallow)
        return copy.copy(value) if found is None else found

    def deepcopy(self, value: Any, memo: dict[int, Any] | None = None) -> Any:
        """`copy.deepcopy`, which finds what it cannot copy in the memo."""
        memo = {} if memo is None else memo
        for part in _parts(value, {}):
            if id(part) not in memo:
                found = self._made(part, self._deep)
                memo |= {} if found is None else {id(part): found}
        return copy.deepcopy(value, memo)

    def _made(self, value: Any, tensor: Callable[[Any], Any]) -> Any:
        """The copy of what Python cannot copy; None of all else."""
        if isinstance(value, _GRAPHS_OWN):
            return value
        if isinstance(forward(value), StagedList):
            return self._listed(value)
        return tensor(value) if self._backend.is_staged(value) else None


def _parts(value: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """A value and what it holds, but what a library's object holds."""
    if value is None or isinstance(value, (*PLAIN, type)) or id(value) in seen:
        return
    seen[id(value)] = value
    yield value
    if isinstance(value, dict):
        held = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset | deque):
        held = [*value]
    else:
        owners = [kind for kind in type(value).__mro__ if kind is not object]
        is_users = not any(is_library_name(kind.__module__) for kind in owners)
        held = list(getattr(value, "__dict__", {}).values()) if is_users else []
    for part in held:
        yield from _parts(part, seen)
