"""From items to the bytes of a code object: units, constants, names, jumps, both tables.

`bytecode` can do this too, in four times the time, which was half of what a conversion took. What
an instruction's argument counts is told by `dis`; the tables' formats are those of CPython's
`Objects/locations.md` and `Objects/exception_handling_notes.txt`.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Sequence
from dis import Positions
from itertools import accumulate
from types import CodeType

from bytecode import CellVar, FreeVar, Label, TryBegin, TryEnd
from bytecode.instr import UNSET

from ._items import Item, Raw
from ._numbers import BACKWARD, CACHES, COMPARE, CONST, EXTENDED, JUMP, KINDS, NAME
from ._version import PY312, PY313

# what is true of two numbers compared, as `<` `<=` `==` `!=` `>` `>=`: 1 unordered, 2 less, 4 more,
# 8 equal (`Include/internal/pycore_code.h`)
_TRUE_IF = (2, 10, 8, 7, 4, 12)
_NOWHERE, _LONG, _NO_COLUMNS = 15, 14, 13


def encode(
    origin: CodeType, items: Iterable[Item], stacksize: int, flags: int | None = None
) -> CodeType:
    """The code object of some items, with all else as in `origin`, but for `flags`, if given."""
    units = Units(origin)
    for item in items:
        units.take(item)
    return units.code(stacksize, flags)


class Units:
    """A code object in the making: instructions with their arguments as numbers, one by one.

    It is as `origin` in all else. With `arguments`, it is of a function of these positional
    arguments, with these free variables, without cells of its own.
    """

    def __init__(
        self,
        origin: CodeType,
        arguments: Sequence[str] | None = None,
        free: Sequence[str] = (),
    ) -> None:
        self._origin, self._arguments_of = origin, arguments
        self._operations: list[int] = []
        self._arguments: list[int] = []
        self._places: list[Positions | None] = []
        self._place: Positions | None = None
        self._labels: dict[Label, int] = {}  # themselves: an identity may be used again
        self._jumps: list[tuple[int, Label]] = []
        self._tries: list[tuple[int, int, TryBegin]] = []
        self._begun: tuple[int, TryBegin] | None = None
        self._cells: Sequence[str] = origin.co_cellvars if arguments is None else ()
        self._free: Sequence[str] = origin.co_freevars if arguments is None else free
        names = origin.co_varnames if arguments is None else arguments
        self._locals = {name: i for i, name in enumerate(names)}
        self._named: list[int] = []  # where cells are meant, whose numbers follow the locals'
        document = origin.co_consts[0] if origin.co_consts else None
        self._constants: list[object] = [document if isinstance(document, str) else None]
        self._known = {id(self._constants[0]): 0}
        self._names: dict[str, int] = {}

    def code(self, stacksize: int, flags: int | None = None) -> CodeType:
        """The code object, when all is there."""
        fields = self._fields()
        if self._arguments_of is not None:
            fields |= {
                "co_argcount": len(self._arguments_of), "co_posonlyargcount": 0,
                "co_kwonlyargcount": 0, "co_cellvars": (), "co_freevars": tuple(self._free),
            }  # fmt: skip
        if flags is not None:
            fields["co_flags"] = flags
        return self._origin.replace(co_stacksize=stacksize, **fields)  # type: ignore[arg-type]

    def take(self, item: Item) -> None:
        """Appends an instruction, or puts a label or mark here."""
        if type(item) is Raw:
            self.add(item.opcode, item.arg, item.location)
        else:
            self._mark(item)

    def add(self, number: int, arg: object, at: Positions | None) -> None:
        """Appends an instruction and the number of its argument, but for jumps and cells."""
        kind = KINDS[number]
        if kind == 0:
            value = 0 if arg is UNSET else int(arg)  # type: ignore[call-overload]
        elif kind == CONST:
            value = self._known.get(id(arg), -1)
            if value < 0:
                value = self._known[id(arg)] = len(self._constants)
                self._constants.append(arg)
        elif kind == JUMP:
            self._jumps.append((len(self._operations), arg))  # type: ignore[arg-type]
            value = 0
        elif kind == NAME:
            value = self._name(arg)
        elif kind == COMPARE:
            value = _compared(int(arg))  # type: ignore[call-overload]
        else:
            value = self._variable(arg)
        if at is not None:
            self._place = at
        self._operations.append(number)
        self._arguments.append(value)
        self._places.append(self._place)

    def _mark(self, item: Item) -> None:
        """A label, or a beginning or end of a `try`, is before the next instruction."""
        now = len(self._operations)
        if type(item) is Label:
            self._labels[item] = now
        elif type(item) is TryBegin:
            self._begun = now, item
        else:
            assert type(item) is TryEnd
            assert self._begun is not None, "a try ends that has not begun"
            self._tries.append((self._begun[0], now, self._begun[1]))

    def _name(self, arg: object) -> int:
        """The number of a name; flags that go with it are the lowest bits."""
        flags, count = 0, 0
        if isinstance(arg, tuple):
            *bits, arg = arg
            count = len(bits)
            flags = sum(bit << i for i, bit in enumerate(bits))
        return self._names.setdefault(arg, len(self._names)) << count | flags  # type: ignore[call-overload,no-any-return]

    def _variable(self, arg: object) -> int:
        """The number of a local; of a cell, its own, until the locals are counted."""
        if isinstance(arg, str):
            found = self._locals.get(arg)
            if found is not None:
                return found
            if arg not in self._cells:
                return self._locals.setdefault(arg, len(self._locals))
        self._named.append(len(self._operations))
        if isinstance(arg, FreeVar):
            return len(self._cells) + self._free.index(arg.name)
        return self._cells.index(arg.name if isinstance(arg, CellVar) else arg)  # type: ignore[arg-type]

    def _fields(self) -> dict[str, object]:
        """What makes a code object of them."""
        self._number_cells()
        starts = self._jump()
        return {
            "co_code": self._bytes(),
            "co_consts": tuple(self._constants),
            "co_names": tuple(self._names),
            "co_varnames": tuple(self._locals),
            "co_nlocals": len(self._locals),
            "co_linetable": self._lines(starts),
            "co_exceptiontable": self._handlers(starts),
        }

    def _number_cells(self) -> None:
        """A cell that is a local too has its number; others follow, then free variables."""
        following = len(self._locals)
        numbers = []
        for name in self._cells:
            if name in self._locals:
                numbers.append(self._locals[name])
            else:
                numbers.append(following)
                following += 1
        numbers += range(following, following + len(self._free))
        for index in self._named:
            self._arguments[index] = numbers[self._arguments[index]]

    def _jump(self) -> list[int]:
        """Gives each jump its distance; returns where each instruction starts, and the end."""
        arguments = self._arguments
        caches = [1 + CACHES[number] for number in self._operations]
        sizes = [
            size if value < 256 else size + _prefixes(value)
            for size, value in zip(caches, arguments, strict=True)
        ]
        while True:
            starts = [0, *accumulate(sizes)]
            grown = False
            for index, label in self._jumps:
                distance = starts[self._labels[label]] - starts[index + 1]
                backward = self._operations[index] in BACKWARD
                value = arguments[index] = -distance if backward else distance
                assert value >= 0, f"{dis.opname[self._operations[index]]} the other way"
                needed = caches[index] + _prefixes(value)
                if needed > sizes[index]:  # one that is not needed any more stays, of zeros
                    sizes[index], grown = needed, True
            if not grown:
                self._sizes = sizes
                return starts

    def _bytes(self) -> bytes:
        made = bytearray()
        rows = zip(self._operations, self._arguments, self._sizes, strict=True)
        for number, value, size in rows:
            prefixes = size - 1 - CACHES[number]
            while prefixes:
                made += bytes((EXTENDED, value >> 8 * prefixes & 255))
                prefixes -= 1
            made.append(number)
            made.append(value & 255)
            if CACHES[number]:
                made += bytes(2 * CACHES[number])
        return bytes(made)

    def _lines(self, starts: list[int]) -> bytes:
        """Places of instructions, eight units an entry at most."""
        made = bytearray()
        line = self._origin.co_firstlineno
        places, count = self._places, len(self._places)
        i = 0
        while i < count:
            place, first = places[i], starts[i]
            i += 1
            while i < count and places[i] is place:
                i += 1
            length = starts[i] - first
            while length > 0:
                entry, line = _place(place, min(length, 8), line)
                made += entry
                length -= 8
        return bytes(made)

    def _handlers(self, starts: list[int]) -> bytes:
        made = bytearray()
        for first, end, entry in self._tries:
            if first == end:
                continue
            target = starts[self._labels[entry.target]]
            state = entry.stack_depth << 1 | entry.push_lasti  # type: ignore[operator]
            numbers = (starts[first], starts[end] - starts[first], target, state)
            begins = 0x80
            for number in numbers:
                made.extend(_high_first(number, begins))
                begins = 0
        return bytes(made)


def _prefixes(value: int) -> int:
    """How many `EXTENDED_ARG`s an argument takes."""
    return 0 if value < 1 << 8 else 1 if value < 1 << 16 else 2 if value < 1 << 24 else 3


def _compared(number: int) -> int:
    """The argument of `COMPARE_OP`; `number` counts the operators as `dis.cmp_op` does."""
    if PY313:
        return number << 5 | _TRUE_IF[number]
    return number << 4 | _TRUE_IF[number] if PY312 else number


def _place(place: Positions | None, size: int, line: int) -> tuple[bytes, int]:
    """The entry of some units' place, and the line for the next entry to count from."""
    if place is None or place.lineno is None:
        return bytes((0x80 | _NOWHERE << 3 | size - 1,)), line
    delta, now, last = place.lineno - line, place.lineno, place.end_lineno
    column = -1 if place.col_offset is None else place.col_offset
    end = -1 if place.end_col_offset is None else place.end_col_offset
    if last is None:
        last = now
    if column < 0 or end < 0:
        if last == now:
            return bytes((0x80 | _NO_COLUMNS << 3 | size - 1, *_signed(delta))), now
    elif last == now:
        if delta == 0 and column < 80 and 0 <= end - column < 16:
            low = (column & 7) << 4 | end - column
            return bytes((0x80 | column >> 3 << 3 | size - 1, low)), now
        if 0 <= delta < 3 and column < 128 and end < 128:
            return bytes((0x80 | 10 + delta << 3 | size - 1, column, end)), now
    rest = (*_low_first(last - now), *_low_first(column + 1), *_low_first(end + 1))
    return bytes((0x80 | _LONG << 3 | size - 1, *_signed(delta), *rest)), now


def _signed(number: int) -> list[int]:
    return _low_first(-number << 1 | 1 if number < 0 else number << 1)


def _low_first(number: int) -> list[int]:
    """Six bits a byte, lowest first; bit 6 says that another follows."""
    found = []
    while number > 0x3F:
        found.append(0x40 | number & 0x3F)
        number >>= 6
    return [*found, number]


def _high_first(number: int, begins: int) -> list[int]:
    """Six bits a byte, highest first; bit 6 says that another follows, `begins` goes first."""
    found = [number & 0x3F]
    while number > 0x3F:
        number >>= 6
        found.append(0x40 | number & 0x3F)
    found.reverse()
    found[0] |= begins
    return found
