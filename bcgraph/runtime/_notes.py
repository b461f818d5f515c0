"""What the journal is told: places that are about to be written, and objects that are made."""

from __future__ import annotations

import inspect
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Callable, MutableMapping, MutableSequence
from types import BuiltinFunctionType, FunctionType, MethodWrapperType
from typing import Any

from bcgraph._library import is_users_class
from bcgraph._weak import ByIdentity
from bcgraph.errors import UnsupportedEffect

from ._aliases import Aliases
from ._journal import Journal, Location
from ._lists import forward
from ._outside import OF_CALLER, acts_on, is_consumed, is_said

_MUTATORS = {
    list: {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"},
    deque: {"append", "appendleft", "extend", "extendleft", "insert", "pop", "popleft", "remove",
            "clear", "rotate", "reverse"},
    dict: {"update", "pop", "popitem", "setdefault", "clear", "move_to_end"},
    set: {"add", "discard", "remove", "pop", "clear", "update", "difference_update",
          "intersection_update", "symmetric_difference_update"},
}  # fmt: skip
CONTAINERS = tuple(_MUTATORS)
_OF_PYTEST = "@py_builtins"  # a name of modules whose `assert`s pytest rewrote: they ask `locals()`
CHANGING = {"heappush", "heappop", "heapify", "heapreplace", "heappushpop", "insort_left",
            "insort_right"}  # fmt: skip


def mutators(kind: type) -> set[str] | None:
    """The methods by which a container changes; None for what is none."""
    return next((names for owner, names in _MUTATORS.items() if issubclass(kind, owner)), None)


class Notes:
    """Tells this thread's journal; the hooks of rewritten code call it."""

    def __init__(
        self,
        journal: Callable[[], Journal],
        aliases: Callable[[], Aliases],
        is_staged: Callable[[Any], bool],
    ) -> None:
        self._journal, self._aliases, self._is_staged = journal, aliases, is_staged
        self._copies: ByIdentity[Any, bool] = ByIdentity()

    @property
    def wanted(self) -> bool:
        """Whether a branch or a whole call is being recorded."""
        return bool(self._journal()) and not is_said()

    def _note(self, kind: str, target: Any, key: Any = None) -> None:
        if self.wanted:
            self._journal().note(Location(kind, target, key))

    @property
    def in_branch(self) -> bool:
        """Whether a branch is being recorded."""
        return self._journal().in_branch and not is_said()

    def refuse_outside(self, target: Any) -> None:
        """Raises `UnsupportedEffect` if a call acts on what is outside of the graph."""
        thing = acts_on(target)
        if thing is None or isinstance(thing, CONTAINERS) or self._journal().is_own(thing):
            return
        name = target.__name__
        of = "" if isinstance(thing, str) else f" of a {type(thing).__name__}"
        raise UnsupportedEffect(
            f"`{name}`{of} is called in a branch or loop that a tensor decides: a graph cannot do"
            " that when it runs",
            mend=f"call it outside of the branch; or, to have it called while tracing, whichever"
            f" way is taken, `bcgraph.python({name})(…)`",
        )

    def refuse_consuming(self, *values: Any) -> None:
        """Raises `UnsupportedEffect` if an iterator from outside is advanced in a branch."""
        if not self.in_branch:
            return
        for value in values:
            if is_consumed(value) and not self._journal().is_own(value):
                raise UnsupportedEffect(
                    f"a {type(value).__name__} is advanced in a branch or loop that a tensor"
                    " decides: a graph cannot tell how far it is afterwards",
                    mend="make the iterator in the branch, or take what is needed before it",
                )

    def consuming(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Calls what advances iterators, or makes one."""
        if function is not iter:
            self.refuse_consuming(*arguments)
        return self.made(function, *arguments, **keywords)

    def of_caller(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Calls what may look at its caller's variables, of which a branch has its own only."""
        is_lacking = len(arguments) + len(keywords) < OF_CALLER[function]
        if is_lacking and not (function is locals and _OF_PYTEST in sys._getframe(1).f_globals):
            raise UnsupportedEffect(
                f"`{function.__name__}` looks at all variables in a branch or loop that a tensor"
                " decides: only those that it uses by name are there",
                mend="call it before the branch, or use the variables by their names",
            )
        return function(*arguments, **keywords)

    def contents(self, target: Any) -> None:
        """A container changes."""
        self._aliases().written(target)
        self._note("contents", target)

    def attribute(self, target: Any, name: str) -> None:
        """An attribute is written."""
        self._aliases().written(target)
        if self.wanted and not _is_managed(type(target), name):
            self._note("attribute", target, name)

    def copied(self, element: Any) -> None:
        """A tensor has chosen an element of a list: it is a copy."""
        self._copies[element] = True

    def refuse_writing(self, target: Any) -> None:
        """Raises `UnsupportedEffect` if a copy is written instead of the element of a list."""
        if target in self._copies:
            raise UnsupportedEffect(
                "an element that a tensor has chosen from a list is written in place",
                mend="put the changed element into the list: `items[i] = …`",
            )

    def item(self, target: Any, key: Any) -> None:
        """An item is written. Raises `UnsupportedEffect` where it cannot be undone."""
        self._aliases().written(target)
        if not self.wanted:
            return
        self.refuse_writing(target)
        if isinstance(target, CONTAINERS) and not isinstance(target, Counter):
            self._note("contents", target)
        elif isinstance(target, MutableMapping | MutableSequence) and not self._is_staged(key):
            self._note("item", target, key)
        elif type(target).__module__.partition(".")[0] == "numpy":
            raise UnsupportedEffect(
                "a NumPy array is written in a branch or loop that a staged value decides",
                mend="use a tensor and the framework's own update of it",
            )

    def item_read(self, target: Any, key: Any) -> None:
        """An item is read, which writes it where there is none in a `defaultdict`."""
        if isinstance(target, defaultdict) and key not in target:
            self.contents(target)

    def variable(self, name: str) -> None:
        """The caller writes a global variable."""
        self._note("item", sys._getframe(1).f_globals, name)

    def cell(self, cell: Any) -> None:
        """A variable of an enclosing function is written."""
        self._note("cell", cell)

    def born(self, made: Any) -> None:
        """An object is nobody else's so far."""
        self._journal().bear(made)

    def changed(self, function: Any, target: Any, *rest: Any) -> Any:
        """Calls a builtin that changes its first argument."""
        if function in (setattr, delattr):
            self._aliases().written(target)
            self._note("attribute", target, rest[0])
        elif isinstance(target, list):
            if forward(target) is not target:
                raise UnsupportedEffect(f"`{function.__name__}` of a staged list cannot be staged")
            self.contents(target)
        return function(target, *rest)

    def written(self, slot: Any, /, *arguments: Any) -> Any:
        """Calls `object.__setattr__(target, name, value)`, bound or not."""
        bound = isinstance(slot, MethodWrapperType)
        target, name = (slot.__self__, *arguments)[:2] if bound else arguments[:2]
        self._aliases().written(target)
        self._note("attribute", target, name)
        return slot(*arguments)

    def made(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Calls what makes a container."""
        made = function(*arguments, **keywords)
        self.born(made)
        return made

    def make(self, kind: type, /, *arguments: Any, **keywords: Any) -> Any:
        """Makes an object, whose first writes are nobody else's business."""
        new = kind.__new__
        plain = new is object.__new__ or (
            issubclass(kind, BaseException) and type(new) is BuiltinFunctionType
        )
        if not plain or type(kind) is not type or kind.__init__ is object.__init__:  # type: ignore[misc]
            return self.made(kind, *arguments, **keywords)
        made = new(kind, *arguments, **keywords)
        self.born(made)
        kind.__init__(made, *arguments, **keywords)  # type: ignore[misc]
        return made


def _is_managed(kind: type, name: str) -> bool:
    """Whether a user's code, which is converted too, does what writing an attribute means."""
    if not is_users_class(kind):
        return False
    owner = inspect.getattr_static(kind, name, None)
    if isinstance(owner, property) or type(getattr(type(owner), "__set__", None)) is FunctionType:
        return True
    return any("__setattr__" in vars(k) for k in kind.__mro__ if is_users_class(k))
