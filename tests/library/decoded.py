"""What `decode` reads of a code object, beside what `bytecode` reads of it."""

from __future__ import annotations

import dis
from types import CodeType

from bytecode import Bytecode, CellVar, Instr, Label, TryBegin, TryEnd

from bcgraph.instructions import Raw
from bcgraph.instructions._decode import decode
from bcgraph.instructions._templates import hidden


def as_by_bytecode(code: CodeType) -> Bytecode:
    """The code as `bytecode` reads it."""
    return Bytecode.from_code(hidden(code), conserve_exception_block_stackdepth=True)


def difference(code: CodeType) -> str | None:
    """What differs, if anything does: instructions, arguments, places, labels, `try` marks."""
    ours, theirs = _shown(decode(hidden(code))), _shown(as_by_bytecode(code))
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            return f"{one} in place of {other}"
    return None if len(ours) == len(theirs) else f"{len(ours)} items in place of {len(theirs)}"


def _shown(items: list[object]) -> list[tuple[object, ...]]:
    """The items; labels and beginnings are numbered in order of appearance."""
    numbers: dict[int, int] = {}

    def number(item: object) -> int:
        return numbers.setdefault(id(item), len(numbers))

    found: list[tuple[object, ...]] = []
    for item in items:
        match item:
            case Label():
                found.append(("label", number(item)))
            case TryBegin():
                state = item.stack_depth, item.push_lasti
                found.append(("try", number(item), number(item.target), *state))
            case TryEnd():
                found.append(("end", number(item.entry)))
            case Raw() | Instr():
                at = item.location
                place = at and (at.lineno, at.end_lineno, at.col_offset, at.end_col_offset)
                arg = number(item.arg) if isinstance(item.arg, Label) else _argument(item)
                found.append((item.name, item.opcode, arg, place))
    return found


def _argument(item: Raw | Instr) -> tuple[object, ...]:
    """Type and value; `bytecode` calls a parameter's cell a local (3.14)."""
    arg = item.arg
    if isinstance(arg, str) and (item.opcode in dis.hasfree or item.name == "LOAD_DEREF"):
        arg = CellVar(arg)
    return type(arg), repr(arg) if isinstance(arg, float | complex | CodeType) else arg
