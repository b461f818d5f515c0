"""What was made of a compiled function, when, why, and how long each step took."""

from __future__ import annotations

import inspect
import logging
import reprlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

_MOST = 200  # records kept of one function
_DEPTH = 3  # of containers among arguments
_log = logging.getLogger("bcgraph.recompiles")
_captures = logging.getLogger("bcgraph.captures")


@dataclass(frozen=True, slots=True)
class Compilation:
    """One graph: the backend, its arguments as they were told to it, the reason, and the steps.

    `steps` are names with seconds: "convert" (rewriting the bytecode), "trace" (recording the
    graph), "build and run" (the rest of the call that needed it).
    """

    at: str
    backend: str
    arguments: Mapping[str, str]
    cause: str
    steps: tuple[tuple[str, float], ...]

    @property
    def seconds(self) -> float:
        """All steps together."""
        return sum(seconds for _, seconds in self.steps)

    def __str__(self) -> str:
        steps = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in self.steps)
        return f"{self.at} {self.backend}: {self.cause} ({steps})"


class History:
    """The records of one compiled function, the newest last."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._name = getattr(fn, "__qualname__", repr(fn))
        self._records: list[Compilation] = []
        self._converted: dict[str, float] = {}
        self.recorded = 0  # graphs so far, those that are no longer kept too

    def __iter__(self) -> Iterator[Compilation]:
        return iter(self._records)

    def clear(self) -> None:
        """Forgets all records."""
        self._records.clear()
        self._converted.clear()

    def converted(self, backend: str, seconds: float) -> None:
        """The function has been rewritten."""
        self._converted[backend] = seconds

    def traced(self, backend: str, arguments: Mapping[str, str], seconds: float) -> None:
        """A graph has been recorded."""
        steps: tuple[tuple[str, float], ...] = (("trace", seconds),)
        if backend in self._converted:
            steps = (("convert", self._converted.pop(backend)), *steps)
        before = next((r for r in reversed(self._records) if r.backend == backend), None)
        cause = "first call" if before is None else changed(before.arguments, arguments)
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self._records.append(Compilation(now, backend, arguments, cause, steps))
        del self._records[:-_MOST]
        self.recorded += 1
        given = ", ".join(f"{name}: {text}" for name, text in arguments.items())
        _captures.info(
            "%s(%s) is recorded for %s, in %.0f ms", self._name, given, backend, 1000 * seconds
        )

    def ended(self, since: int, started: float, cause: str | None) -> None:
        """The call that needed the graphs recorded since is over; its backend may know why."""
        new = self._records[since - self.recorded :]
        spent = time.perf_counter() - started - sum(record.seconds for record in new)
        for i, record in enumerate(new, start=len(self._records) - len(new)):
            told = record.cause if cause is None or record.cause == "first call" else cause
            rest = max(spent, 0.0) / len(new)
            self._records[i] = replace(
                record, cause=told, steps=(*record.steps, ("build and run", rest))
            )
            if cause is None and record.cause != "first call":
                _log.info("%s is traced again: %s", self._name, record.cause)


def told(
    fn: Callable[..., Any],
    arguments: tuple[Any, ...],
    keywords: Mapping[str, Any],
    spec: Callable[[Any], str | None],
) -> dict[str, str]:
    """What a call's arguments are, by name; `spec` tells a tensor, None of any other value."""
    try:
        bound: Mapping[str, Any] = (
            inspect.signature(fn).bind_partial(*arguments, **keywords).arguments
        )
    except (TypeError, ValueError):
        bound = {**{str(i): value for i, value in enumerate(arguments)}, **keywords}
    found: dict[str, str] = {}
    for name, value in bound.items():
        _tell(name, value, spec, _DEPTH, found)
    return found


def _tell(
    name: str, value: Any, spec: Callable[[Any], str | None], depth: int, found: dict[str, str]
) -> None:
    text = spec(value)
    if text is not None:
        found[name] = text
    elif depth and type(value) in (list, tuple) and value:
        for i, part in enumerate(value):
            _tell(f"{name}[{i}]", part, spec, depth - 1, found)
    elif depth and type(value) is dict and value:
        for key, part in value.items():
            _tell(f"{name}[{key!r}]", part, spec, depth - 1, found)
    elif not isinstance(value, _PLAIN) or type(value).__repr__ == object.__repr__:
        found[name] = f"an object of {type(value).__qualname__}"
    else:
        found[name] = f"the {type(value).__name__} {reprlib.repr(value)}"


_PLAIN = (bool, int, float, complex, str, bytes, type(None), list, tuple, dict)


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Which arguments are not what they were, in a line."""
    if before.keys() != now.keys():
        return "the arguments have another structure"
    changes = []
    for name, text in now.items():
        if before[name] != text:
            advice = _advice(text)
            changes.append(f"`{name}` was {before[name]}, is {text}{advice}")
    return "; ".join(changes) or "something that it reads beside its arguments has changed"


def _advice(text: str) -> str:
    kind = text.removeprefix("the ").partition(" ")[0]
    if text.startswith("the ") and kind in ("int", "float", "bool", "complex"):
        return f" (a Python {kind}: a tensor would need one graph for all values)"
    return ""
