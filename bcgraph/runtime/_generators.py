"""Generators that a builtin consumes: as functions, whose branches and loops can be staged."""

from __future__ import annotations

import builtins
import copy
import dis
import sys
import weakref
from collections.abc import Callable
from types import CodeType, FrameType, GeneratorType
from typing import TYPE_CHECKING, Any

from bcgraph._weak import told_once
from bcgraph.backend import Backend
from bcgraph.errors import UnsupportedEffect
from bcgraph.instructions import Consumer

from . import _algorithms
from ._native import is_long, replayed
from ._undone import Effects
from ._values import NATIVE, Replay

if TYPE_CHECKING:
    from ._symbolic import Stager

_EDGE = f"{__package__}._finish"  # where a recorded call begins
_SEARCHES = {any: Consumer.ANY, all: Consumer.ALL}
# with which an item may do more than to be computed
_ACTS = ("CALL", "STORE_DEREF", "STORE_GLOBAL", "STORE_ATTR", "STORE_SUBSCR", "RAISE_VARARGS")

Function = tuple[Callable[..., Any], list[Any], dict[str, Any]]
FunctionOf = Callable[[Any, Consumer], Function | None]


class Generators:
    """Consumes generators for one backend.

    `function` gives a converted function that consumes a generator, and its arguments; `stager` is
    this thread's.
    """

    def __init__(
        self,
        backend: Backend,
        convert: Callable[[Any], Any],
        function: FunctionOf,
        stager: Callable[[], Stager],
    ) -> None:
        self._backend, self._convert, self._function = backend, convert, function
        self._stager = stager
        self._spent: weakref.WeakSet[GeneratorType[Any, Any, Any]] = weakref.WeakSet()

    def collect(self, values: Any) -> Any:
        """All that a generator or `map` gives; of one that has not begun, staged if need be."""
        found = None
        if isinstance(values, GeneratorType):
            found = self._function(values, Consumer.LIST)
        return list(values) if found is None else _called(found)

    def search(self, target: Any, values: Any) -> Any:
        """`any` or `all` of a generator or `map`, as far as the item that decides.

        NATIVE where it makes no difference how far, or nothing tells.
        """
        if isinstance(values, builtins.map):
            values = self._convert(_algorithms.mapped)(*values.__reduce__()[1])
        elif not _does(values.gi_code, _ACTS):
            return NATIVE
        search = self._function(values, _SEARCHES[target])
        if search is None:
            return NATIVE
        function, arguments, keywords = search
        search = function, [v if is_long(v) else replayed(v) for v in arguments], keywords
        collect = self._function(values, Consumer.LIST)
        if collect is None or not self._is_pure((collect[0], *search[1:])):
            return _called(search)
        return self._convert(target)(_called((collect[0], *search[1:])))

    def first(self, generator: Any, default: tuple[Any, ...]) -> Any:
        """`next` of a generator expression that no variable holds; NATIVE of any other."""
        code = generator.gi_code
        if code.co_name != "<genexpr>" or not _does(code, ("POP_JUMP",)):
            return NATIVE
        if _is_held(generator, sys._getframe(1)):
            return NATIVE
        found = self._function(generator, Consumer.FIRST)
        if found is None:
            return NATIVE
        self._spent.add(generator)
        return self._convert(_algorithms.first)(_called(found), default)

    def refuse_spent(self, value: Any) -> None:
        """Raises `UnsupportedEffect` for a generator of which only the first item is known."""
        if isinstance(value, GeneratorType) and value in self._spent:
            raise UnsupportedEffect(
                "a generator expression is gone on with after `next` has taken an item from it",
                mend="give it a variable, or collect it in a list first",
            )

    def _is_pure(self, collect: Function) -> bool:
        """Whether it can't be told afterwards how many items have been taken."""
        stager, effects = self._stager(), list[Effects]()
        refusal = stager.refusal

        def attempt() -> None:
            stager.journal.enter()
            try:
                _called(collect)
            finally:
                effects.append(stager.journal.leave())

        try:
            return self._backend.is_pure(attempt) and not any(effects)
        except Exception:  # whatever an item raises that may not be asked for
            return False
        finally:
            stager.refusal = refusal


def _called(found: Function) -> Any:
    """What it returns; iterators among its arguments stay where they are."""
    function, arguments, keywords = found
    return function(*map(_repeated, arguments), **keywords)


def _repeated(value: Any) -> Any:
    if is_long(value):
        return copy.copy(value)
    return value.again() if isinstance(value, Replay) else value


def _does(code: CodeType, instructions: tuple[str, ...]) -> bool:
    """Whether there are instructions in a code that begin so."""
    return any(name.startswith(instructions) for name in _names(code))


@told_once
def _names(code: CodeType) -> frozenset[str]:
    return frozenset(ins.opname for ins in dis.get_instructions(code))


def _is_held(value: Any, frame: FrameType | None) -> bool:
    """Whether a variable of this frame, or of a caller in the recorded call, is a value."""
    while frame is not None and (name := frame.f_globals.get("__name__")) != _EDGE:
        is_own = str(name).startswith(__package__)
        if not is_own and any(held is value for held in frame.f_locals.values()):
            return True
        frame = frame.f_back
    return False
