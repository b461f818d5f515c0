"""From a CPython code object to canonical instructions: one table for each version.

Sources: `Python/ceval.c`/`bytecodes.c` and the `dis` documentation of CPython 3.11 to 3.14.
"""

from __future__ import annotations

import inspect
import sys
from functools import partial
from types import CodeType

from bytecode import CellVar, FreeVar, Label, TryBegin
from bytecode.instr import UNSET

from ._canonical import Code, Handler, Instruction, Op
from ._decode import decode
from ._items import Item, Raw
from ._normal import BRANCHES, normalise
from ._operands import after as operands_after
from ._operands import effects
from ._templates import hidden, interpolation
from ._version import PY312, PY313, PY314, SUPPORTED

_OPS = {
    "LOAD_FAST": Op.LOAD,
    "LOAD_FAST_CHECK": Op.LOAD,
    "STORE_FAST": Op.STORE,
    "DELETE_FAST": Op.DELETE,
    "LOAD_CONST": Op.CONST,
    "COPY": Op.COPY,
    "SWAP": Op.SWAP,
    "POP_TOP": Op.POP,
    "POP_ITER": Op.POP,
    "NOP": Op.NOP,
    "NOT_TAKEN": Op.NOP,
    "RETURN_VALUE": Op.RETURN,
    "RAISE_VARARGS": Op.RAISE,
    "RERAISE": Op.RAISE,
    "JUMP_FORWARD": Op.JUMP,
    "JUMP_BACKWARD": Op.JUMP,
    "JUMP_BACKWARD_NO_INTERRUPT": Op.JUMP,
    "FOR_ITER": Op.FOR,
    **dict.fromkeys(BRANCHES, Op.BRANCH),
}
_ACCESSES = (Op.LOAD, Op.STORE, Op.DELETE)
_COUNTED = (Op.CONST, Op.COPY, Op.SWAP, Op.RAISE)  # whose argument is the canonical one
_EXACT_BOOLS = {"CHECK_EXC_MATCH", "WITH_EXCEPT_START", "MATCH_MAPPING", "MATCH_SEQUENCE"}
_instruction = partial(tuple.__new__, Instruction)  # without a call of Python's
_GENERATOR = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class UnknownPython(Exception):
    """The running CPython has no table here."""


class UnreadableCode(Exception):
    """A code object that cannot be taken apart and put together again."""


def read(origin: CodeType) -> Code:
    """Reads a function's code object into canonical instructions.

    Raises:
        UnknownPython: on a CPython version that has no table here.
        UnreadableCode: where one name is a cell and a free variable at once (an inlined
            comprehension makes a cell of the name of an enclosing function's variable), or where
            the disassembler fails.
    """
    origin = origin.replace()  # a copy, so that what is made of it does not hold the function's
    if sys.version_info[:2] not in SUPPORTED:
        major, minor = sys.version_info[:2]
        raise UnknownPython(f"bcgraph does not know the bytecode of CPython {major}.{minor}")
    if twice := set(origin.co_cellvars) & set(origin.co_freevars):
        names = ", ".join(sorted(twice))
        raise UnreadableCode(f"{names} is a variable of a comprehension and of an outer function")
    try:
        items = tuple(normalise(decode(hidden(origin))))
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise UnreadableCode(f"it cannot be decoded: {error!r}") from error
    return _Reader(origin, items).read()


class _Reader:
    """One walk along every edge: stack depths, marks of the operands, names in comprehensions."""

    def __init__(self, origin: CodeType, items: tuple[Item, ...]) -> None:
        self.origin, self.items = origin, items
        self.positions: list[int] = []
        self.raws: list[Raw] = []
        self.tries: list[TryBegin | None] = []
        self.labels: dict[Label, int] = {}
        self.handlers: list[Handler] = []
        self._numbers: dict[tuple[int, int, bool], int] = {}
        entry: TryBegin | None = None
        for position, item in enumerate(items):
            if type(item) is Raw:
                self.positions.append(position)
                self.raws.append(item)
                self.tries.append(entry)
            elif type(item) is Label:
                self.labels[item] = len(self.raws)
            else:
                entry = item if type(item) is TryBegin else None
        if entry is not None or any(self.tries):
            self._extend_tries()

    def _extend_tries(self) -> None:
        """A jump belongs to its predicate's `try`: later compilers end the range in front of it."""
        for i in range(1, len(self.raws)):
            if self.raws[i].name in BRANCHES and self.tries[i] is None:
                self.tries[i] = self.tries[i - 1]

    def read(self) -> Code:
        raws, labels, tries, cells = self.raws, self.labels, self.tries, self.origin.co_cellvars
        made: list[Instruction | None] = [None] * len(raws)
        stacks: dict[int, tuple[object, ...]] = {}
        names: dict[int, dict[str, str]] = {}
        inner_cells: set[str] = set()
        work: list[tuple[int, tuple[object, ...], dict[str, str]]] = [(0, (), {})]
        started = False
        while work:
            i, stack, renamed = work.pop()
            while made[i] is None:
                raw = raws[i]
                name, arg, location, _ = raw
                handler, following = None, i + 1
                if (entry := tries[i]) is not None:
                    handler, begins = self._handler(entry, stack)
                    if begins is not None:
                        work.append((*begins, renamed))
                op = _OPS.get(name, Op.OPAQUE)
                canonical = None
                stacks[i] = stack
                pops, effect = effects(raw)
                successors: tuple[int, ...] = (following,)
                if op in _ACCESSES:
                    local = arg if type(arg) is str else variable(arg)
                    if local in renamed:
                        canonical = renamed[local]
                    elif type(arg) is str and arg not in cells:
                        canonical = arg
                    else:  # a cell (3.13)
                        op, canonical = Op.OPAQUE, _opaque(raw)
                    after = operands_after(raw, stack, pops, effect)
                    if op is Op.STORE and _is_saved(stack[-1], arg):
                        op, canonical = Op.POP, None  # gives a comprehension's name back
                        outside = stack[-1][1]  # type: ignore[index]
                        renamed = {k: v for k, v in renamed.items() if k != local}
                        if local in outside:
                            renamed[local] = outside[local]
                elif op is Op.OPAQUE:
                    canonical = _opaque(raw)
                    if name == "LOAD_FAST_AND_CLEAR":
                        op, canonical = Op.CONST, None
                        after = (*stack, (variable(arg), renamed))
                        renamed = {**renamed, variable(arg): f"{variable(arg)}~{i}"}
                    elif name == "SEND":
                        after = stack
                        successors = (following, labels[arg])
                        work.append((successors[1], stack if PY312 else stack[:-1], renamed))
                    else:
                        after = operands_after(raw, stack, pops, effect)
                        if name == "RESUME":
                            started = True
                        elif name == "MAKE_CELL" and started:
                            inner_cells.add(arg.name)
                            renamed = {k: v for k, v in renamed.items() if k != arg.name}
                elif op is Op.BRANCH:
                    canonical, on_true = self._test(i)
                    jump = labels[arg]
                    after = stack[:-1]
                    successors = (jump, following) if on_true else (following, jump)
                    work.append((successors[0], after, renamed))
                    following = successors[1]
                    if renamed:
                        names[i] = renamed
                elif op is Op.FOR:
                    end = self._after_loop(labels[arg])
                    after = (*stack, None)
                    successors = (following, end)
                    work.append((end, stack[:-1], renamed))
                    if renamed:
                        names[i] = renamed
                elif op is Op.JUMP:
                    after = stack
                    following = labels[arg]
                    successors = (following,)
                else:
                    if op in _COUNTED:
                        canonical = arg
                    if op is Op.RETURN or op is Op.RAISE:
                        after, successors = (), ()
                    elif op is Op.COPY:
                        after = (*stack, stack[-arg])
                    elif op is Op.SWAP:
                        swapped = list(stack)
                        swapped[-1], swapped[-arg] = swapped[-arg], swapped[-1]
                        after = tuple(swapped)
                    else:
                        after = operands_after(raw, stack, pops, effect)
                made[i] = _instruction(
                    (op, canonical, location, len(stack), pops, handler, successors, raw)
                )
                if not successors:
                    break
                i, stack = following, after
        every = [*cells, *self.origin.co_freevars]
        return Code(
            self.origin, self.items, tuple(self.positions), tuple(made), tuple(self.handlers),
            stacks, names, tuple([v for v in every if v not in inner_cells]),
            frozenset(inner_cells), bool(self.origin.co_flags & _GENERATOR),
        )  # fmt: skip

    def _handler(
        self, entry: TryBegin, stack: tuple[object, ...]
    ) -> tuple[int, tuple[int, tuple[object, ...]] | None]:
        """The number of a handler; where it begins, with which operands, if it is new."""
        target, depth, lasti = self.labels[entry.target], entry.stack_depth, entry.push_lasti  # type: ignore[index]
        key = target, int(depth), lasti
        number = self._numbers.get(key)
        if number is not None:
            return number, None
        number = self._numbers[key] = len(self.handlers)
        self.handlers.append(Handler(*key))
        pushed = ("lasti", "exception") if lasti else ("exception",)
        return number, (target, stack[:depth] + pushed)

    def _test(self, i: int) -> tuple[str, bool]:
        """What a branch tests, and whether it jumps when that holds."""
        test, on_true = BRANCHES[self.raws[i].name]
        if test == "truth" and i and self.raws[i - 1].name in _EXACT_BOOLS:
            test = "match"
        return test, on_true

    def _after_loop(self, i: int) -> int:
        """The instruction after those that end a `for`: they belong to `Op.FOR`."""
        if PY312 and self.raws[i].name == "END_FOR":
            i += 1
            if PY313 and self.raws[i].name == ("POP_ITER" if PY314 else "POP_TOP"):
                i += 1
        return i


def _opaque(raw: Raw) -> tuple[str, object]:
    """Name and argument of an instruction, those of 3.13 where 3.14 has another for the same."""
    name, arg = raw.name, raw.arg
    if PY314:
        if (parts := interpolation(raw)) is not None:
            return "BUILD_INTERPOLATION", parts
        match name, getattr(arg, "name", None):
            case "BINARY_OP", "SUBSCR":
                return "BINARY_SUBSCR", None
            case "LOAD_COMMON_CONSTANT", "ASSERTION_ERROR":
                return "LOAD_ASSERTION_ERROR", None
            case "LOAD_SPECIAL", "EXIT":
                return "BEFORE_WITH", None
            case "LOAD_SPECIAL", "AEXIT":
                return "BEFORE_ASYNC_WITH", None
            case "CALL_FUNCTION_EX", _:
                return name, 1  # a mapping of keywords, or NULL, is always there
    kind = type(arg)
    if arg is UNSET or kind is Label:
        return name, None
    return name, arg.name if kind is CellVar or kind is FreeVar else arg


def _is_saved(mark: object, arg: object) -> bool:
    """Whether an operand is the value that an inlined comprehension put aside for this name."""
    return isinstance(mark, tuple) and isinstance(arg, str | CellVar) and mark[0] == variable(arg)


def variable(arg: object) -> str:
    """The name of a local, cell or free variable as an instruction's argument gives it."""
    return arg.name if isinstance(arg, CellVar | FreeVar) else str(arg)
