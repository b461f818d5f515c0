"""Errors: each has a code, says what went wrong in the user's words, where, and the mend.

Codes: `BCG1xx` the user's program, `BCG2xx` a backend's limit, `BCG3xx` configuration, `BCG9xx` a
fault of bcgraph.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from bcgraph._places import Note as Note
from bcgraph._places import Place as Place
from bcgraph._places import shown


class BcgraphError(Exception):
    """Base of all errors of bcgraph.

    `code` says which it is, `place` where in the user's program, `label` what happens there,
    `notes` what other places have to do with it, `help` the mend. `str` shows all of them.
    """

    code: ClassVar[str] = "BCG900"
    mend: ClassVar[str] = ""
    here: ClassVar[str] = ""

    message: str
    place: Place | None
    label: str
    notes: tuple[Note, ...]
    help: str

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        label: str | None = None,
        notes: Iterable[Note | None] = (),
        mend: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.place = message, place
        self.label = self.here if label is None else label
        self.notes = tuple(note for note in notes if note is not None)
        self.help = self.mend if mend is None else mend

    def note(self, *notes: Note | None) -> None:
        """Adds what is to be said of other places, each text once."""
        known = {note.text for note in self.notes}
        self.notes += tuple(note for note in notes if note is not None and note.text not in known)

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.message}"]
        if self.place is not None:
            lines += shown(self.place, self.label, self.notes)
        if self.help:
            lines.append(f"help: {self.help}")
        return "\n".join(lines)


class UndefinedVariable(BcgraphError, UnboundLocalError):
    """A variable is read that has no value on one path to the read."""

    code = "BCG101"
    here = "it is read here"
    mend = "give it a value before the branch or loop, or on each path"


class Disagreement(BcgraphError, TypeError):
    """What a variable holds differs between the ways to a point so that no graph can hold both."""

    code = "BCG102"
    here = "a tensor decides here"
    mend = "give it the same kind of value on each path"


class UnsupportedRegion(BcgraphError, NotImplementedError):
    """A staged value decides something that cannot be staged."""

    code = "BCG103"
    here = "a tensor decides here"
    mend = "move that out of the branch or loop that a tensor decides, or decide it in Python"


class AmbiguousTruth(BcgraphError, ValueError):
    """A condition of more than one element."""

    code = "BCG104"
    here = "this decides"
    mend = "reduce it, e.g. with `any` or `all`, to one value"


class CaughtRaise(BcgraphError, NotImplementedError):
    """An exception under a staged condition, caught where that cannot be staged along with it."""

    code = "BCG105"
    here = "a tensor decides here"
    mend = "test the condition without raising, or raise directly in the `try` that catches it"


class PythonValueNeeded(BcgraphError, TypeError):
    """A staged value where Python needs one it can see."""

    code = "BCG106"
    here = "Python needs the value here"


class UnstableLoop(BcgraphError, TypeError):
    """A loop's state keeps changing its type."""

    code = "BCG107"
    here = "this loop"
    mend = "keep each variable's dtype and rank the same from turn to turn"


class UnsupportedEffect(BcgraphError, NotImplementedError):
    """A change under a staged condition that a graph cannot carry."""

    code = "BCG108"
    here = "this acts on what the graph does not hold"


class UnreadableFunction(BcgraphError, NotImplementedError):
    """A function whose code object cannot be rewritten."""

    code = "BCG109"
    mend = "rename the comprehension's variable"


class EndlessRecursion(BcgraphError, RecursionError):
    """A function that calls itself on both ways of a condition, as far as the trace can see."""

    code = "BCG110"
    mend = "write a loop: a graph has no calls whose depth a tensor decides"


class LeakedTensor(BcgraphError, TypeError):
    """A tensor of one graph, or of one branch of it, used where that graph is not."""

    code = "BCG111"
    here = "it is used here"
    mend = "return it from the branch or function that made it, or give it a variable to be in"


class NoneResult(BcgraphError, TypeError):
    """A function that gives None on one path and a value on another, to a graph, on that path."""

    code = "BCG112"
    here = "it gives None, or a value"
    mend = "return a value on each path, or a flag beside it"


class InternalFault(BcgraphError, AssertionError):
    """A fault of bcgraph: something holds that never should."""

    code = "BCG901"
    here = "while it worked on this"
    mend = "please report it, with this function and what `BCGRAPH_LOGS=+frames` shows"


class BackendLimit(BcgraphError, NotImplementedError):
    """What the framework beneath cannot do."""

    code = "BCG201"


class UnsupportedPython(BcgraphError, RuntimeError):
    """The running Python is none whose bytecode is known here."""

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
