"""Errors: each has a code, says what went wrong in the user's words, where, and the mend.

Codes: `BCG1xx` the user's program, `BCG2xx` a backend's limit, `BCG3xx` configuration, `BCG9xx` a
fault of bcgraph.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Place:
    """A line of the user's program."""

    filename: str
    line: int | None
    function: str

    def __str__(self) -> str:
        text = linecache.getline(self.filename, self.line or 0).strip()
        head = f"{self.filename}:{self.line or '?'}, in {self.function}"
        return f"{head}\n    {text}" if text else head


class BcgraphError(Exception):
    """Base of all errors of bcgraph."""

    code: ClassVar[str] = "BCG900"
    mend: ClassVar[str] = ""

    def __init__(
        self, message: str, *, place: Place | None = None, mend: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.place = message, place
        self.help = self.mend if mend is None else mend

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.message}"]
        if self.place is not None:
            lines.append(f"  at {self.place}")
        if self.help:
            lines.append(f"help: {self.help}")
        return "\n".join(lines)


class UndefinedVariable(BcgraphError, UnboundLocalError):
    """A variable is read that has no value on one path to the read."""

    code = "BCG101"
    mend = "give it a value before the branch or loop, or on each path"


class Disagreement(BcgraphError, TypeError):
    """What a variable holds differs between the ways to a point so that no graph can hold both."""

    code = "BCG102"
    mend = "give it the same kind of value on each path"


class UnsupportedRegion(BcgraphError, NotImplementedError):
    """A staged value decides something that cannot be staged."""

    code = "BCG103"
    mend = "move that out of the branch or loop that a tensor decides, or decide it in Python"


class AmbiguousTruth(BcgraphError, ValueError):
    """A condition of more than one element."""

    code = "BCG104"
    mend = "reduce it, e.g. with `any` or `all`, to one value"


class CaughtRaise(BcgraphError, NotImplementedError):
    """An exception raised under a staged condition, inside a `try` that may catch it."""

    code = "BCG105"
    mend = "test the condition without raising, or raise it outside of the `try`"


class PythonValueNeeded(BcgraphError, TypeError):
    """A staged value where Python needs one it can see."""

    code = "BCG106"


class UnstableLoop(BcgraphError, TypeError):
    """A loop's state keeps changing its type."""

    code = "BCG107"
    mend = "keep each variable's dtype and rank the same from turn to turn"


class UnsupportedEffect(BcgraphError, NotImplementedError):
    """A change under a staged condition that a graph cannot carry."""

    code = "BCG108"


class UnreadableFunction(BcgraphError, NotImplementedError):
    """A function whose code object cannot be rewritten."""

    code = "BCG109"
    mend = "rename the comprehension's variable"


class EndlessRecursion(BcgraphError, RecursionError):
    """A function that calls itself on both ways of a condition, as far as the trace can see."""

    code = "BCG110"
    mend = "write a loop: a graph has no calls whose depth a tensor decides"


class BackendLimit(BcgraphError, NotImplementedError):
    """What the framework beneath cannot do."""

    code = "BCG201"


class UnsupportedPython(BcgraphError, RuntimeError):
    """The running CPython has no instruction table."""

    code = "BCG301"
    mend = "use CPython 3.11, 3.12, 3.13 or 3.14"


class UnknownBackend(BcgraphError, LookupError):
    """No backend of that name."""

    code = "BCG302"


class MissingFramework(BcgraphError, ImportError):
    """A backend's framework is not installed."""

    code = "BCG303"


class UnknownOption(BcgraphError, TypeError):
    """An option that the backend does not know."""

    code = "BCG304"
