"""Which `with` around a place may suppress an exception that is raised there."""

from __future__ import annotations

import contextlib
import dis
import sys
from types import CodeType, FunctionType
from typing import Any

from bcgraph._library import is_users_class
from bcgraph._places import place_of_frame
from bcgraph._weak import told_once
from bcgraph.errors import Place

_NEVER = (None, False)
_suppressing: set[Place] = set()  # each `with` that has been entered with such a manager


def entered(manager: Any) -> Any:
    """Told of a context manager in front of its `with`; gives it back."""
    if _may_suppress(manager):
        _suppressing.add(place_of_frame(sys._getframe(1)))
    return manager


def may_suppress(place: Place) -> bool:
    """Whether the `with` at a place may suppress exceptions."""
    return place in _suppressing


def _may_suppress(manager: Any) -> bool:
    if isinstance(manager, contextlib._GeneratorContextManager):
        generator = getattr(manager, "gen", None)
        return generator is not None and _goes_on(generator.gi_code)
    leave = getattr(type(manager), "__exit__", None)
    if not is_users_class(type(manager)) or not isinstance(leave, FunctionType):
        return False
    return _returns_something(leave.__code__)


@told_once
def _returns_something(code: CodeType) -> bool:
    """Whether a function may return anything but None and False."""
    before: dis.Instruction | None = None
    for ins in dis.get_instructions(code):
        if ins.opname == "RETURN_CONST" and ins.argval not in _NEVER:
            return True
        if ins.opname == "RETURN_VALUE":
            is_known = before is not None and before.opname == "LOAD_CONST"
            if not is_known or before.argval not in _NEVER:  # type: ignore[union-attr]
                return True
        before = ins
    return False


@told_once
def _goes_on(code: CodeType) -> bool:
    """Whether a generator catches exceptions and does not raise them again."""
    names = {ins.opname for ins in dis.get_instructions(code)}
    return "CHECK_EXC_MATCH" in names and "RAISE_VARARGS" not in names
