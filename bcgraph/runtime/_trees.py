"""Values as trees: which leaves are staged, and how two values become one.

A `Node` describes a value by its staged leaves, each with a spec, and everything else as it is.
`agree` finds the node that holds two values (from two branches, or before and after a turn);
`leaves` gives a value's staged leaves in the order of its node, `rebuild` the value from them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import MethodType
from typing import Any

from bcgraph.backend import Backend, Spec, StagedNumber, number_of
from bcgraph.errors import Disagreement

from ._journal import Journal
from ._lists import StagedList, forward
from ._optional import PerhapsNone, split
from ._sight import is_users_class
from ._values import DEAD, UNDEFINED, Maybe

_DICTS = (dict, OrderedDict, defaultdict, Counter)
_NUMBERS = (bool, int, float, complex)
_PLAIN = (bool, int, float, complex, str, bytes, range, slice, MethodType)


@dataclass(frozen=True, eq=False)
class Static:
    """The same Python object on every path."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static):
            return False
        one, two = self.value, other.value
        return one is two or (
            type(one) is type(two) and isinstance(one, _PLAIN) and _same(one, two)
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
        return _alike(self.like, other.like) and self.children == other.children

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
    reason: str


@dataclass(frozen=True)
class Nullable:
    """A value that is None on some paths only, and whether it is there."""

    value: Node
    there: Node


Node = Static | Leaf | Tree | Parts | Elements | Perhaps | Nullable


class Trees:
    """Operations on values that need a backend's types."""

    def __init__(self, backend: Backend, journal: Journal) -> None:
        self.backend, self.journal = backend, journal
        self.since = 0  # how many branches had been entered in front of what is merged

    def describe(self, value: Any, *, numbers: bool) -> Node:
        """The node of one value; with `numbers`, Python ints and floats count as staged leaves."""
        if type(value) in (int, float, complex) and numbers:
            spec = self.backend.spec(value)
            return Static(value) if spec is None else Leaf(spec)
        if isinstance(value, Maybe):
            return Perhaps(
                self.describe(value.value, numbers=numbers),
                self.describe(value.defined, numbers=numbers),
                value.reason,
            )
        if isinstance(value, PerhapsNone):
            return Nullable(
                self.describe(value.value, numbers=numbers),
                self.describe(value.there, numbers=numbers),
            )
        if isinstance(value, StagedList):
            return Elements(value.element)
        if (children := _children(value)) is not None:
            return Tree(value, tuple(self.describe(c, numbers=numbers) for c in children))
        if self._is_tensor(value):
            if (parts := self.backend.parts(value)) is not None:
                return Parts(value, tuple(self.describe(p, numbers=False) for p in parts[0]))
            spec = self.backend.spec(value)
            if spec is not None:
                return Leaf(spec)
        return Static(value)

    def _is_tensor(self, value: Any) -> bool:
        if isinstance(value, (*_PLAIN, type(None))):
            return False
        return self.backend.spec(value) is not None or self.backend.parts(value) is not None

    def agree(self, first: Any, second: Any, name: str) -> Node:
        """The narrowest node that holds both values of the variable `name`.

        Raises `Disagreement` if no graph can hold both.
        """
        if first is second:
            return Static(first)
        if first is DEAD:
            return self.describe(second, numbers=False)
        if second is DEAD:
            return self.describe(first, numbers=False)
        first, second = forward(first), forward(second)
        if (
            isinstance(first, Maybe)
            or isinstance(second, Maybe)
            or first is UNDEFINED
            or second is UNDEFINED
        ):
            return self._perhaps(first, second, name)
        if type(first) is type(second) and isinstance(first, _PLAIN) and _same(first, second):
            return Static(first)
        if any(v is None or isinstance(v, PerhapsNone) for v in (first, second)):
            (one, one_there), (other, other_there) = split(first), split(second)
            return Nullable(self.agree(one, other, name), self.agree(one_there, other_there, name))
        if isinstance(first, StagedList) or isinstance(second, StagedList):
            return self._elements(first, second, name)
        ones, others = _children(first), _children(second)
        if ones is not None and others is not None and _alike(first, second):
            if len(ones) == len(others):
                pairs = zip(ones, others, strict=True)
                return Tree(first, tuple(self.agree(a, b, name) for a, b in pairs))
            if isinstance(first, list):
                return self._elements(first, second, name)
        if isinstance(first, dict) and isinstance(second, dict):
            for key in first.keys() ^ second.keys():
                raise Disagreement(
                    f"`[{key!r}]` of `{name}` has a value on one path only",
                    mend="give it a value before the branch",
                )
        if ones is None and others is None:
            if self._are_new_objects(first, second):
                pairs = zip(vars(first).values(), vars(second).values(), strict=True)
                return Tree(first, tuple(self.agree(a, b, name) for a, b in pairs))
            node = self._tensors(first, second, name)
            if node is not None:
                return node
        raise Disagreement(
            f"`{name}` is {self.told(first)} on one path and {self.told(second)} on another"
        )

    def _are_new_objects(self, first: Any, second: Any) -> bool:
        """Whether two objects of one class have been made on the ways that are merged.

        Each is known on its way only, so that one object can stand for either.
        """
        made = [self.journal.is_born_after(value, self.since) for value in (first, second)]
        return all(made) and is_plain(first) and is_plain(second) and _alike(first, second)

    def agree_operands(self, first: Any, second: Any, name: str) -> Node:
        """As `agree`, for operands: of two iterators a loop around needs one, or none any more."""
        if isinstance(first, Iterator) and isinstance(second, Iterator):
            return Static(first)
        return self.agree(first, second, name)

    def _tensors(self, first: Any, second: Any, name: str) -> Node | None:
        backend = self.backend
        if not isinstance(first, _PLAIN) and not isinstance(second, _PLAIN):
            one, other = backend.parts(first), backend.parts(second)
            if one is not None and other is not None and len(one[0]) == len(other[0]):
                pairs = zip(one[0], other[0], strict=True)
                return Parts(first, tuple(self.agree(a, b, name) for a, b in pairs))
        spec_one, spec_other = backend.spec(first), backend.spec(second)
        if spec_one is None or spec_other is None:
            return None
        joined = backend.join(spec_one, spec_other)
        return None if joined is None else Leaf(joined)

    def _perhaps(self, first: Any, second: Any, name: str) -> Node:
        def parts(value: Any) -> tuple[Any, Any, str]:
            if value is UNDEFINED:
                return DEAD, False, ""
            if isinstance(value, Maybe):
                return value.value, value.defined, value.reason
            return value, True, ""

        (one, one_there, reason), (other, other_there, also) = parts(first), parts(second)
        return Perhaps(
            self.agree(one, other, name), self.agree(one_there, other_there, name), reason or also
        )

    def _elements(self, first: Any, second: Any, name: str) -> Node:
        element: Node | None = None
        for value in (first, second):
            if isinstance(value, StagedList):
                found = value.element
            elif isinstance(value, list):
                found = self.element(value, name)
            else:
                raise Disagreement(
                    f"`{name}` is {self.told(first)} on one path and {self.told(second)} on another"
                )
            element = self.join(element, found, name)
        return Elements(element)

    def element(self, items: list[Any], name: str) -> Node | None:
        """The node that holds every element of a list; None for an empty one."""
        element: Node | None = None
        for item in items:
            element = self.join(element, self.describe_staged(item), name)
        return element

    def describe_staged(self, value: Any) -> Node:
        """As `describe`, with every Python number, bool and string staged."""
        if isinstance(value, (*_NUMBERS, str)):
            spec = self.backend.spec(value)
            return Static(value) if spec is None else Leaf(spec)
        if (children := _children(value)) is not None:
            return Tree(value, tuple(self.describe_staged(c) for c in children))
        return self.describe(value, numbers=True)

    def join(self, first: Node | None, second: Node | None, name: str) -> Node | None:
        """The narrowest node that holds what two nodes hold."""
        if first is None or second is None or first == second:
            return second if first is None else first
        match first, second:
            case Leaf(one), Leaf(other):
                joined = self.backend.join(one, other)
                if joined is not None:
                    return Leaf(joined)
            case Tree(), Tree() if _alike(first.like, second.like) and len(first.children) == len(
                second.children
            ):
                pairs = zip(first.children, second.children, strict=True)
                children = [self.join(a, b, name) for a, b in pairs]
                return Tree(first.like, tuple(c for c in children if c is not None))
            case Static(a), Static(b) if a is b or (type(a) is type(b) and _same(a, b)):
                return first
            case Elements(), Elements():
                return Elements(self.join(first.element, second.element, name))
            case (Static(a), Leaf(spec)) | (Leaf(spec), Static(a)):
                own = self.backend.spec(a)
                joined = None if own is None else self.backend.join(own, spec)
                if joined is not None:
                    return Leaf(joined)
            case Parts(), Parts() if len(first.children) == len(second.children):
                pairs = zip(first.children, second.children, strict=True)
                children = [self.join(a, b, name) for a, b in pairs]
                return Parts(first.like, tuple(c for c in children if c is not None))
        raise Disagreement(f"the elements of `{name}` have no common type")

    def widen(self, node: Node, value: Any, name: str) -> Node:
        """The node, made wide enough to hold `value` too."""
        if (value is None or isinstance(value, PerhapsNone)) and not isinstance(
            node, Static | Perhaps | Nullable
        ):
            inner, there = split(value)
            return Nullable(self.widen(node, inner, name), self.agree(True, there, name))
        match node:
            case Static(own):
                if own is UNDEFINED and value is UNDEFINED:
                    return node
                return self.agree(own, value, name)
            case Leaf(spec):
                if value is DEAD:
                    return node
                if isinstance(value, Maybe) or value is UNDEFINED:
                    return self._perhaps_unset(node, value, name)
                own = self.backend.spec(value) if _children(value) is None else None
                joined = None if own is None else self.backend.join(spec, own)
                if joined is None:
                    raise Disagreement(
                        f"`{name}` is {_spec_told(spec)} before a turn of the loop"
                        f" and {self.told(value)} after it"
                    )
                return Leaf(joined)
            case Tree(like, children):
                if value is DEAD:
                    return node
                others = _children(value)
                if isinstance(like, list) and like is not value:
                    like, value = forward(like), forward(value)
                    if isinstance(like, StagedList) or isinstance(value, StagedList):
                        return self._elements(like, value, name)
                if others is not None and _alike(like, value):
                    if len(others) == len(children):
                        pairs = zip(children, others, strict=True)
                        wide = tuple(self.widen(n, v, name) for n, v in pairs)
                        return node if wide == children else Tree(like, wide)
                    if isinstance(like, list):
                        return self._elements(like, value, name)
                raise Disagreement(
                    f"`{name}` is {self.told(like)} before a turn of the loop"
                    f" and {self.told(value)} after it"
                )
            case Parts(like, children):
                parts = None if value is DEAD else self.backend.parts(value)
                if parts is None or len(parts[0]) != len(children):
                    raise Disagreement(f"`{name}` changes its type in the loop")
                pairs = zip(children, parts[0], strict=True)
                wide = tuple(self.widen(n, v, name) for n, v in pairs)
                return node if wide == children else Parts(like, wide)
            case Elements(element):
                if value is DEAD:
                    return node
                if isinstance(value, StagedList):
                    found = value.element
                elif isinstance(value, list):
                    found = self.element(value, name)
                else:
                    raise Disagreement(f"`{name}` is a list before a turn, and no list after it")
                joined_element = self.join(element, found, name)
                return node if joined_element == element else Elements(joined_element)
            case Perhaps(inner, defined, reason):
                if value is UNDEFINED:
                    own_value, there = DEAD, False
                elif isinstance(value, Maybe):
                    own_value, there = value.value, value.defined
                else:
                    own_value, there = value, value is not DEAD
                wide_value = self.widen(inner, own_value, name)
                wide_defined = self.widen(defined, there, name)
                if (wide_value, wide_defined) == (inner, defined):
                    return node
                return Perhaps(wide_value, wide_defined, reason)
            case Nullable(inner, there):
                if value is DEAD:
                    return node
                if isinstance(value, Maybe) or value is UNDEFINED:
                    return self._perhaps_unset(node, value, name)
                own_value, own_there = split(value)
                wide_value = self.widen(inner, own_value, name)
                wide_there = self.widen(there, own_there, name)
                if (wide_value, wide_there) == (inner, there):
                    return node
                return Nullable(wide_value, wide_there)

    def _perhaps_unset(self, node: Node, value: Any, name: str) -> Node:
        """The node of a value that has one in `node`, and may have none by `value`."""
        there = value.defined if isinstance(value, Maybe) else False
        inner = self.widen(node, value.value, name) if there is not False else node
        reason = value.reason if isinstance(value, Maybe) else ""
        return Perhaps(inner, self.agree(True, there, name), reason)

    def leaves(self, node: Node, value: Any) -> Iterator[Any]:
        """A value's staged leaves, converted to the specs of the node."""
        backend = self.backend
        match node:
            case Static():
                return
            case Leaf(spec):
                if value is DEAD or value is UNDEFINED:
                    yield backend.filler(spec)
                else:
                    if isinstance(value, StagedNumber):
                        value.yielded = True
                    yield backend.convert(value, spec)
            case Tree(_, children):
                values = [DEAD] * len(children) if value is DEAD else _parts(value)
                for child, part in zip(children, values, strict=True):
                    yield from self.leaves(child, part)
            case Parts(like, children):
                found = backend.parts(like if value is DEAD else value)
                assert found is not None
                for child, part in zip(children, found[0], strict=True):
                    yield from self.leaves(child, DEAD if value is DEAD else part)
            case Elements(element):
                if element is None:
                    return
                value = forward(value)
                if isinstance(value, StagedList) and value.element == element:
                    yield from value.handles
                else:
                    items = [] if value is DEAD or value is UNDEFINED else value
                    yield from self.staged_list(items, element).handles
            case Perhaps(inner, defined, _):
                if isinstance(value, Maybe):
                    yield from self.leaves(inner, value.value)
                    yield from self.leaves(defined, value.defined)
                else:
                    missing = value is UNDEFINED or value is DEAD
                    yield from self.leaves(inner, DEAD if missing else value)
                    yield from self.leaves(defined, not missing)
            case Nullable(inner, there):
                missing = value is UNDEFINED or value is DEAD
                own_value, own_there = (DEAD, False) if missing else split(value)
                yield from self.leaves(inner, own_value)
                yield from self.leaves(there, own_there)

    def staged_list(self, items: Any, element: Node) -> StagedList:
        """A list as a staged one."""
        if isinstance(items, StagedList):
            if not items.handles:  # nothing has been appended yet
                return StagedList.empty(self, element)
            if items.element == element:
                return items
            raise Disagreement("the elements of a staged list change their type after the first")
        made = StagedList.empty(self, element)
        for item in items:
            made.append(item)
        return made

    def specs(self, node: Node) -> Iterator[Spec | None]:
        """The specs of a node's leaves; None for the handle of a staged list."""
        match node:
            case Leaf(spec):
                yield spec
            case Tree(_, children) | Parts(_, children):
                for child in children:
                    yield from self.specs(child)
            case Elements(element):
                if element is not None:
                    yield from (None for _ in self.specs(element))
            case Perhaps(inner, defined, _):
                yield from self.specs(inner)
                yield from self.specs(defined)
            case Nullable(inner, there):
                yield from self.specs(inner)
                yield from self.specs(there)

    def rebuild(self, node: Node, leaves: Iterator[Any], *, numbers: bool = True) -> Any:
        """The value of a node from its staged leaves; without `numbers`, all of them tensors."""
        match node:
            case Static(value):
                return value
            case Leaf(spec):
                leaf = next(leaves)
                return number_of(self.backend, leaf) if numbers and spec.weak else leaf
            case Tree(like, children):
                made = _like(like, [self.rebuild(c, leaves, numbers=numbers) for c in children])
                if is_plain(like):
                    self.journal.bear(made)
                return made
            case Parts(like, children):
                found = self.backend.parts(like)
                assert found is not None
                return found[1]([self.rebuild(c, leaves) for c in children])
            case Elements(element):
                if element is None:
                    return StagedList(self, None, [])
                return StagedList(self, element, [next(leaves) for _ in self.specs(element)])
            case Perhaps(inner, defined, reason):
                value = self.rebuild(inner, leaves)
                there = self.rebuild(defined, leaves)
                if there is True:
                    return value
                return UNDEFINED if there is False else Maybe(value, there, reason)
            case Nullable(inner, is_there):
                value = self.rebuild(inner, leaves, numbers=numbers)
                there = self.rebuild(is_there, leaves, numbers=numbers)
                if there is True:
                    return value
                return None if there is False else PerhapsNone(self.backend, value, there)

    def told(self, value: Any) -> str:
        """A value as an error message tells it."""
        spec = None if _children(value) is not None else self.backend.spec(value)
        if spec is not None and not isinstance(value, (*_NUMBERS, str)):
            return _spec_told(spec)
        if (children := _children(value)) is not None:
            return f"a {type(value).__name__} of {len(children)}"
        return f"the {type(value).__name__} {value!r}" if isinstance(value, _PLAIN) else repr(value)


def _spec_told(spec: Spec) -> str:
    name = getattr(spec.dtype, "name", None) or str(spec.dtype)
    return f"a {name} tensor of shape {'unknown' if spec.shape is None else spec.shape}"


def _same(first: Any, second: Any) -> bool:
    return bool(first == second) and (not isinstance(first, float) or str(first) == str(second))


def _children(value: Any) -> list[Any] | None:
    """A container's parts; None for what is no container."""
    kind = type(value)
    if kind in (tuple, list, deque) or (isinstance(value, tuple) and hasattr(kind, "_fields")):
        return list(value)
    if kind in _DICTS:
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
        _children(value) is None
        and is_users_class(kind)
        and kind.__new__ is object.__new__
        and hasattr(value, "__dict__")
        and not any("__slots__" in vars(owner) for owner in kind.__mro__)
    )


def _parts(value: Any) -> list[Any]:
    """The parts of a container, or of an object that is merged like one."""
    children = _children(value)
    return list(vars(value).values()) if children is None else children


def _alike(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    if is_plain(first):
        return list(vars(first)) == list(vars(second))
    return not isinstance(first, dict) or list(first) == list(second)


def _like(like: Any, parts: list[Any]) -> Any:
    own = _parts(like)
    if len(parts) == len(own) and all(a is b for a, b in zip(parts, own, strict=True)):
        return like
    kind = type(like)
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
            return value if isinstance(value, (*_PLAIN, type(None))) else type(value)
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


def is_free(node: Node) -> bool:
    """Whether a node holds no value of one recording, so that it serves in another."""
    match node:
        case Static(value):
            return value is UNDEFINED or isinstance(value, (*_PLAIN, type(None)))
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
