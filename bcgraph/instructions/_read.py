"""From a CPython code object to canonical instructions: one table for each version.

Sources: `Python/ceval.c`/`bytecodes.c` and the `dis` documentation of CPython 3.11 to 3.14.
Defects of `bytecode` 0.19 are avoided here, in `_templates` and in `_assemble`: recomputed handler
depths, two-register superinstructions with a local's index of 16 or more, its own stack sizes,
templates.
"""

from __future__ import annotations

import inspect
import sys
from types import CodeType

from bytecode import Bytecode, CellVar, FreeVar, Instr, Label, TryBegin, TryEnd

from ._canonical import Code, Handler, Instruction, Item, Op
from ._normal import BRANCHES, normalise
from ._operands import after as operands_after
from ._operands import reach
from ._templates import hidden, interpolation
from ._version import PY312, PY313, PY314, SUPPORTED

_ENDS = {"RETURN_VALUE": Op.RETURN, "RAISE_VARARGS": Op.RAISE, "RERAISE": Op.RAISE}
_JUMPS = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
_PLAIN = {
    "LOAD_CONST": Op.CONST,
    "COPY": Op.COPY,
    "SWAP": Op.SWAP,
    "POP_TOP": Op.POP,
    "POP_ITER": Op.POP,
    "NOP": Op.NOP,
    "NOT_TAKEN": Op.NOP,
}
_LOCALS = {
    "LOAD_FAST": Op.LOAD,
    "LOAD_FAST_CHECK": Op.LOAD,
    "STORE_FAST": Op.STORE,
    "DELETE_FAST": Op.DELETE,
}
_EXACT_BOOLS = {"CHECK_EXC_MATCH", "WITH_EXCEPT_START", "MATCH_MAPPING", "MATCH_SEQUENCE"}
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
        shell = Bytecode.from_code(hidden(origin), conserve_exception_block_stackdepth=True)
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise UnreadableCode(f"the disassembler fails: {error!r}") from error
    items = tuple(normalise(shell))
    return _Reader(origin, shell, items).read()


class _Reader:
    """One walk along every edge: stack depths, marks of the operands, names in comprehensions."""

    def __init__(self, origin: CodeType, shell: Bytecode, items: tuple[Item, ...]) -> None:
        self.origin, self.shell, self.items = origin, shell, items
        self.positions: list[int] = []
        self.raws: list[Instr] = []
        self.tries: list[TryBegin | None] = []
        self.labels: dict[int, int] = {}
        entry: TryBegin | None = None
        for position, item in enumerate(items):
            match item:
                case Label():
                    self.labels[id(item)] = len(self.raws)
                case TryBegin():
                    entry = item
                case TryEnd():
                    entry = None
                case Instr():
                    self.positions.append(position)
                    self.raws.append(item)
                    self.tries.append(entry)
        self._extend_tries()

    def _extend_tries(self) -> None:
        """A jump belongs to its predicate's `try`: later compilers end the range in front of it."""
        for i in range(1, len(self.raws)):
            if self.raws[i].name in BRANCHES and self.tries[i] is None:
                self.tries[i] = self.tries[i - 1]

    def read(self) -> Code:
        raws, labels = self.raws, self.labels
        handlers: list[Handler] = []
        numbers: dict[tuple[int, int, bool], int] = {}
        made: list[Instruction | None] = [None] * len(raws)
        stacks: dict[int, tuple[object, ...]] = {}
        names: dict[int, dict[str, str]] = {}
        inner_cells: set[str] = set()
        work: list[tuple[int, tuple[object, ...], dict[str, str]]] = [(0, (), {})]
        started = False
        while work:
            i, stack, renamed = work.pop()
            while made[i] is None:
                raw, name, arg = raws[i], raws[i].name, raws[i].arg
                depth, handler = len(stack), None
                if (entry := self.tries[i]) is not None:
                    target = labels[id(entry.target)]
                    key = (target, entry.stack_depth, entry.push_lasti)
                    handler = numbers.setdefault(key, len(numbers))
                    if handler == len(handlers):
                        handlers.append(Handler(*key))
                        kept = stack[: entry.stack_depth]
                        pushed = ("lasti", "exception") if entry.push_lasti else ("exception",)
                        work.append((target, kept + pushed, renamed))
                if name == "RESUME":
                    started = True
                op, canonical = self._operation(i, renamed)
                pops = reach(raw)
                after = stack
                successors: tuple[int, ...] = (i + 1,)
                if op is Op.STORE and _is_saved(stack[-1], arg):
                    op, canonical = Op.POP, None  # gives an inlined comprehension's name back
                    name_of, outside = variable(arg), stack[-1][1]
                    renamed = {k: v for k, v in renamed.items() if k != name_of}
                    if name_of in outside:
                        renamed[name_of] = outside[name_of]
                    after = stack[:-1]
                elif op in (Op.RETURN, Op.RAISE):
                    successors = ()
                elif op is Op.JUMP:
                    successors = (labels[id(arg)],)
                elif op is Op.BRANCH:
                    jump = labels[id(arg)]
                    on_true = BRANCHES[name][1]
                    successors = (jump, i + 1) if on_true else (i + 1, jump)
                    after = stack[:-1]
                elif op is Op.FOR:
                    end = self._after_loop(labels[id(arg)])
                    successors = (i + 1, end)
                    work.append((end, stack[:-1], renamed))
                    after = (*stack, None)
                elif op is Op.COPY:
                    after = (*stack, stack[-arg])
                elif op is Op.SWAP:
                    swapped = list(stack)
                    swapped[-1], swapped[-arg] = swapped[-arg], swapped[-1]
                    after = tuple(swapped)
                elif name == "LOAD_FAST_AND_CLEAR":
                    op, canonical = Op.CONST, None
                    after = (*stack, (variable(arg), renamed))
                    renamed = {**renamed, variable(arg): f"{variable(arg)}~{i}"}
                elif name == "SEND":
                    successors = (i + 1, labels[id(arg)])
                    after = stack
                else:
                    after = operands_after(raw, stack)
                    if name == "MAKE_CELL" and started:
                        inner_cells.add(arg.name)
                        renamed = {k: v for k, v in renamed.items() if k != arg.name}
                stacks[i] = stack
                if renamed and op in (Op.BRANCH, Op.FOR):
                    names[i] = renamed
                made[i] = Instruction(
                    op, canonical, raw.location, depth, pops, handler, successors, raw
                )
                if not successors:
                    break
                if name == "SEND":
                    work.append((successors[1], after if PY312 else after[:-1], renamed))
                    i = successors[0]
                elif op is Op.BRANCH:
                    work.append((successors[0], after, renamed))
                    i = successors[1]
                else:
                    i = successors[0]
                stack = after
        cells = [v for v in (*self.shell.cellvars, *self.shell.freevars) if v not in inner_cells]
        generator = bool(self.origin.co_flags & _GENERATOR)
        return Code(
            self.origin, self.shell, self.items, tuple(self.positions), tuple(made),
            tuple(handlers), stacks, names, tuple(cells), frozenset(inner_cells), generator,
        )  # fmt: skip

    def _operation(self, i: int, renamed: dict[str, str]) -> tuple[Op, object]:
        name, arg = self.raws[i].name, self.raws[i].arg
        if name in _LOCALS:
            local = variable(arg)
            if local in renamed:
                return _LOCALS[name], renamed[local]
            if isinstance(arg, str) and arg not in self.shell.cellvars:  # else a cell (3.13)
                return _LOCALS[name], local
        if name in _PLAIN:
            return _PLAIN[name], arg if name in ("LOAD_CONST", "COPY", "SWAP") else None
        if name in BRANCHES:
            test = BRANCHES[name][0]
            if test == "truth" and i and self.raws[i - 1].name in _EXACT_BOOLS:
                test = "match"
            return Op.BRANCH, test
        if name == "FOR_ITER":
            return Op.FOR, None
        if name in _ENDS:
            return _ENDS[name], arg if name != "RETURN_VALUE" else None
        if name in _JUMPS:
            return Op.JUMP, None
        return Op.OPAQUE, _opaque(self.raws[i])

    def _after_loop(self, i: int) -> int:
        """The instruction after those that end a `for`: they belong to `Op.FOR`."""
        if PY312 and self.raws[i].name == "END_FOR":
            i += 1
            if PY313 and self.raws[i].name == ("POP_ITER" if PY314 else "POP_TOP"):
                i += 1
        return i


def _opaque(raw: Instr) -> tuple[str, object]:
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
    if not raw.require_arg() or isinstance(arg, Label):
        return name, None
    return name, variable(arg) if isinstance(arg, CellVar | FreeVar) else arg


def _is_saved(mark: object, arg: object) -> bool:
    """Whether an operand is the value that an inlined comprehension put aside for this name."""
    return isinstance(mark, tuple) and isinstance(arg, str | CellVar) and mark[0] == variable(arg)


def variable(arg: object) -> str:
    """The name of a local, cell or free variable as an instruction's argument gives it."""
    return arg.name if isinstance(arg, CellVar | FreeVar) else str(arg)
