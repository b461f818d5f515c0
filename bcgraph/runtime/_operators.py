"""What Python's operators and syntax do with staged values; the hooks of rewritten code.

`NATIVE` is given where Python shall do it by itself.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from bcgraph._library import is_users_class
from bcgraph._places import place_of_frame
from bcgraph.backend import Backend
from bcgraph.errors import PythonValueNeeded, UndefinedVariable

from ._aliases import refuse_lost
from ._builtins import Builtins
from ._items import Indexed
from ._lists import Slots, StagedList, forward, is_staged
from ._notes import Notes
from ._optional import PerhapsNone, used
from ._protocols import Protocols
from ._structures import Structures, is_structure
from ._trees import Trees
from ._values import NATIVE, Maybe


class Operators:
    """The operators of one backend; `builtins`, `protocols` and `trees` give this thread's."""

    def __init__(
        self,
        backend: Backend,
        notes: Notes,
        builtins: Callable[[], Builtins],
        protocols: Callable[[], Protocols],
        trees: Callable[[], Trees],
    ) -> None:
        self.backend, self.notes = backend, notes
        self._builtins, self._protocols, self._trees = builtins, protocols, trees

    def decides(self, value: Any) -> bool:
        """Whether the truth of a value is staged."""
        if is_staged(self.backend, value):
            return True
        if not self.backend.symbolic:
            return False
        refuse_lost(value)
        if not is_users_class(type(value)):
            return False
        return self.backend.is_recording() and self._protocols().truth(value) is not value

    def negate(self, value: Any) -> Any:
        """`not value`, of what is staged."""
        return self.backend.logical_not(self._protocols().truth(value))

    def compared(self, first: Any, second: Any) -> Any:
        """What to compare with `second`: of two lists or tuples, some parts may be staged."""
        kinds = (list, tuple)
        if type(first) not in kinds or type(second) is not type(first):
            return first
        if not self.backend.is_recording():
            return first
        refuse_lost(first)
        refuse_lost(second)
        if not self._builtins().is_staged((first, second), 3):
            return first
        return self._builtins().ordering.compared(forward(first), forward(second))

    def contains(self, item: Any, container: Any, inverted: bool) -> Any:
        """`item in container`, or `not in`."""
        backend = self.backend
        if not backend.is_recording():
            return NATIVE
        refuse_lost(container)
        container = forward(container)
        if isinstance(container, StagedList):
            found = backend.contains(item, container.stack())
        elif type(container) is range:
            if not backend.is_staged(item):
                return NATIVE
            found = self._builtins().ordering.in_range(item, container)
        elif type(container) in (list, tuple) and self._are_structures(item, container):
            found = self._builtins().ordering.contained(item, container)
            if not is_staged(backend, found):
                return found != inverted
        elif type(container) in (list, tuple) and (
            backend.is_staged(item) or any(backend.is_staged(v) for v in container)
        ):
            found = backend.contains(item, backend.stack(list(container)))
        elif backend.is_staged(container):
            found = backend.contains(item, container)
        else:
            found = self._protocols().contains(item, container)
            if found is NATIVE:
                return NATIVE
        return backend.logical_not(found) if inverted else found

    def _are_structures(self, item: Any, container: Any) -> bool:
        """Whether lists or tuples with staged parts are compared with an item."""
        compared = (item, *container)
        return any(map(is_structure, compared)) and self._builtins().is_staged(compared, 3)

    def subscript(self, target: Any, key: Any) -> Any:
        """The list or tuple to take an element of, by a Python or a staged index."""
        staged = forward(target)
        if staged is target and self.backend.is_staged(key) and self.backend.is_recording():
            if isinstance(target, list | tuple | deque) and any(map(is_structure, target)):
                return Structures(self._trees(), target, self.notes.copied)
            return Indexed(self.backend, target, self.notes.copied)
        return staged

    def slot(self, target: Any, key: Any) -> Any:
        """The list to set an element of, by a Python or a staged index."""
        staged = forward(target)
        is_list = staged is target and isinstance(target, list | deque)
        if is_list and self.backend.is_staged(key) and self.backend.is_recording():
            return Slots(self._trees(), target)
        return staged

    def joined(self, target: Any, other: Any) -> Any:
        """The list to join or repeat; it may be changed in place."""
        staged = forward(target)
        if type(staged) is list and not is_staged(self.backend, other):
            self.notes.contents(staged)
        return staged

    def unpack(self, value: Any, count: int | None) -> Any:
        """What gives `count` values (None: as many as come behind a `*`)."""
        refuse_lost(value)
        value = forward(used(value))
        if isinstance(value, StagedList):
            if count is None:
                raise PythonValueNeeded(
                    "a list whose length only the graph knows is unpacked by a `*`",
                    mend="index it, or stack it and slice the tensor",
                )
            error = ValueError(f"not as many values to unpack as expected, which is {count}")
            self.backend.check(self.backend.equal(value.length(), count), error)
            return tuple(value[i] for i in range(count))
        if count is not None and self.backend.is_staged(value):
            return self.backend.unstack(value, count)
        return value

    def append(self, items: Any, value: Any) -> None:
        """A comprehension adds an element."""
        staged = forward(items)
        if staged is items and isinstance(items, list):
            self.notes.contents(items)
        staged.append(value)

    def read(self, value: Any, name: str) -> Any:
        """A variable that may have no value, depending on the way here."""
        if not isinstance(value, Maybe):
            return value
        plain = name.partition("~")[0]
        error = UndefinedVariable(
            f"`{plain}` has no value on one path to here",
            place=place_of_frame(sys._getframe(1)),
            notes=(value.reason,),
        )
        self.backend.check(value.defined, error)
        return value.value


def is_none(value: Any, inverted: bool) -> Any:
    """`value is None`, or `is not`."""
    if isinstance(value, PerhapsNone):
        return value.there if inverted else value.backend.logical_not(value.there)
    return (value is None) != inverted
