"""Where the program itself would catch an exception that the running graph raises."""

from __future__ import annotations

import contextlib
import dis
import sys
import threading
from builtins import __dict__ as builtin_names
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

from bcgraph._library import is_library_name
from bcgraph._places import place_of_offset
from bcgraph._weak import told_once
from bcgraph.backend import Backend
from bcgraph.errors import CaughtRaise, Note

from ._managers import may_suppress

_EDGE = f"{__package__}._finish"  # where a recorded call begins

_local = threading.local()


class Suppressing(contextlib.suppress):
    """`contextlib.suppress`, which tells what it suppresses."""

    def __enter__(self) -> None:
        _local.active = [*_active(), self]
        super().__enter__()

    def __exit__(self, *raised: Any) -> Any:
        _local.active = [other for other in _active() if other is not self]
        return super().__exit__(*raised)


@contextlib.contextmanager
def handled(frame: FrameType, handlers: int) -> Iterator[None]:
    """Inside, so many of the handlers around where a frame stands have been asked before."""
    before = _handled()
    _local.handled = {**before, frame: handlers}
    try:
        yield
    finally:
        _local.handled = before


def caught(
    error: BaseException, frame: FrameType, is_program: Callable[[FrameType], bool]
) -> tuple[Note, ...] | None:
    """Where a `try` or `suppress` around this frame, or a caller, may catch an exception.

    `is_program` tells frames of the user's program. What is outside of the recorded call catches as
    the graph runs.
    """
    if any(issubclass(type(error), one._exceptions) for one in _active()):
        return ()
    caller: FrameType | None = frame
    while caller is not None and caller.f_globals.get("__name__") != _EDGE:
        if is_program(caller):
            handler = _catches(caller, type(error), _handled().get(caller, 0))
            if handler is not None:
                return (Note(place_of_offset(caller.f_code, handler), "it would be caught here"),)
        caller = caller.f_back
    return None


def checked(backend: Backend, holds: Any, error: Exception) -> Any:
    """The backend's check that raises `error` as the graph runs.

    Raises `CaughtRaise` where the program itself would catch it.
    """
    catching = caught(error, sys._getframe(1), _is_program)
    if catching is not None:
        kind = type(error)
        raise CaughtRaise(
            f"whether {kind.__name__} is raised in this `try` is known only to the graph",
            mend="give `next` a default" if kind is StopIteration else None,
            notes=catching,
        )
    return backend.check(holds, error)


def _is_program(frame: FrameType) -> bool:
    return not is_library_name(frame.f_globals.get("__name__"))


def _active() -> list[Any]:
    return getattr(_local, "active", [])


def _handled() -> dict[FrameType, int]:
    return getattr(_local, "handled", {})


def _catches(frame: FrameType, kind: type[BaseException], skipped: int) -> int | None:
    """Where a handler that is in force in a frame, but the innermost, may catch an exception."""
    entries, instructions = _table(frame.f_code)
    names = ChainMap(frame.f_globals, builtin_names)
    offset: int | None = frame.f_lasti
    seen = set()
    while offset is not None and offset not in seen:
        seen.add(offset)
        targets = (target for start, end, target in entries if start <= offset < end)
        offset = next(targets, None)
        if offset is None or len(seen) <= skipped:
            continue
        found = _handles(frame.f_code, instructions, offset, kind, names)
        if found is not None:
            return found
    return None


@told_once
def _table(code: CodeType) -> tuple[list[tuple[int, int, int]], dict[int, dis.Instruction]]:
    parsed = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    entries = [(entry.start, entry.end, entry.target) for entry in parsed]
    return entries, {i.offset: i for i in dis.get_instructions(code)}


def _leaves_with(instructions: dict[int, dis.Instruction], start: int) -> bool:
    """Whether the handler at an offset is that of a `with`."""
    after = (ins for offset, ins in instructions.items() if offset > start)
    return next(after).opname == "WITH_EXCEPT_START"


def _handles(
    code: CodeType,
    instructions: dict[int, dis.Instruction],
    start: int,
    kind: type[BaseException],
    names: Mapping[str, Any],
) -> int | None:
    """Where the handler at an offset has an `except` for a type of exception, or suppresses it."""
    if instructions[start].opname != "PUSH_EXC_INFO":
        return None
    if _leaves_with(instructions, start):
        return start if may_suppress(place_of_offset(code, start)) else None
    stack: list[Any] = []
    for ins in instructions.values():
        if ins.offset <= start:
            continue
        if ins.opname == "CHECK_EXC_MATCH":
            caught = stack.pop() if stack else _UNKNOWN
            if caught is _UNKNOWN or issubclass(kind, caught):
                return ins.offset
        elif ins.opname.startswith("POP_JUMP"):  # to the next `except`
            start = ins.argval - 1
        elif ins.opname == "LOAD_GLOBAL":
            stack.append(names.get(ins.argval, _UNKNOWN))
        elif ins.opname == "LOAD_ATTR" and stack:
            stack.append(getattr(stack.pop(), ins.argval, _UNKNOWN))
        elif ins.opname == "BUILD_TUPLE":
            parts = tuple(stack[-ins.argval :])
            stack = [_UNKNOWN if _UNKNOWN in parts or len(parts) < ins.argval else parts]
        elif ins.opname in ("BUILD_LIST", "COPY", "POP_TOP") and not stack:
            return ins.offset  # `except*`, or an `except` of everything
        elif ins.opname.startswith("LOAD_"):
            stack.append(_UNKNOWN)
        elif ins.opname not in ("EXTENDED_ARG", "TO_BOOL", "NOT_TAKEN"):
            return None  # a `finally`, a `with`, or the end
    return None


_UNKNOWN: Any = object()
