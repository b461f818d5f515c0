"""How two values become one, by the nodes that describe them.

`agree` finds the node that holds two values (from two branches, or before and after a turn);
`leaves` gives a value's staged leaves in the order of its node, `rebuild` the value from them.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

from bcgraph.backend import Backend, Spec, StagedNumber, number_of
from bcgraph.errors import Disagreement

from ._aliases import Aliases, lost_in
from ._journal import Journal
from ._lists import StagedList, forward
from ._nodes import (
    NUMBERS,
    PLAIN,
    Again,
    Elements,
    Leaf,
    Node,
    Nullable,
    Parts,
    Perhaps,
    Static,
    Tree,
    are_alike,
    children_of,
    is_changeable,
    is_plain,
    is_same,
    made_like,
    parts_of,
)
from ._optional import PerhapsNone, split
from ._reachable import reachable
from ._undone import Effects, Undone
from ._values import DEAD, UNDEFINED, Maybe

_NONE = Undone({})


class Trees:
    """Operations on values that need a backend's types."""

    def __init__(self, backend: Backend, journal: Journal) -> None:
        self.backend, self.journal = backend, journal
        self.aliases = Aliases(journal)
        self.roots: tuple[Any, ...] = ()  # what the recorded call was given
        self.since = 0  # how many branches had been entered in front of what is merged
        self._shared: dict[tuple[int, int], Node] | None = None  # the nodes of what is merged
        self._made: dict[int, Any] = {}  # what was made of each of them
        self._undone = _NONE, _NONE  # the writes on the two ways that are merged

    @contextmanager
    def after(self, first: Effects, second: Effects | None = None) -> Iterator[None]:
        """Inside, values are seen as these writes leave them that have been undone.

        The first ones leave the first of two that agree; the last, the second and any other.
        """
        before = self._undone
        self._undone = Undone(first), Undone(first if second is None else second)
        try:
            yield
        finally:
            self._undone = before

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Inside, two containers that are met again have the node, and are what it was made."""
        self._shared, self._made = {}, {}
        try:
            yield
        finally:
            self._shared, self._made = None, {}

    def is_held(self, target: Any) -> bool:
        """Whether an object outlives the recorded call: its roots or a module hold it."""
        if isinstance(target, type | ModuleType):
            return True
        spaces = [root.__globals__ for root in self.roots if isinstance(root, FunctionType)]
        return any(target is space for space in spaces) or id(target) in reachable(
            self.roots, *spaces, depth=8
        )

    def describe(self, value: Any, *, numbers: bool, way: int = 1) -> Node:
        """The node of one value; with `numbers`, Python ints and floats count as staged leaves."""
        value = self._undone[way].seen(value)
        if lost_in(value) is not None:
            return Static(value)
        if type(value) in (int, float, complex) and numbers:
            spec = self.backend.spec(value)
            return Static(value) if spec is None else Leaf(spec)
        if isinstance(value, Maybe):
            return Perhaps(
                self.describe(value.value, numbers=numbers, way=way),
                self.describe(value.defined, numbers=numbers, way=way),
                value.reason,
            )
        if isinstance(value, PerhapsNone):
            return Nullable(
                self.describe(value.value, numbers=numbers, way=way),
                self.describe(value.there, numbers=numbers, way=way),
            )
        if isinstance(value, StagedList):
            return Elements(value.element)
        if (children := children_of(value)) is not None:
            parts = (self.describe(c, numbers=numbers, way=way) for c in children)
            return Tree(value, tuple(parts))
        if self._is_tensor(value):
            if (parts := self.backend.parts(value)) is not None:
                return Parts(value, tuple(self.describe(p, numbers=False) for p in parts[0]))
            spec = self.backend.spec(value)
            if spec is not None:
                return Leaf(spec)
        return Static(value)

    def _is_tensor(self, value: Any) -> bool:
        if isinstance(value, (*PLAIN, type(None))):
            return False
        return self.backend.spec(value) is not None or self.backend.parts(value) is not None

    def agree(self, first: Any, second: Any, name: str) -> Node:
        """The narrowest node that holds both values of the variable `name`.

        Raises `Disagreement` if no graph can hold both.
        """
        shared, key = self._shared, (id(first), id(second))
        if shared is None:
            return self._agree(first, second, name)
        if key in shared:
            return Again(shared[key])
        node = self._agree(first, second, name)
        if isinstance(node, Tree | Elements):
            shared[key] = node
        return node

    def _agree(self, first: Any, second: Any, name: str) -> Node:
        if first is second:
            return Static(first)
        if first is DEAD or second is DEAD:
            way = 1 if first is DEAD else 0
            value = second if first is DEAD else first
            node = self.describe(value, numbers=False, way=way)
            return node if any(True for _ in self.specs(node)) else Static(value)
        objects = first, second
        first, second = self._undone[0].seen(first), self._undone[1].seen(second)
        for value in (first, second):
            if lost_in(value) is not None:
                return Static(value)
        if (
            isinstance(first, Maybe)
            or isinstance(second, Maybe)
            or first is UNDEFINED
            or second is UNDEFINED
        ):
            return self._perhaps(first, second, name)
        if type(first) is type(second) and isinstance(first, PLAIN) and is_same(first, second):
            return Static(first)
        if any(v is None or isinstance(v, PerhapsNone) for v in (first, second)):
            (one, one_there), (other, other_there) = split(first), split(second)
            return Nullable(self.agree(one, other, name), self.agree(one_there, other_there, name))
        if isinstance(first, StagedList) or isinstance(second, StagedList):
            return self._elements(first, second, name)
        ones, others = children_of(first), children_of(second)
        if ones is not None and others is not None and are_alike(first, second):
            if len(ones) == len(others):
                pairs = zip(ones, others, strict=True)
                return Tree(first, tuple(self.agree(a, b, name) for a, b in pairs))
            if isinstance(first, list):
                return self._elements(first, second, name)
        if isinstance(first, dict) and isinstance(second, dict):
            for key in first.keys() ^ second.keys():
                raise Disagreement(
                    f"`[{key!r}]` of {name} has a value on one path only",
                    mend="give it a value before the branch",
                )
        if ones is None and others is None:
            if self._are_new_objects(*objects):
                pairs = zip(vars(first).values(), vars(second).values(), strict=True)
                return Tree(first, tuple(self.agree(a, b, name) for a, b in pairs))
            node = self._tensors(first, second, name)
            if node is not None:
                return node
        one, other = self.told(first), self.told(second)
        raise Disagreement(
            f"{name} is {one}, and another one on each path"
            if one == other
            else f"{name} is {one} on one path and {other} on another",
            mend=None if self._is_tensor(first) or self._is_tensor(second) else self._chosen(first),
        )

    @staticmethod
    def _chosen(value: Any) -> str | None:
        """How to choose between Python objects."""
        if isinstance(value, PLAIN) or children_of(value) is not None:
            return None
        return "choose the numbers or tensors that they hold, and make one object of them after it"

    def _are_new_objects(self, first: Any, second: Any) -> bool:
        """Whether two objects of one class have been made on the ways that are merged.

        Each is known on its way only, so that one object can stand for either.
        """
        made = [self.journal.is_born_after(value, self.since) for value in (first, second)]
        return all(made) and is_plain(first) and is_plain(second) and are_alike(first, second)

    def agree_operands(self, first: Any, second: Any, name: str) -> Node:
        """As `agree`, for operands: of two iterators a loop around needs one, or none any more."""
        if isinstance(first, Iterator) and isinstance(second, Iterator):
            return Static(first)
        return self.agree(first, second, name)

    def _tensors(self, first: Any, second: Any, name: str) -> Node | None:
        backend = self.backend
        if not isinstance(first, PLAIN) and not isinstance(second, PLAIN):
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
            return value, True, None

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
                    f"{name} is {self.told(first)} on one path and {self.told(second)} on another"
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
        if isinstance(value, (*NUMBERS, str)):
            spec = self.backend.spec(value)
            return Static(value) if spec is None else Leaf(spec)
        value = forward(value)
        if (children := children_of(value)) is not None:
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
            case Tree(), Tree() if are_alike(first.like, second.like) and len(
                first.children
            ) == len(second.children):
                pairs = zip(first.children, second.children, strict=True)
                children = [self.join(a, b, name) for a, b in pairs]
                return Tree(first.like, tuple(c for c in children if c is not None))
            case Static(a), Static(b) if a is b or (type(a) is type(b) and is_same(a, b)):
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
        raise Disagreement(f"the elements of {name} have no common type")

    def widen(self, node: Node, value: Any, name: str) -> Node:
        """The node, made wide enough to hold `value` too."""
        if isinstance(node, Static) and lost_in(node.value) is not None:
            return node
        if lost_in(value) is not None:
            return Static(value)
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
        value = self._undone[1].seen(value)
        match node:
            case Leaf(spec):
                if value is DEAD:
                    return node
                if isinstance(value, Maybe) or value is UNDEFINED:
                    return self._perhaps_unset(node, value, name)
                own = self.backend.spec(value) if children_of(value) is None else None
                joined = None if own is None else self.backend.join(spec, own)
                if joined is None:
                    raise Disagreement(
                        f"{name} is {_spec_told(spec)} before a turn of the loop"
                        f" and {self.told(value)} after it"
                    )
                return Leaf(joined)
            case Tree(like, children):
                if value is DEAD:
                    return node
                others = children_of(value)
                if isinstance(like, list) and like is not value:
                    like, value = forward(like), forward(value)
                    if isinstance(like, StagedList) or isinstance(value, StagedList):
                        return self._elements(like, value, name)
                if others is not None and are_alike(like, value):
                    if len(others) == len(children):
                        pairs = zip(children, others, strict=True)
                        wide = tuple(self.widen(n, v, name) for n, v in pairs)
                        return node if wide == children else Tree(like, wide)
                    if isinstance(like, list):
                        return self._elements(like, value, name)
                raise Disagreement(
                    f"{name} is {self.told(like)} before a turn of the loop"
                    f" and {self.told(value)} after it"
                )
            case Parts(like, children):
                parts = None if value is DEAD else self.backend.parts(value)
                if parts is None or len(parts[0]) != len(children):
                    raise Disagreement(f"{name} changes its type in the loop")
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
                    raise Disagreement(f"{name} is a list before a turn, and no list after it")
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
        reason = value.reason if isinstance(value, Maybe) else None
        return Perhaps(inner, self.agree(True, there, name), reason)

    def leaves(self, node: Node, value: Any) -> Iterator[Any]:
        """A value's staged leaves, converted to the specs of the node."""
        if isinstance(node, Static):
            return
        backend, value = self.backend, self._undone[1].seen(value)
        match node:
            case Leaf(spec):
                if value is DEAD or value is UNDEFINED:
                    yield backend.filler(spec)
                else:
                    if isinstance(value, StagedNumber) and value.is_known_in(spec):
                        value.used_as_number()
                    yield backend.convert(value, spec)
            case Tree(like, children):
                if value is not DEAD and children_of(value) is None and not is_plain(value):
                    raise Disagreement(
                        f"a variable holds {self.told(like)} on one path and {self.told(value)} on"
                        " another"
                    )
                values = [DEAD] * len(children) if value is DEAD else parts_of(value)
                for child, part in zip(children, values, strict=True):
                    yield from self.leaves(child, part)
            case Parts(like, children):
                found = backend.parts(like if value is DEAD else value)
                assert found is not None
                for child, part in zip(children, found[0], strict=True):
                    yield from self.leaves(child, DEAD if value is DEAD else part)
            case Again():
                return
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
                made = made_like(like, [self.rebuild(c, leaves, numbers=numbers) for c in children])
                if is_changeable(like):
                    self.journal.bear(made)
                if self._shared is not None:
                    self._made[id(node)] = made
                return made
            case Again(first):
                return self._made[id(first)]
            case Parts(like, children):
                found = self.backend.parts(like)
                assert found is not None
                return found[1]([self.rebuild(c, leaves) for c in children])
            case Elements(element):
                handles = [] if element is None else [next(leaves) for _ in self.specs(element)]
                staged = StagedList(self, element, handles)
                if self._shared is not None:
                    self._made[id(node)] = staged
                return staged
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
        spec = None if children_of(value) is not None else self.backend.spec(value)
        if spec is not None and not isinstance(value, (*NUMBERS, str)):
            return _spec_told(spec)
        if (children := children_of(value)) is not None:
            return f"a {type(value).__name__} of {len(children)}"
        if isinstance(value, PLAIN):
            return f"the {type(value).__name__} {_REPR.repr(value)}"
        if type(value).__repr__ is object.__repr__:
            return f"an object of `{type(value).__qualname__}`"
        return _REPR.repr(value)


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 60


def _are_of_one_kind(first: Tree, second: Tree) -> bool:
    return are_alike(first.like, second.like) and len(first.children) == len(second.children)


def _spec_told(spec: Spec) -> str:
    name = getattr(spec.dtype, "name", None) or str(spec.dtype)
    return f"a {name} tensor of shape {'unknown' if spec.shape is None else spec.shape}"
