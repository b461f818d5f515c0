"""From the bytes of a code object to items, what `_encode` does the other way.

An instruction's argument is what it is in `bytecode`, whose tables tell where flags lie in front of
a name, and which instructions take members of which enumeration. `bytecode` decodes, too, by way of
two objects for each unit, in four times the time.
"""

from __future__ import annotations

import dis
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import CodeType

from bytecode import BinaryOp, CellVar, FreeVar, Label, TryBegin, TryEnd, instr
from bytecode.instr import UNSET, Compare

from ._items import Item, Raw
from ._numbers import BACKWARD, CACHES, CELL, CONST, EXTENDED, JUMP, KINDS, LOCAL, NAME
from ._version import PY312, PY313

_NUMBER, _NOTHING, _FLAG, _FLAGS, _PAIR, _MEMBER = 0, *range(16, 21)
_HOW = [
    kind or (_NUMBER if instr.opcode_has_argument(number) else _NOTHING)
    for number, kind in enumerate(KINDS)
]
for _how, _numbers in (
    (_FLAG, instr.BITFLAG_OPCODES),
    (_FLAGS, instr.BITFLAG2_OPCODES),
    (_PAIR, instr.DUAL_ARG_OPCODES),
):
    for _number in _numbers:
        if KINDS[_number]:
            _HOW[_number] = _how


def _compared() -> Mapping[int, Compare]:
    """The comparison that each argument of `COMPARE_OP` means."""
    found = {}
    known = {int(member): member for member in Compare}
    for argument in range(256):
        number = argument
        if PY313:
            number = (argument >> 5) + (argument & 16)  # the bit says: as an exact bool
        elif PY312:
            number = argument >> 4
        if number in known:
            found[argument] = known[number]
    return found


_MEMBERS: dict[int, Mapping[int, object]] = {
    number: {int(member): member for member in members}  # type: ignore[attr-defined]
    for numbers, members in (
        (instr.BINARY_OPS, BinaryOp),
        (instr.INTRINSIC_1OP, instr.Intrinsic1Op),
        (instr.INTRINSIC_2OP, instr.Intrinsic2Op),
        (instr.COMMON_CONSTANT_OPS, instr.CommonConstant),
        (instr.SPECIAL_OPS, instr.SpecialMethod),
        (instr.FORMAT_VALUE_OPS - instr.BITFLAG_OPCODES, instr.FormatValue),
    )
    for number in numbers
}
_MEMBERS.update(dict.fromkeys(dis.hascompare, _compared()))
for _number in _MEMBERS:
    _HOW[_number] = _MEMBER

# tuples' own `__new__`: that of a named tuple is a function of Python's
_raw = partial(tuple.__new__, Raw)
_location = partial(tuple.__new__, dis.Positions)


def decode(code: CodeType) -> list[Item]:
    """Instructions, without caches and prefixes, with labels and `try` marks where they lie.

    Raises IndexError or KeyError where an argument or a jump leads nowhere.
    """
    units = code.co_code
    operations, lows = units[::2], units[1::2]
    count = len(operations)
    positions = _positions(code, count)
    constants, names = code.co_consts, code.co_names
    variables, cells = _variables(code)
    labels: defaultdict[int, Label] = defaultdict(Label)
    starts: list[int] = []
    raws: list[Raw] = []
    opname, how_of, caches = dis.opname, _HOW, CACHES
    last, location = None, None
    at = 0
    while at < count:
        starts.append(at)
        number, argument = operations[at], lows[at]
        while number == EXTENDED:
            at += 1
            number, argument = operations[at], argument << 8 | lows[at]
        position = positions[at]
        if position != last:
            last, location = position, _location(position)
        at += 1 + caches[number]
        how = how_of[number]
        value: object
        if how == LOCAL:
            value = variables[argument]
        elif how == CONST:
            value = constants[argument]
        elif how == _NOTHING:
            value = UNSET
        elif how == _NUMBER:
            value = argument
        elif how == JUMP:
            value = labels[at - argument if number in BACKWARD else at + argument]
        elif how == _FLAG:
            value = bool(argument & 1), names[argument >> 1]
        elif how == NAME:
            value = names[argument]
        elif how == _MEMBER:
            value = _MEMBERS[number][argument]
        elif how == CELL:
            value = cells[argument]
        elif how == _PAIR:
            value = variables[argument >> 4], variables[argument & 15]
        else:
            value = bool(argument & 1), bool(argument & 2), names[argument >> 2]
        raws.append(_raw((opname[number], value, location, number)))
    return _marked(raws, starts, labels, code.co_exceptiontable)


def _positions(code: CodeType, count: int) -> Sequence[tuple[int | None, ...]]:
    """Each unit's place; code may have been given a table that ends too early."""
    found = list(code.co_positions())
    if len(found) < count:
        lines = [place[0] for place in found if place[0] is not None]
        line = lines[-1] if lines else code.co_firstlineno
        found += [(line, None, None, None)] * (count - len(found))
    return found


def _variables(code: CodeType) -> tuple[Sequence[object], Sequence[object]]:
    """What the numbers of locals and of cells mean: a cell that is a local, too, has its number."""
    own = code.co_varnames
    if not (code.co_cellvars or code.co_freevars):
        return own, ()
    others = [CellVar(name) for name in code.co_cellvars if name not in own]
    free = [FreeVar(name) for name in code.co_freevars]
    return (*own, *others, *free) if PY313 else own, (*map(CellVar, own), *others, *free)


def _marked(
    raws: list[Raw], starts: list[int], labels: defaultdict[int, Label], table: bytes
) -> list[Item]:
    """The instructions with what lies between them, in the order of ends, labels, beginnings."""
    ends: dict[int, list[Item]] = {}
    begins: dict[int, list[Item]] = {}
    for first, length, target, state in _entries(table):
        if length:
            begun = TryBegin(labels[target], push_lasti=bool(state & 1), stack_depth=state >> 1)
            begins.setdefault(bisect_left(starts, first), []).append(begun)
            ends.setdefault(bisect_left(starts, first + length), []).insert(0, TryEnd(begun))
    if not labels:
        return [*raws]
    marks = ends
    number = {start: i for i, start in enumerate(starts)}
    for start, label in labels.items():
        marks.setdefault(number[start], []).append(label)
    for i, found in begins.items():
        marks.setdefault(i, []).extend(found)
    items: list[Item] = []
    done = 0
    for i in sorted(marks):
        items += raws[done:i]
        items += marks[i]
        done = i
    return items + raws[done:]


def _entries(table: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Start, length, target, and state of each range of an exception table."""
    numbers: list[int] = []
    number = 0
    for byte in table:
        number = number << 6 | byte & 0x3F
        if not byte & 0x40:
            numbers.append(number)
            number = 0
    found = iter(numbers)
    return zip(found, found, found, found, strict=False)
