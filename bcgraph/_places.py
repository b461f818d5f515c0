"""Places in the user's program, and how an error shows them.

A place is shown by its line with a caret below it where the source can be found, by its number
where it cannot; nothing else ever reads source.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import CodeType, FrameType, TracebackType
from typing import Any

_MARKS = 4  # lines of the program that one error shows at most


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the user's program, and the columns of it that are meant.

    Columns count bytes of UTF-8 from 0, as code objects do; None where the code does not tell.
    """

    filename: str
    line: int | None
    function: str
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    @property
    def text(self) -> str:
        """The source line; empty where there is none."""
        return linecache.getline(self.filename, self.line or 0).rstrip()

    def __str__(self) -> str:
        return f"{self.filename}:{self.line or '?'}, in {self.function}"


@dataclass(frozen=True, slots=True)
class Note:
    """What an error says of a place."""

    place: Place
    text: str


def place_of_code(code: CodeType) -> Place:
    """Where a function begins."""
    return Place(code.co_filename, code.co_firstlineno, code.co_qualname)


def place_of_function(fn: Any) -> Place | None:
    """Where a callable begins; None if no Python code tells."""
    target = inspect.unwrap(fn)
    for found in (target, getattr(target, "__func__", None), getattr(target, "forward", None),
                  type(target).__call__):  # fmt: skip
        code = getattr(found, "__code__", None)
        if isinstance(code, CodeType):
            return place_of_code(code)
    return None


def place_at(code: CodeType, location: Any) -> Place:
    """Where an instruction of a function is, by its location (a `dis.Positions` or None)."""
    if location is None:
        return Place(code.co_filename, None, code.co_qualname)
    return Place(
        code.co_filename, location.lineno, code.co_qualname,
        location.col_offset, location.end_lineno, location.end_col_offset,
    )  # fmt: skip


def place_of_offset(code: CodeType, offset: int) -> Place:
    """Where the instruction at an offset of a function is."""
    found = next(islice(code.co_positions(), offset // 2, None), (None, None, None, None))
    line, end_line, column, end_column = found
    return Place(code.co_filename, line, code.co_qualname, column, end_line, end_column)


def place_of_frame(frame: FrameType) -> Place:
    """Where a frame is."""
    return place_of_offset(frame.f_code, frame.f_lasti)


def place_of_traceback(traceback: TracebackType) -> Place:
    """Where a frame was when an exception went through it."""
    return place_of_offset(traceback.tb_frame.f_code, traceback.tb_lasti)


def innermost(error: BaseException) -> TracebackType | None:
    """The entry of an exception's traceback where it was raised; None before it is."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def shown(place: Place, label: str, notes: Sequence[Note]) -> list[str]:
    """The lines that show places, the first one's file first."""
    main = Note(place, label)
    files: dict[tuple[str, str], list[Note]] = {}
    for note in (main, *notes[: _MARKS - 1]):
        files.setdefault((note.place.filename, note.place.function), []).append(note)
    lines = []
    for several in files.values():
        lines.append(f"  at {several[0].place}")
        several.sort(key=lambda note: (note.place.line or 0, note.place.column or 0))
        if any(note.place.text for note in several):
            lines += _excerpt(several, main)
        else:
            lines += [f"    line {n.place.line or '?'}: {n.text}" for n in several if n.text]
    return lines


def _excerpt(notes: list[Note], main: Note) -> Iterator[str]:
    """Source lines with carets, what they are indented by in common taken away."""
    texts = {note.place.line: note.place.text.expandtabs(1) for note in notes}
    indent = min(len(text) - len(text.lstrip()) for text in texts.values())
    width = len(str(max(line or 0 for line in texts)))
    last = None
    for note in notes:
        line, text = note.place.line, texts[note.place.line]
        if line != last:
            yield f"  {line or '?':>{width}} | {text[indent:]}"
            last = line
        start, end = _columns(note.place, text)
        caret = ("^" if note is main else "-") * (end - start)
        yield f"  {'':>{width}} | {' ' * (start - indent)}{caret} {note.text}".rstrip()


def _columns(place: Place, text: str) -> tuple[int, int]:
    """The columns to mark, in characters; the whole line where the code tells none."""
    whole = len(text) - len(text.lstrip()), len(text)
    if place.column is None:
        return whole
    encoded = text.encode()
    start = len(encoded[: place.column].decode(errors="replace"))
    end = len(text)
    if place.end_line == place.line and place.end_column is not None:
        end = len(encoded[: place.end_column].decode(errors="replace"))
    return (start, end) if whole[0] <= start < end else whole
