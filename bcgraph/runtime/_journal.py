"""Effects as transactions: what a branch writes is noted, undone, and becomes an output."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

from bcgraph._library import is_library
from bcgraph._weak import told_once

from ._lists import Moved, StagedList, forward
from ._values import UNDEFINED


@dataclass(frozen=True, eq=False)
class Location:
    """A place outside the local variables that can be read and written.

    `kind` is "attribute", "item", "contents" (of a list, dict or set), "staged" (a staged list) or
    "cell"; `key` the attribute's name or the item's key.
    """

    kind: str
    target: Any
    key: Any = None

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for the same place."""
        return (self.kind, id(self.target), self.key)

    def read(self) -> Any:
        """What is there; UNDEFINED where nothing is."""
        target = self.target
        if self.kind == "attribute":
            held = getattr(target, "__dict__", None)
            described = getattr(type(target), self.key, None)
            if held is not None and not isinstance(described, property):
                found = held.get(self.key, self._of_class())
                is_asked = hasattr(type(target), "__getattr__")
                if found is not UNDEFINED or not is_asked or isinstance(described, cached_property):
                    return found
            return getattr(target, self.key, UNDEFINED)
        if self.kind == "item":
            try:
                return target[self.key]
            except LookupError:
                return UNDEFINED
        if self.kind == "contents":
            staged = forward(target)
            return target.copy() if staged is target else staged.snapshot()
        if self.kind == "staged":
            return target.snapshot()
        try:
            return target.cell_contents
        except ValueError:
            return UNDEFINED

    def write(self, value: Any) -> None:
        """Puts a value there; UNDEFINED removes what is there."""
        target, key = self.target, self.key
        if self.kind == "attribute":
            own = value is not UNDEFINED and _is_field(target, key)
            if own or value is not self._of_class():
                if _writes_by_itself(type(target)):
                    object.__setattr__(target, key, value)
                else:
                    setattr(target, key, value)
            elif key in getattr(target, "__dict__", ()) or self.read() is not value:
                if _writes_by_itself(type(target)):
                    object.__delattr__(target, key)
                else:
                    delattr(target, key)
        elif self.kind == "item":
            if value is not UNDEFINED:
                target[key] = value
            elif isinstance(target, MutableMapping):
                target.pop(key, None)
        elif self.kind == "contents":
            if isinstance(value, StagedList):
                target[:] = [Moved(value)]
                value.owner = target
            elif isinstance(target, list):
                target[:] = value
            else:
                target.clear()
                (target.extend if isinstance(target, deque) else target.update)(value)
        elif self.kind == "staged":
            target.restore(value)
        elif value is UNDEFINED:
            del target.cell_contents
        else:
            target.cell_contents = value

    def _of_class(self) -> Any:
        """What an attribute is where the object has none of its own."""
        found = inspect.getattr_static(type(self.target), self.key, UNDEFINED)
        return UNDEFINED if hasattr(type(found), "__get__") else found

    def __str__(self) -> str:
        name = type(self.target).__name__
        match self.kind:
            case "attribute":
                return f"`.{self.key}` of a {name}"
            case "item":
                return f"`[{self.key!r}]` of a {name}"
            case "contents" | "staged":
                return "a list" if self.kind == "staged" else f"a {name}"
            case _:
                return "a variable of an enclosing function"


@told_once
def cached_properties(kind: type) -> tuple[str, ...]:
    """The names of the attributes that a class computes when they are read first."""
    return tuple(
        name
        for owner in kind.__mro__
        for name, value in vars(owner).items()
        if isinstance(value, cached_property)
    )


def _is_field(target: Any, name: str) -> bool:
    """Whether a dataclass has a field of this name: each of its objects holds one of its own."""
    return name in getattr(type(target), "__dataclass_fields__", ())


def _writes_by_itself(kind: type) -> bool:
    """Whether a user's `__setattr__` stands in front of the attributes."""
    written = kind.__setattr__
    return isinstance(written, FunctionType) and not is_library(written)


class Journal:
    """The writes since each branch that is being recorded was entered."""

    def __init__(self) -> None:
        self._frames: list[dict[tuple[Any, ...], tuple[Location, Any]]] = []
        self._serials: list[int] = []
        self._wholes = 0  # how many of the frames are whole calls, not branches
        self.entered = 0  # how many branches have been entered so far
        self._born: dict[int, tuple[Any, int]] = {}  # objects by identity, and when
        self._caches: list[list[tuple[Location, Any]]] = []  # of each frame, as it was entered

    def __bool__(self) -> bool:
        return bool(self._frames)

    @property
    def in_branch(self) -> bool:
        """Whether a branch is being recorded, not just a whole call."""
        return bool(self._frames[self._wholes :])

    @property
    def depth(self) -> int:
        """How many branches and whole calls are being recorded."""
        return len(self._frames)

    @property
    def is_unwritten(self) -> bool:
        """Whether nothing has been written in the innermost of them so far."""
        return not self._frames[-1]

    def note(self, location: Location) -> None:
        """Tells the journal, before a write, where it goes."""
        if self._frames and not self.is_own(location.target):
            frame = self._frames[-1]
            if location.identity not in frame:
                frame[location.identity] = (location, location.read())

    def note_list(self, target: Any) -> None:
        """The same for a staged list; one made in this very branch is nobody else's."""
        if self._frames and target.born < self._serials[-1]:
            self.note(Location("staged", target))

    def bear(self, made: Any) -> None:
        """Tells the journal of an object that the program makes: it is nobody else's so far."""
        if self._frames:
            self._born[id(made)] = (made, self.entered)
            self.watch(made)

    def watch(self, value: Any) -> None:
        """Tells the journal of an object whose cached properties may be computed from now on."""
        for name in cached_properties(type(value)) if self._frames else ():
            location = Location("attribute", value, name)
            if not self.is_own(value):
                self._frames[0].setdefault(location.identity, (location, location.read()))
            for caches in self._caches:
                caches.append((location, location.read()))

    @property
    def made(self) -> Mapping[int, Any]:
        """The objects that the program makes until all is forgotten, by identity."""
        return self._born

    def forget(self) -> None:
        """Forgets what was made in regions that are merged by now."""
        if not self._frames:
            self._born = {}

    def is_born_after(self, value: Any, serial: int) -> bool:
        """Whether the program has made an object since this many branches had been entered."""
        found = self._born.get(id(value))
        return found is not None and found[1] > serial

    def is_own(self, value: Any) -> bool:
        """Whether the program has made an object in the branch that is being recorded."""
        return self.is_born_after(value, self._serials[-1] - 1)

    def enter(self, *, whole: bool = False) -> None:
        """Starts a branch, or a `whole` call."""
        self.entered += 1
        self._wholes += whole
        self._serials.append(self.entered)
        self._frames.append({})
        watched = self._caches[-1] if self._caches else []
        self._caches.append([(location, location.read()) for location, _ in watched])

    def leave(self) -> dict[tuple[Any, ...], tuple[Location, Any, Any]]:
        """Ends a branch: undoes its writes; returns each place with its old and new contents."""
        is_whole = len(self._frames) == self._wholes
        for location, old in [] if is_whole else self._caches[-1]:
            location.write(old)  # what a branch has computed is its own; it is computed again
        self._caches.pop()
        frame = self._frames.pop()
        self._serials.pop()
        self._wholes = min(self._wholes, len(self._frames))
        changed = {key: (location, old, location.read()) for key, (location, old) in frame.items()}
        for location, old in reversed(list(frame.values())):
            location.write(old)
        return changed
