"""Lists whose length is known only when the graph runs."""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from typing import TYPE_CHECKING, Any

from bcgraph._number import number_tensor
from bcgraph.backend import Backend, StagedNumber
from bcgraph.errors import UnsupportedEffect

from ._caught import checked
from ._lost import Lost
from ._optional import PerhapsNone, used

if TYPE_CHECKING:
    from ._nodes import Node
    from ._trees import Trees


class Moved:
    """The only element of a Python list whose contents have become a staged list.

    The Python list stays itself, so that every name and attribute that holds it sees what happens
    to it; converted code goes on to the staged list (`forward`), any other meets this object, which
    nothing can use.
    """

    __slots__ = ("staged",)

    def __init__(self, staged: StagedList) -> None:
        self.staged = staged

    def __repr__(self) -> str:
        return "<contents known only when the graph runs>"


def forward(value: Any) -> Any:
    """The staged list that a Python list has become; any other value itself."""
    if type(value) is list and len(value) == 1 and type(value[0]) is Moved:
        return value[0].staged
    return value


def is_staged(backend: Backend, value: Any) -> bool:
    """Whether a value is known only to the running graph."""
    return backend.is_staged(value) or isinstance(forward(value), StagedList | PerhapsNone)


def given(value: Any) -> Any:
    """What a library's function gets for an argument: a staged list, tensors in a list."""
    value = used(forward(value))
    if type(value) in (list, tuple) and any(isinstance(v, StagedNumber) for v in value):
        return type(value)(map(number_tensor, value))
    return value


class StagedList:
    """A Python list that a staged branch or loop changes the length of.

    Its elements all have one type; it takes `append`, `pop`, indexing, `len` and iteration inside
    the graph, and what the backend stacks or converts to a tensor.

    `element` describes an element (None while none is known); `handles` holds, for each staged leaf
    of an element, the backend's list of that leaf.
    """

    __slots__ = ("__weakref__", "born", "element", "handles", "owner", "trees")

    def __init__(self, trees: Trees, element: Node | None, handles: list[Any]) -> None:
        self.trees, self.element, self.handles = trees, element, handles
        self.owner: list[Any] | None = None  # the Python list whose contents it is
        self.born = trees.journal.entered

    @classmethod
    def empty(cls, trees: Trees, element: Node) -> StagedList:
        """No elements, of a known type."""
        return cls(trees, element, [trees.backend.list_new(s) for s in _specs(trees, element)])

    @classmethod
    def lost(cls, lost: Any) -> StagedList:
        """A list that has lost its contents: a `Lost` stands for each of its parts."""
        made = object.__new__(cls)
        made.trees = made.element = made.handles = lost
        made.born, made.owner = 0, None
        return made

    def snapshot(self) -> StagedList:
        """The list as it is now."""
        if type(self.handles) is Lost:
            return self
        return StagedList(self.trees, self.element, self.handles)

    def restore(self, other: StagedList) -> None:
        """Becomes what another list is."""
        self.element, self.handles = other.element, other.handles

    def _leaves(self, value: Any) -> list[Any]:
        assert self.element is not None
        widened = self.trees.join(self.element, self.trees.describe_staged(value), "the list")
        if widened != self.element:
            raise ElementWidened(self, widened)
        return list(self.trees.leaves(self.element, value))

    def _tell(self) -> None:
        self.trees.aliases.written(self)
        self.trees.journal.note_list(self)

    def append(self, value: Any) -> None:
        """Adds an element at the end."""
        self._tell()
        if self.element is None:
            self.element = self.trees.describe_staged(value)
            self.handles = StagedList.empty(self.trees, self.element).handles
        backend, specs = self.trees.backend, _specs(self.trees, self.element)
        parts = zip(self.handles, self._leaves(value), specs, strict=True)
        self.handles = [backend.list_push(h, v, s) for h, v, s in parts]
        self.trees.aliases.contain(self, value)

    def extend(self, values: Any) -> None:
        """Adds the elements of a Python iterable at the end."""
        for value in values:
            self.append(value)

    def pop(self) -> Any:
        """Removes the last element and returns it."""
        assert self.element is not None
        self._tell()
        specs = _specs(self.trees, self.element)
        popped = [
            self.trees.backend.list_pop(h, s) for h, s in zip(self.handles, specs, strict=True)
        ]
        self.handles = [handle for handle, _ in popped]
        return self.trees.rebuild(self.element, iter([value for _, value in popped]))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise UnsupportedEffect(
                "a list whose length is known only when the graph runs cannot be sliced",
                mend="stack it, and slice the tensor",
            )
        if self.element is None:
            raise IndexError("list index out of range")
        specs = _specs(self.trees, self.element)
        parts = zip(self.handles, specs, strict=True)
        leaves = [self.trees.backend.list_get(h, index, s) for h, s in parts]
        element = self.trees.rebuild(self.element, iter(leaves))
        self.trees.aliases.contain(self, element)
        return element

    def __setitem__(self, index: Any, value: Any) -> None:
        assert self.element is not None
        self._tell()
        specs = _specs(self.trees, self.element)
        parts = zip(self.handles, self._leaves(value), specs, strict=True)
        self.handles = [self.trees.backend.list_set(h, index, v, s) for h, v, s in parts]
        self.trees.aliases.contain(self, value)

    def __iadd__(self, values: Any) -> StagedList:
        self.extend(values)
        return self

    def __add__(self, values: Any) -> StagedList:
        if not isinstance(values, list):
            raise UnsupportedEffect("two lists of unknown length cannot be joined by `+`")
        made = self.snapshot()
        made.extend(values)
        return made

    def clear(self) -> None:
        """Removes all elements."""
        self._tell()
        if self.element is not None:
            self.handles = StagedList.empty(self.trees, self.element).handles

    def copy(self) -> StagedList:
        """Another list of the same elements."""
        return self.snapshot()

    def __eq__(self, other: object) -> Any:
        raise UnsupportedEffect(
            "lists whose length is known only when the graph runs cannot be compared",
            mend="stack them, and compare the tensors",
        )

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(list, name):
            raise AttributeError(name)
        raise UnsupportedEffect(
            f"`{name}` of a list whose length is known only when the graph runs cannot be staged",
            mend="append, pop, set items; or stack the list and use the framework's operations",
        )

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a staged list can be iterated over by converted code only")

    def length(self) -> Any:
        """How many elements there are."""
        return self.trees.backend.list_length(self.handles[0]) if self.handles else 0

    def at(self, index: Any) -> Any:
        """An element, by its staged number."""
        return self[index]

    def stack(self) -> Any:
        """The elements as one tensor each leaf, stacked along a new first axis."""
        if self.element is None:
            return self.trees.backend.convert([], self.trees.backend.spec(0.0))  # type: ignore[arg-type]
        specs = _specs(self.trees, self.element)
        parts = zip(self.handles, specs, strict=True)
        leaves = [self.trees.backend.list_stack(h, s) for h, s in parts]
        return self.trees.rebuild(self.element, iter(leaves), numbers=False)


class Slots:
    """A Python list, one element of which is set by a staged index."""

    def __init__(self, trees: Trees, target: MutableSequence[Any]) -> None:
        self.trees, self.target = trees, target

    def __setitem__(self, index: Any, value: Any) -> None:
        trees, backend, count = self.trees, self.trees.backend, len(self.target)
        within = backend.all_of([backend.less(-count - 1, index), backend.less(index, count)])
        checked(backend, within, IndexError("list assignment index out of range"))
        if not count:
            return
        element = trees.describe_staged(value)
        for old in self.target:
            element = trees.join(element, trees.describe_staged(old), "the list")
        made = StagedList.empty(trees, element)
        made.extend(self.target)
        place = backend.select(backend.less(index, 0), index + count, index)
        made[backend.select(within, place, 0)] = value
        for i in range(count):
            self.target[i] = made[i]


class ElementWidened(Exception):
    """A staged list meets an element that its type does not hold."""

    def __init__(self, where: StagedList, element: Any) -> None:
        super().__init__("the elements of a staged list change their type")
        self.where, self.element = where, element


def _specs(trees: Trees, element: Any) -> list[Any]:
    return list(trees.specs(element))
