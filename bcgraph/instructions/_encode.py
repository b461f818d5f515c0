"""From items to the bytes of a code object: units, constants, names, jumps, both tables.

`bytecode` encodes, too, in more than four times the time. What an argument counts is told by `dis`;
the table of exceptions is that of CPython's `Objects/exception_handling_notes.txt`.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable
from dis import Positions
from itertools import accumulate
from types import CodeType

from bytecode import CellVar, FreeVar, Label, TryBegin, TryEnd
from bytecode.instr import UNSET

from ._items import Item, Raw
from ._lines import Run, lines
from ._numbers import BACKWARD, CACHES, COMPARE, CONST, EXTENDED, JUMP, KINDS, NAME
from ._sequence import Sequence
from ._version import PY312, PY313

# what is true of two numbers compared, as `<` `<=` `==` `!=` `>` `>=`: 1 unordered, 2 less, 4 more,
# 8 equal (`Include/internal/pycore_code.h`)
_TRUE_IF = (2, 10, 8, 7, 4, 12)


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
        arguments: list[str] | None = None,
        free: tuple[str, ...] = (),
    ) -> None:
        self._origin, self._arguments_of = origin, arguments
        self._operations = bytearray()
        self._arguments: list[int] = []
        self._place: Positions | None = None
        self._runs: list[Run] = [(0, None)]  # of instructions of one place
        self._labels: dict[Label, int] = {}  # themselves: an identity may be used again
        self._jumps: list[tuple[int, Label]] = []
        self._tries: list[tuple[int, int, TryBegin]] = []
        self._begun: tuple[int, TryBegin] | None = None
        self._cells: tuple[str, ...] = origin.co_cellvars if arguments is None else ()
        self._free: tuple[str, ...] = origin.co_freevars if arguments is None else free
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
            value = self._constant(arg)
        elif kind == JUMP:
            self._jumps.append((len(self._operations), arg))  # type: ignore[arg-type]
            value = 0
        elif kind == NAME:
            value = self._name(arg)
        elif kind == COMPARE:
            value = _compared(int(arg))  # type: ignore[call-overload]
        else:
            value = self._variable(arg)
        if at is not self._place:
            self._move(at)
        self._operations.append(number)
        self._arguments.append(value)

    def recorded(self, operands: list[Label]) -> Sequence:
        """What has been added, of numbers, constants, and jumps, some of which are operands."""
        names = *self._names, *self._locals, *self._named
        assert not names, "a name is another number elsewhere"
        number_of = {id(operand): i for i, operand in enumerate(operands)}
        number_of |= {id(label): ~i for i, label in enumerate(self._labels)}
        found = [
            (where, self._constants[self._arguments[where]])
            for where, number in enumerate(self._operations)
            if KINDS[number] == CONST
        ]
        return Sequence(
            bytes(self._operations),
            tuple(self._arguments),
            tuple([(where, value) for where, value in found if id(value) not in number_of]),
            tuple([(where, number_of[id(v)]) for where, v in found if id(v) in number_of]),
            tuple([(where, number_of[id(label)]) for where, label in self._jumps]),
            tuple(self._labels.values()),
        )

    def repeat(
        self, sequence: Sequence, operands: tuple[object, ...], at: Positions | None
    ) -> None:
        """Appends a sequence, with these constants and labels as operands."""
        arguments, start = self._arguments, len(self._arguments)
        self._move(at)
        self._operations += sequence.operations
        arguments += sequence.arguments
        for where, value in sequence.constants:
            arguments[start + where] = self._constant(value)
        for where, number in sequence.given:
            arguments[start + where] = self._constant(operands[number])
        own = [Label() for _ in sequence.labels]
        for where, label in zip(sequence.labels, own, strict=True):
            self._labels[label] = start + where
        for where, number in sequence.jumps:
            goal = operands[number] if number >= 0 else own[~number]
            self._jumps.append((start + where, goal))  # type: ignore[arg-type]

    def _constant(self, value: object) -> int:
        number = self._known.get(id(value), -1)
        if number < 0:
            number = self._known[id(value)] = len(self._constants)
            self._constants.append(value)
        return number

    def _move(self, at: Positions | None) -> None:
        """What follows is at this place; at the last one, if none is given."""
        if at is not self._place and at is not None:
            self._place = at
            self._runs.append((len(self._arguments), at))

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
            "co_linetable": lines(self._origin.co_firstlineno, self._runs, starts),
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
        operations, arguments = self._operations, self._arguments
        sizes = [*operations.translate(_SIZES)]
        if max(arguments, default=0) > 255:
            for index, value in enumerate(arguments):
                sizes[index] += _prefixes(value)
        while True:
            starts = [0, *accumulate(sizes)]
            grown = False
            for index, label in self._jumps:
                number = operations[index]
                distance = starts[self._labels[label]] - starts[index + 1]
                value = arguments[index] = -distance if number in BACKWARD else distance
                assert value >= 0, f"{dis.opname[number]} the other way"
                if value > 255 and (needed := _SIZES[number] + _prefixes(value)) > sizes[index]:
                    sizes[index], grown = needed, True  # it stays, if it needs less again
            if not grown:
                self._sizes = sizes
                return starts

    def _bytes(self) -> bytes:
        known = _UNITS
        rows = zip(self._operations, self._arguments, strict=True)
        made = [known[value << 8 | number] for number, value in rows]
        for index, _ in self._jumps:
            missing = 2 * self._sizes[index] - len(made[index])
            if missing:
                made[index] = bytes((EXTENDED, 0)) * (missing // 2) + made[index]
        return b"".join(made)

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


class _Units(dict[int, bytes]):
    """An instruction's bytes by its number and its argument, which is above the lowest byte."""

    def __missing__(self, key: int) -> bytes:
        number, value = key & 255, key >> 8
        count = _prefixes(value)
        prefixes = [(EXTENDED, value >> 8 * i & 255) for i in range(count, 0, -1)]
        made = bytes((*sum(prefixes, ()), number, value & 255)) + bytes(2 * CACHES[number])
        if not count:
            self[key] = made
        return made


_UNITS = _Units()
_SIZES = bytes([1 + count for count in CACHES[:256]])


def _prefixes(value: int) -> int:
    """How many `EXTENDED_ARG`s an argument takes."""
    return 0 if value < 1 << 8 else 1 if value < 1 << 16 else 2 if value < 1 << 24 else 3


def _compared(number: int) -> int:
    """The argument of `COMPARE_OP`; `number` counts the operators as `dis.cmp_op` does."""
    if PY313:
        return number << 5 | _TRUE_IF[number]
    return number << 4 | _TRUE_IF[number] if PY312 else number


def _high_first(number: int, begins: int) -> list[int]:
    """Six bits a byte, highest first; bit 6 says that another follows, `begins` goes first."""
    found = [number & 0x3F]
    while number > 0x3F:
        number >>= 6
        found.append(0x40 | number & 0x3F)
    found.reverse()
    found[0] |= begins
    return found
