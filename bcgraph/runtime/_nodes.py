"""What a value is made of: nodes, containers and their parts.

A `Node` describes a value by its staged leaves, each with a spec, and everything else as it is.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from types import MethodType
from typing import Any

from bcgraph._library import is_users_class
from bcgraph.backend import Spec
from bcgraph.errors import Note

from ._values import UNDEFINED

DICTS = (dict, OrderedDict, defaultdict, Counter)
NUMBERS = (bool, int, float, complex)
PLAIN = (bool, int, float, complex, str, bytes, range, slice, MethodType)


@dataclass(frozen=True, eq=False)
class Static:
    """The same Python object on every path."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static):
            return False
        one, two = self.value, other.value
        return one is two or (
            type(one) is type(two) and isinstance(one, PLAIN) and is_same(one, two)
        )

    def __hash__(self) -> int:
        return hash(type(self.value))


@dataclass(frozen=True)
class Leaf:
    """A staged value."""

    spec: Spec


class _Like:
    """Nodes with a sample value compare by its type and keys, never by what it holds."""

    like: Any
    children: tuple[Node, ...]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        assert isinstance(other, _Like)
        return are_alike(self.like, other.like) and self.children == other.children

    def __hash__(self) -> int:
        return hash((type(self.like), self.children))


@dataclass(frozen=True, eq=False)
class Tree(_Like):
    """A container; `like` is a value of its type and keys, to rebuild others."""

    like: Any
    children: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Parts(_Like):
    """A composite of the backend: a few staged values, and how to make it of them."""

    like: Any
    children: tuple[Node, ...]


@dataclass(frozen=True)
class Elements:
    """A staged list: one handle for each leaf of an element."""

    element: Node | None  # None: no element is known yet


@dataclass(frozen=True)
class Perhaps:
    """A value that exists on some paths only, and whether it does."""

    value: Node
    defined: Node
    reason: Note | None = None  # which way leaves it without one


@dataclass(frozen=True)
class Nullable:
    """A value that is None on some paths only, and whether it is there."""

    value: Node
    there: Node


@dataclass(frozen=True)
class Again:
    """What a container is that is met again on each of two ways: what it is in a node before."""

    node: Node


Node = Static | Leaf | Tree | Parts | Elements | Perhaps | Nullable | Again


def is_same(first: Any, second: Any) -> bool:
    """Whether two plain values are one value."""
    return bool(first == second) and (not isinstance(first, float) or str(first) == str(second))


def children_of(value: Any) -> list[Any] | None:
    """A container's parts; None for what is no container."""
    kind = type(value)
    if kind in (tuple, list, deque) or (isinstance(value, tuple) and hasattr(kind, "_fields")):
        return list(value)
    if kind in DICTS:
        return list(value.values())
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and _is_record(value):
        return [getattr(value, f.name) for f in dataclasses.fields(value)]
    return None


def _is_record(value: Any) -> bool:
    """Whether a dataclass holds its fields and nothing else, so that it can be made anew."""
    held = getattr(value, "__dict__", None)
    names = {f.name for f in dataclasses.fields(value)}
    return held is None or set(held) == names


def is_plain(value: Any) -> bool:
    """Whether a value is an object of a user's class that holds attributes and nothing else."""
    kind = type(value)
    return (
        children_of(value) is None
        and is_users_class(kind)
        and kind.__new__ is object.__new__
        and hasattr(value, "__dict__")
        and not any("__slots__" in vars(owner) for owner in kind.__mro__)
    )


def parts_of(value: Any) -> list[Any]:
    """The parts of a container, or of an object that is merged like one."""
    children = children_of(value)
    return list(vars(value).values()) if children is None else children


def are_alike(first: Any, second: Any) -> bool:
    """Whether two containers or objects have one type and the same keys."""
    if type(first) is not type(second):
        return False
    if is_plain(first):
        return list(vars(first)) == list(vars(second))
    return not isinstance(first, dict) or list(first) == list(second)


def is_changeable(value: Any) -> bool:
    """Whether a value is a container or object that a program can change."""
    if isinstance(value, list | deque | dict):
        return True
    if isinstance(value, tuple):
        return False
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return not value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    return is_plain(value)


def made_like(like: Any, parts: list[Any]) -> Any:
    """A container or object like another, of these parts: a new one, if it can be changed."""
    own, kind = parts_of(like), type(like)
    is_own = len(parts) == len(own) and all(a is b for a, b in zip(parts, own, strict=True))
    if is_own and not is_changeable(like):
        return like
    if isinstance(like, dict):
        made = like.copy()
        for key, part in zip(like, parts, strict=True):
            made[key] = part
        return made
    if isinstance(like, tuple) and hasattr(kind, "_fields"):
        return kind(*parts)
    if isinstance(like, deque):
        return deque(parts, like.maxlen)
    if isinstance(like, tuple | list):
        return kind(parts)
    made = object.__new__(kind)
    if is_plain(like):
        made.__dict__.update(zip(vars(like), parts, strict=True))
        return made
    for field, part in zip(dataclasses.fields(like), parts, strict=True):
        object.__setattr__(made, field.name, part)
    return made


def shape_of(node: Node) -> object:
    """A node without its values: equal for states of the same types."""
    match node:
        case Static(value):
            return value if isinstance(value, (*PLAIN, type(None))) else type(value)
        case Leaf(spec):
            return spec
        case Tree(like, children) | Parts(like, children):
            return type(like), tuple(shape_of(c) for c in children)
        case Elements(element):
            return None if element is None else shape_of(element)
        case Perhaps(value, defined, _):
            return shape_of(value), shape_of(defined)
        case Nullable(value, there):
            return "or None", shape_of(value), shape_of(there)
        case Again(node):
            return shape_of(node)


def is_free(node: Node) -> bool:
    """Whether a node holds no value of one recording, so that it serves in another."""
    match node:
        case Static(value):
            return value is UNDEFINED or isinstance(value, (*PLAIN, type(None)))
        case Leaf():
            return True
        case Tree(_, children):
            return all(is_free(c) for c in children)
        case Perhaps(value, defined, _):
            return is_free(value) and is_free(defined)
        case Nullable(value, there):
            return is_free(value) and is_free(there)
        case _:
            return False
