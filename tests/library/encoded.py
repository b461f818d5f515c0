"""What `encode` makes of a function's items, beside what `bytecode` makes of the same items."""

from __future__ import annotations

import dis
from types import CodeType

from bytecode import Bytecode, Instr
from bytecode.instr import InstrLocation

from bcgraph.instructions import Raw, read
from bcgraph.instructions._encode import encode
from library.decoded import as_by_bytecode


def difference(code: CodeType) -> str | None:
    """What differs, if anything does: instructions, jumps, handlers, or places."""
    made = read(code)
    mine = encode(code, made.items, code.co_stacksize)
    theirs = Bytecode([_theirs(item) for item in made.items])
    shell = as_by_bytecode(code)
    for name in _FIELDS:
        setattr(theirs, name, getattr(shell, name))
    other = theirs.to_code(compute_exception_stack_depths=False, stacksize=code.co_stacksize)
    ours, expected = _shown(mine), _shown(other)
    for one, two in zip(ours, expected, strict=False):
        if one != two:
            return f"{one} in place of {two}"
    if len(ours) != len(expected):
        return f"{len(ours)} instructions in place of {len(expected)}"
    if _handlers(mine, ours) != _handlers(other, expected):
        return "the handlers"
    return _misplaced(mine, [item for item in made.items if isinstance(item, Raw)])


def _theirs(item: object) -> object:
    if not isinstance(item, Raw):
        return item
    at = None if item.location is None else InstrLocation(*item.location)
    return Instr(item.name, item.arg, location=at)


def _shown(code: CodeType) -> list[tuple[str, object]]:
    """Each instruction, where jumps go as the number of an instruction."""
    found = [ins for ins in dis.get_instructions(code) if ins.opname != "EXTENDED_ARG"]
    number = _numbers(code)
    return [
        (ins.opname, number[ins.argval] if ins.opcode in _JUMPS else repr(ins.argval))
        for ins in found
    ]


def _numbers(code: CodeType) -> dict[int, int]:
    """Offsets, those of prefixes too, as numbers of instructions."""
    found, number = {}, 0
    for ins in dis.get_instructions(code):
        found[ins.offset] = number
        number += ins.opname != "EXTENDED_ARG"
    found[len(code.co_code)] = number
    return found


def _handlers(code: CodeType, shown: list[tuple[str, object]]) -> list[tuple[object, ...]]:
    number = _numbers(code)
    return [
        (number[e.start], number.get(e.end, len(shown)), number[e.target], e.depth, e.lasti)
        for e in dis._parse_exception_table(code)  # type: ignore[attr-defined]
    ]


def _misplaced(code: CodeType, items: list[Raw]) -> str | None:
    """The first instruction whose place is not its item's."""
    places = [ins.positions for ins in dis.get_instructions(code) if ins.opname != "EXTENDED_ARG"]
    before: tuple[int | None, ...] = (code.co_firstlineno, None, None, None)
    for item, place in zip(items, places, strict=True):
        at = item.location
        if at is not None:
            end = at.end_lineno if at.end_lineno is not None else at.lineno
            before = (at.lineno, end, at.col_offset, at.end_col_offset)
        if place is None or tuple(place) != before:
            return f"{item} at {place} in place of {before}"
    return None


_FIELDS = ("argcount", "posonlyargcount", "kwonlyargcount", "argnames", "flags", "name",
           "first_lineno", "qualname", "filename", "docstring", "cellvars", "freevars")  # fmt: skip
_JUMPS = {*dis.hasjrel, *dis.hasjabs}
