"""Containers of which one may be another as the graph runs.

Where a tensor has chosen one of several containers, what a graph holds is what it contains, not
which one it is: the chosen one is a copy. After a write to it, what each of the others contains is
not known, and after a write to one of them what the copy contains. Such a container has lost its
contents: to use it is an error, and to forget it none.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import deque
from collections.abc import Container, Iterator, Sequence
from typing import Any

from bcgraph._library import is_users_class
from bcgraph.errors import Disagreement, Note

from ._journal import Journal, Location
from ._lists import StagedList, forward
from ._lost import Lost
from ._nodes import (
    DICTS,
    Again,
    Elements,
    Node,
    Nullable,
    Perhaps,
    Tree,
    children_of,
    is_changeable,
    parts_of,
)
from ._optional import PerhapsNone
from ._undone import Undone
from ._values import DEAD, Maybe

_FEWEST = 64  # containers, before it is looked which are gone


class Entry:
    """A container and the identities of those that a write to it changes as well, maybe."""

    __slots__ = ("changes", "container", "reason")

    def __init__(self, container: Any, reason: Note | None) -> None:
        self.container, self.reason = container, reason
        self.changes: set[int] = set()


class Aliases:
    """Which containers a write may change besides the one that is written."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries: dict[int, Entry] = {}
        self._changed_by: dict[int, set[int]] = {}
        self._most = _FEWEST

    def clear(self) -> None:
        """Forgets all."""
        self._entries, self._changed_by, self._most = {}, {}, _FEWEST

    def written(self, container: Any) -> None:
        """Tells, before a write, of the container; what it may change, too, loses its contents."""
        entry = self._entries.get(id(_itself(container))) if self._entries else None
        for number in () if entry is None else tuple(entry.changes):
            for location, lost in _losses(self._entries[number]):
                self._journal.note(location)
                location.write(lost)

    def stand_in(
        self,
        chosen: Sequence[tuple[Any, Sequence[Any]]],
        reason: Note | None,
        among: Container[int] | None = None,
    ) -> None:
        """Containers that stand for others: each with the one of each way (DEAD if there is none).

        Of those in one sequence two may be one if on some way what they stand for may be one. Of
        the others only those count that are `among` these.
        """
        ways = max((len(sources) for _, sources in chosen), default=0)
        pairs: set[tuple[int, int]] = set()
        held: dict[int, Any] = {}
        for way in range(ways):
            stands: dict[int, list[Any]] = {}  # for each identity, what stands for that object
            present = [(made, s[way]) for made, s in chosen if s[way] is not DEAD]
            for made, source in present:
                stands.setdefault(id(source), []).append(made)
                held[id(made)], held[id(source)] = made, source
            for made, source in present:
                one, changes = id(source), self._changes(source)
                changed = self._changed_by.get(one, ())
                pairs.update((id(made), i) for i in (one, *changes) if among is None or i in among)
                pairs.update((i, id(made)) for i in (one, *changed) if among is None or i in among)
                for i in (one, *changes):
                    pairs.update((id(made), id(other)) for other in stands.get(i, ()))
        for one, other in pairs:
            if one != other:
                self._link(self._entry(one, held, reason), self._entry(other, held, reason))
        self._forget_dead()

    def covers(self, chosen: Sequence[tuple[Any, Any]], outside: Container[int]) -> bool:
        """Whether each container is told to be all that another one, beside it, may be.

        Of what the other may be only that counts which is `outside`, and the others given.
        """
        stands: dict[int, list[Any]] = {}
        for made, source in chosen:
            if source is not DEAD:
                stands.setdefault(id(source), []).append(made)
        for made, source in chosen:
            if source is DEAD:
                continue
            known = self._changes(made)
            for number in (id(source), *self._changes(source)):
                if number in outside and number not in known:
                    return False
                others = (id(other) for other in stands.get(number, ()))
                if any(other != id(made) and other not in known for other in others):
                    return False
            for number in self._changed_by.get(id(source), ()):
                if number in outside and id(made) not in self._entries[number].changes:
                    return False
        return True

    def _changes(self, container: Any) -> set[int]:
        entry = self._entries.get(id(container))
        return set() if entry is None else entry.changes

    def contain(self, container: StagedList, element: Any) -> None:
        """A staged list holds a copy of an element."""
        whole = _itself(container)
        for part in _containers(element):
            held = {id(part): part, id(whole): whole}
            self._link(self._entry(id(part), held, None), self._entry(id(whole), held, None))

    def _entry(self, number: int, held: dict[int, Any], reason: Note | None) -> Entry:
        found = self._entries.get(number)
        if found is None:
            found = self._entries[number] = Entry(held[number], reason)
        return found

    def _link(self, written: Entry, changed: Entry) -> None:
        one, other = id(written.container), id(changed.container)
        written.changes.add(other)
        self._changed_by.setdefault(other, set()).add(one)

    def _forget_dead(self) -> None:
        """Forgets what nobody but this table holds: no program can use it any more."""
        if len(self._entries) < self._most:
            return
        dead = [i for i, e in self._entries.items() if sys.getrefcount(e.container) <= 2]
        for number in dead:
            for other in self._entries.pop(number).changes:
                self._changed_by.get(other, set()).discard(number)
            for other in self._changed_by.pop(number, ()):
                if other in self._entries:
                    self._entries[other].changes.discard(number)
        self._most = max(_FEWEST, 2 * len(self._entries))


def _losses(entry: Entry) -> Iterator[tuple[Location, Any]]:
    """The places of a container, each with what is there when its contents are lost."""
    target: Any = entry.container
    if lost_in(target) is not None:
        return
    kind = "list" if isinstance(target, StagedList) else type(target).__name__
    error = Disagreement(
        f"a {kind} is used that another one stands for, which was changed: a tensor has chosen"
        " which one that is",
        notes=(entry.reason,),
        mend="change each on its own path; or go on with the chosen one only",
    )
    if isinstance(target, StagedList):
        places = [Location("staged", target)]
    elif isinstance(target, list | deque | dict):
        places = [Location("contents", target)]
    else:
        places = [Location("attribute", target, name) for name in _fields(target)]
    for place in places:
        yield place, lost_at(place, error)


def lost_at(location: Location, error: Disagreement) -> Any:
    """What is at a place of which no graph holds what was there; the error says why."""
    lost, target = Lost(error), location.target
    if location.kind == "staged" or (location.kind == "contents" and isinstance(target, list)):
        return StagedList.lost(lost)
    if location.kind != "contents":
        return lost
    if isinstance(target, dict):
        return dict.fromkeys([*target] or [lost], lost)
    return [lost] * (len(target) or 1) if isinstance(target, deque) else {lost}


def lost_in(value: Any) -> Lost | None:
    """What stands in a container that has lost its contents; None for any other value."""
    if type(value) is Lost:
        return value
    staged = forward(value)
    if isinstance(staged, StagedList):
        return staged.handles if type(staged.handles) is Lost else None
    kind, part = type(value), None
    if kind in (deque, set):
        part = next(iter(value), None)
    elif kind in DICTS:
        part = next(iter(value.values()), None)
    elif kind is not list and is_users_class(kind):  # whose own methods are not to be called
        held = object.__getattribute__(value, "__dict__") if kind.__dictoffset__ else {}
        part = next(iter(held.values()), None)
    return part if type(part) is Lost else None


def refuse_lost(value: Any) -> None:
    """Raises `Disagreement` for a container that has lost its contents."""
    lost = lost_in(value)
    if lost is not None:
        lost.refuse()


def matched(
    key: tuple[Any, ...], node: Node, made: Any, source: Any, undone: Undone
) -> Iterator[tuple[Any, Any]]:
    """The containers in what was made for a node, each with the one in a source (or DEAD).

    `key` says what the value is of: contents of a container are a copy, which nobody else holds.
    The writes of the source's way are `undone`.
    """
    found = _matched(node, made, source, undone)
    is_copy = key[0] == "effect" and key[1][0] in ("contents", "staged")
    return (pair for pair in found if pair[0] is not made) if is_copy else found


def _matched(node: Node, made: Any, source: Any, undone: Undone) -> Iterator[tuple[Any, Any]]:
    if made is source:
        return
    match node:
        case Perhaps(inner, _, _):
            made, source = (v.value if isinstance(v, Maybe) else v for v in (made, source))
            yield from _matched(inner, made, source, undone)
        case Nullable(inner, _):
            made, source = (v.value if isinstance(v, PerhapsNone) else v for v in (made, source))
            yield from _matched(inner, made, source, undone)
        case Elements():
            yield made, _itself(source) if _is_container(source) else DEAD
        case Tree(like, children):
            found = undone.seen(source)
            there = type(found) is type(like)
            if _is_container(like):
                yield made, source if there else DEAD
            sources = parts_of(found) if there else [DEAD] * len(children)
            if len(sources) == len(children):
                for child, part, other in zip(children, parts_of(made), sources, strict=True):
                    yield from _matched(child, part, other, undone)


def _itself(container: Any) -> Any:
    """The Python list whose contents a staged list is; any other container itself."""
    if isinstance(container, StagedList) and container.owner is not None:
        return container.owner
    return container


def has_containers(node: Node) -> bool:
    """Whether what is made for a node can be changed, or a part of it."""
    match node:
        case Tree(like, children):
            return is_changeable(like) or any(map(has_containers, children))
        case Perhaps(inner, _, _) | Nullable(inner, _) | Again(inner):
            return has_containers(inner)
        case _:
            return isinstance(node, Elements)


def _is_container(value: Any) -> bool:
    """Whether a value can be changed, and a copy stand for it."""
    return isinstance(value, StagedList) or is_changeable(value)


def _fields(value: Any) -> list[str]:
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    return list(vars(value))


def _containers(value: Any) -> Iterator[Any]:
    """The containers in a value, itself included."""
    if _is_container(value):
        yield value
    for part in children_of(value) or ():
        yield from _containers(part)
