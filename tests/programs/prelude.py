"""What generated programs call, and how their outcome is told: result or exception, and the log."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import FunctionType, TracebackType
from typing import Any

_serial = count()


def say(log: list[Any], tag: object, value: Any) -> Any:
    """`value`, and a trace in `log` of when it was asked for."""
    log.append((tag, value))
    return value


def turns(log: list[Any], n: int) -> Iterator[int]:
    """A generator of the user's own that yields `0 … n - 1` and records each turn."""
    for i in range(n):
        log.append(("turn", i))
        yield i


def combine(*values: Any, base: int = 3, **named: Any) -> int:
    """One small integer that depends on every argument and on their order."""
    total = base
    for value in (*values, *named.values()):
        total = (total * 5 + value) % 1009
    return total


@dataclass
class Recorder:
    """A context manager that records entry and exit, and swallows `ValueError` if told to."""

    log: list[Any]
    tag: int
    swallow: bool = False

    def __enter__(self) -> int:
        self.log.append(("enter", self.tag))
        return self.tag

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.log.append(("exit", self.tag, kind and kind.__name__))
        return self.swallow and isinstance(error, ValueError)


@dataclass
class Pair:
    """Two values: something to write attributes of, and to match by class."""

    first: Any
    second: Any


@dataclass(frozen=True)
class Outcome:
    """What a call did; two calls that did the same compare equal (`where` is told apart by choice).

    Attributes:
        kind: `"return"` or `"raise"`.
        result: `repr` of the value, or the exception's type and text.
        log: `repr` of everything logged, and of the global that programs write.
        where: line of each frame of the program in the traceback, and the chained exceptions.
    """

    kind: str
    result: str
    log: str
    where: tuple[str, ...] = field(default=(), compare=False)


def make(source: str) -> FunctionType:
    """The function `f` that `source` defines, in globals of its own, its lines in `linecache`."""
    filename = f"<program {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {
        "__name__": "program",
        **{thing.__name__: thing for thing in (say, turns, combine, Recorder, Pair)},
    }
    exec(compile(source, filename, "exec"), namespace)
    return namespace["f"]


def forget(function: FunctionType) -> None:
    """Drop the source that `make` registered."""
    linecache.cache.pop(function.__code__.co_filename, None)


def outcome(
    function: Callable[..., Any], original: FunctionType, inputs: tuple[int, ...]
) -> Outcome:
    """Call `function`, which is `original` or made from it, on `inputs` and a fresh log."""
    log: list[Any] = []
    original.__globals__["tally"] = 0
    try:
        kind, result, where = "return", _text(function(*inputs, log)), list[str]()
    except Exception as error:
        kind, result = "raise", f"{type(error).__name__}: {error}"
        where = list(_where(error, original.__code__.co_filename))
    return Outcome(kind, result, _text((log, original.__globals__["tally"])), tuple(where))


def _text(value: object) -> str:
    return re.sub(r" at 0x\w+", "", repr(value))


def _where(error: BaseException, filename: str) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            yield f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    for link in (error.__cause__, error.__context__):
        if link is not None:
            yield f"after {type(link).__name__}: {link}"
            yield from _where(link, filename)
