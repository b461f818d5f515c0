"""Straight-line instructions with their hooks: calls, comparisons, formats, writes."""

from __future__ import annotations

from types import CodeType

from bytecode import BinaryOp, FreeVar, Label

from bcgraph.instructions import (
    ENTER,
    FUNCTION,
    NULL,
    Assembler,
    Instruction,
    Op,
    Raw,
    variable,
)
from bcgraph.regions import Flow

from ._hooks import Hooks

_PARTS = ("STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR")
_WRITES = (*_PARTS, "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF")

_BUILDS = ("BUILD_LIST", "BUILD_MAP", "BUILD_SET", "BUILD_CONST_KEY_MAP")

_REMAINDERS = (BinaryOp.REMAINDER, BinaryOp.INPLACE_REMAINDER)

_ADDS = {"SET_ADD": 1, "MAP_ADD": 2}  # and how many operands each takes

_FORMATS = ("FORMAT_VALUE", "CONVERT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC")
_CONVERSIONS = ("", "s", "r", "a")

_JOINS = (BinaryOp.ADD, BinaryOp.INPLACE_ADD, BinaryOp.MULTIPLY, BinaryOp.INPLACE_MULTIPLY)

_CALLS = ("CALL", "CALL_KW", "CALL_FUNCTION_EX", "PRECALL", "KW_NAMES")
_HOOKED = frozenset((
    *_CALLS, *_FORMATS, *_ADDS, *_BUILDS, "GET_ITER", "UNARY_NOT", "IS_OP", "CONTAINS_OP",
    "BUILD_STRING", "UNPACK_SEQUENCE", "UNPACK_EX", "BINARY_SUBSCR", "STORE_SUBSCR", "LIST_EXTEND",
    "BINARY_OP", "COMPARE_OP", "LIST_APPEND", "BEFORE_WITH", "WITH_EXCEPT_START",
))  # fmt: skip


class Operations:
    """Emits the instructions of one flow, each with its hook, if it has one."""

    all_free = False  # whether every cell is a free variable of what is made
    _is_comprehension = False  # whether the call that is being emitted is that of one

    def __init__(self, flow: Flow, hooks: Hooks) -> None:
        self.flow, self.hooks = flow, hooks
        self.code = flow.cfg.code
        self.asm = self.assembler()
        self.writes = _WRITES if hooks.journal else _PARTS if hooks.symbolic else ()
        self._hooked = _HOOKED.union(self.writes)
        constants = self.code.origin.co_consts
        self.templates = any(isinstance(c, str) and "%" in c for c in constants)

    def assembler(self) -> Assembler:
        """Of the code that is made."""
        return Assembler(self.code.origin)

    def instruction(self, ins: Instruction, index: int, raw: Raw) -> None:
        """Emits one straight-line instruction with its hook, if it has one."""
        asm, hooks = self.asm, self.hooks
        name = ins.name
        if name not in self._hooked and type(raw.arg) is not CodeType:
            self._copy(ins, index, raw)
        elif name == "GET_ITER":
            self._replace_top(hooks.iterate)
            asm.copy(raw)
        elif name in _CALLS:
            self._call(index, ins, raw)
        elif name == "UNARY_NOT":
            self._negation(raw)
        elif name == "IS_OP" and hooks.symbolic and self._is_none_loaded(index):
            self._is_none(raw)
        elif name == "CONTAINS_OP" and hooks.symbolic:
            self._containment(raw)
        elif name in _FORMATS and hooks.symbolic:
            self._formatting(raw)
        elif name == "BUILD_STRING" and hooks.symbolic:
            asm.emit("BUILD_TUPLE", raw.arg)
            self._replace_top(hooks.join)
        elif name == "UNPACK_SEQUENCE" and hooks.symbolic:
            self._replace_top(hooks.unpack, raw.arg)
            asm.copy(raw)
        elif name == "UNPACK_EX" and hooks.symbolic:
            self._replace_top(hooks.unpack, None)
            asm.copy(raw)
        elif name in ("BINARY_SUBSCR", "STORE_SUBSCR") and hooks.symbolic:
            if name in self.writes:
                self._tell_write(name, raw)
            elif hooks.journal:
                asm.begin_call(hooks.item_read)
                asm.emit("COPY", 4)
                asm.emit("COPY", 4)
                asm.end_call(2)
                asm.emit("POP_TOP")
            self._left_sequence(hooks.slot if name in _WRITES else hooks.subscript)
            asm.copy(raw)
        elif name == "LIST_EXTEND" and hooks.symbolic and not self._constant(index):
            self._replace_top(hooks.unpack, None)
            asm.copy(raw)
        elif name == "BINARY_OP" and hooks.symbolic and self._may_join(raw, index):
            self._left_sequence(hooks.joined)
            asm.copy(raw)
        elif name == "BINARY_OP" and raw.arg in _REMAINDERS and hooks.symbolic and self.templates:
            asm.begin_call(hooks.percent)
            asm.emit("COPY", 4)
            asm.emit("COPY", 4)
            asm.end_call(2)
            self._unless_native(raw, 2)
        elif name == "COMPARE_OP" and hooks.symbolic and not self._with_a_constant(index):
            self._left_sequence(hooks.compared, both=True)
            asm.copy(raw)
        elif name == "LIST_APPEND" and hooks.symbolic and self.append_is_hooked(index):
            asm.begin_call(hooks.append)
            asm.emit("COPY", int(raw.arg) + 3)
            asm.emit("COPY", 4)
            asm.end_call(2)
            asm.emit("POP_TOP")
            asm.emit("POP_TOP")
        elif name in _ADDS and hooks.journal:
            asm.begin_call(hooks.item)
            asm.emit("COPY", int(raw.arg) + _ADDS[name] + 2)
            asm.constant(None)
            asm.end_call(2)
            asm.emit("POP_TOP")
            asm.copy(raw)
        elif name == "LOAD_CONST":
            asm.constant(hooks.nested(raw.arg))
        elif name == "BEFORE_WITH" and hooks.symbolic:
            self._replace_top(hooks.entered)
            asm.copy(raw)
        elif name == "WITH_EXCEPT_START" and hooks.journal:
            asm.copy(raw)
            self._replace_top(hooks.suppressed)
        elif name in _BUILDS and hooks.journal:
            asm.copy(raw)
            self._tell_birth()
        else:
            if name in self.writes:
                self._tell_write(name, raw)
            self._copy(ins, index, raw)

    def _copy(self, ins: Instruction, index: int, raw: Raw) -> None:
        """Emits an instruction as it is; a variable may have no value on some path."""
        asm, unsure = self.asm, self.flow.facts.unsure
        if not unsure or self.flow.cfg.standing[index] not in unsure:
            asm.copy(raw)
        elif ins.op is Op.LOAD and isinstance(raw.arg, str):
            asm.load_local(raw.arg, assigned=False)
            if self.hooks.symbolic:
                self._replace_top(self.hooks.read, ins.arg)
        else:
            asm.copy(raw)
            if ins.name == "LOAD_DEREF" and self.hooks.symbolic:
                self._replace_top(self.hooks.read, variable(raw.arg))

    def append_is_hooked(self, index: int) -> bool:
        """Whether a comprehension's append may meet a staged list."""
        return True

    def _replace_top(self, hook: object, *arguments: object) -> None:
        self.asm.repeat(_replace_top, hook, *arguments)

    def _left_sequence(self, hook: object, *, both: bool = False) -> None:
        """left right → what stands for the left, if it is a sequence (if `both` are), right"""
        self.asm.repeat(_left_sequence, hook, numbers=(both,))

    def _negation(self, raw: Raw) -> None:
        asm, native, done = self.asm, Label(), Label()
        if self.hooks.symbolic:
            if_exact_bool(asm, native)
            asm.begin_call(self.hooks.staged)
            asm.emit("COPY", 3)
            asm.end_call(1)
            asm.jump_if("FALSE", native)
            self._replace_top(self.hooks.negate)
            asm.emit("JUMP_FORWARD", done)
            asm.place(native)
        asm.truth()
        asm.copy(raw)
        asm.place(done)

    def _containment(self, raw: Raw) -> None:
        asm = self.asm
        asm.begin_call(self.hooks.contains)
        asm.emit("COPY", 4)
        asm.emit("COPY", 4)
        asm.constant(bool(raw.arg))
        asm.end_call(3)
        self._unless_native(raw, 2)

    def _formatting(self, raw: Raw) -> None:
        """value [spec] → its text"""
        asm = self.asm
        flags = int(raw.arg) if raw.name in ("FORMAT_VALUE", "CONVERT_VALUE") else 0
        has_spec = raw.name == "FORMAT_WITH_SPEC" or bool(flags & 4)
        asm.begin_call(self.hooks.text)
        asm.emit("COPY", 3 + has_spec)
        if has_spec:
            asm.emit("COPY", 4)
        else:
            asm.constant("")
        asm.constant(_CONVERSIONS[flags & 3])
        asm.end_call(3)
        self._unless_native(raw, 1 + has_spec)

    def _unless_native(self, raw: Raw, operands: int) -> None:
        """operands result → the result, or what the instruction itself makes of the operands"""
        asm, native, done = self.asm, Label(), Label()
        asm.emit("COPY", 1)
        asm.constant(self.hooks.native)
        asm.emit("IS_OP", 0)
        asm.jump_if("TRUE", native)
        asm.emit("SWAP", operands + 1)
        for _ in range(operands):
            asm.emit("POP_TOP")
        asm.emit("JUMP_FORWARD", done)
        asm.place(native)
        asm.emit("POP_TOP")
        asm.copy(raw)
        asm.place(done)

    def _may_join(self, raw: Raw, index: int) -> bool:
        """Whether an operation may be one of sequences: none adds a number."""
        adds = raw.arg in (BinaryOp.ADD, BinaryOp.INPLACE_ADD)
        return raw.arg in _JOINS and not (adds and self._with_a_constant(index))

    def _with_a_constant(self, index: int) -> bool:
        """Whether the upper operand is a number or a text, on every way here."""
        constant = self._constant(index)
        return constant is not None and isinstance(constant.arg, int | float | str)

    def _constant(self, index: int) -> Instruction | None:
        """The instruction before one, if that gives a constant on every way here."""
        before = self.code.instructions[index - 1]
        follows = isinstance(self.code.items[self.code.positions[index] - 1], Raw)
        return before if before is not None and before.op is Op.CONST and follows else None

    def _is_none_loaded(self, index: int) -> bool:
        before = self.code.instructions[index - 1]
        return before is not None and before.op is Op.CONST and before.raw.arg is None

    def _is_none(self, raw: Raw) -> None:
        """value None → whether the value is None (or is not), staged where it may be."""
        asm, native, done = self.asm, Label(), Label()
        asm.emit("COPY", 2)
        asm.emit("MATCH_MAPPING")
        asm.emit("SWAP", 2)
        asm.emit("POP_TOP")
        asm.jump_if("FALSE", native)
        asm.emit("POP_TOP")
        self._replace_top(self.hooks.is_none, bool(raw.arg))
        asm.emit("JUMP_FORWARD", done)
        asm.place(native)
        asm.copy(raw)
        asm.place(done)

    def _call(self, index: int, ins: Instruction, raw: Raw) -> None:
        """Resolves the callable just before the call: in `KW_NAMES`, `PRECALL` or `CALL`."""
        asm, name = self.asm, raw.name
        if name == "CALL_FUNCTION_EX" and self.hooks.symbolic:
            with_keywords = _with_keywords(ins)
            if with_keywords:
                asm.emit("SWAP", 2)
            self._replace_top(self.hooks.unpack, None)
            if with_keywords:
                asm.emit("SWAP", 2)
        marks = self.code.stacks.get(index)
        before = self.code.instructions[index - 1]
        previous = before.raw.name if before is not None else ""
        resolved_before = (name == "PRECALL" and previous == "KW_NAMES") or (
            name == "CALL" and previous in ("PRECALL", "KW_NAMES")
        )
        if marks is not None and not resolved_before:
            below = self._callable_depth(index, ins, marks)
            if marks[-below] not in (FUNCTION, ENTER):
                asm.repeat(_resolve, self.hooks.resolve, numbers=(below,))
            self._is_comprehension = marks[-below] == FUNCTION
        asm.copy(raw)
        if name == "CALL" and self._is_comprehension and self.hooks.journal:
            self._tell_birth()

    def _tell_birth(self) -> None:
        self.asm.begin_call(self.hooks.born)
        self.asm.emit("COPY", 3)
        self.asm.end_call(1)
        self.asm.emit("POP_TOP")

    def _callable_depth(self, index: int, ins: Instruction, marks: tuple[object, ...]) -> int:
        """How far below the top the callable lies (1: on top)."""
        name = ins.name
        if name == "KW_NAMES":
            ins = self.code.instructions[index + 1]  # type: ignore[assignment]
        if name == "CALL_FUNCTION_EX":
            low = 2 + _with_keywords(ins)
            after = False
        else:
            low = int(ins.raw.arg) + 1 + (name == "CALL_KW")
            after = True
        first, second = marks[-low - 1], marks[-low]
        if first == NULL:
            found = low
        elif second == NULL or after:
            found = low + 1
        else:
            found = low
        return found

    def _tell_write(self, name: str, raw: Raw) -> None:
        asm, hooks = self.asm, self.hooks
        if name.endswith("_ATTR"):
            asm.begin_call(hooks.attribute)
            asm.emit("COPY", 3)
            asm.constant(raw.arg)
            asm.end_call(2)
        elif name.endswith("_SUBSCR"):
            asm.begin_call(hooks.item)
            asm.emit("COPY", 4)
            asm.emit("COPY", 4)
            asm.end_call(2)
        elif name.endswith("_GLOBAL"):
            asm.begin_call(hooks.variable)
            asm.constant(raw.arg)
            asm.end_call(1)
        else:
            asm.begin_call(hooks.cell)
            asm.load_cell(variable(raw.arg), isinstance(raw.arg, FreeVar) or self.all_free)
            asm.end_call(1)
        asm.emit("POP_TOP")


def if_exact_bool(asm: Assembler, native: Label) -> None:
    """value → value; goes on at `native` if it is True or False"""
    for value in (True, False):
        asm.emit("COPY", 1)
        asm.constant(value)
        asm.emit("IS_OP", 0)
        asm.jump_if("TRUE", native)


def _replace_top(asm: Assembler, hook: object, *arguments: object) -> None:
    asm.begin_call(hook)
    asm.emit("COPY", 3)
    for argument in arguments:
        asm.constant(argument)
    asm.end_call(1 + len(arguments))
    asm.emit("SWAP", 2)
    asm.emit("POP_TOP")


def _left_sequence(asm: Assembler, hook: object, both: int) -> None:
    native = Label()
    if both:
        asm.emit("MATCH_SEQUENCE")
    else:
        asm.emit("COPY", 2)
        asm.emit("MATCH_SEQUENCE")
        asm.emit("SWAP", 2)
        asm.emit("POP_TOP")
    asm.jump_if("FALSE", native)
    asm.begin_call(hook)
    asm.emit("COPY", 4)
    asm.emit("COPY", 4)
    asm.end_call(2)
    asm.emit("SWAP", 3)
    asm.emit("POP_TOP")
    asm.place(native)


def _resolve(asm: Assembler, hook: object, below: int) -> None:
    """The callable, so far below the top, becomes what to call instead."""
    asm.begin_call(hook)
    asm.emit("COPY", below + 2)
    asm.end_call(1)
    asm.emit("SWAP", below + 1)
    asm.emit("POP_TOP")


def _with_keywords(call: Instruction) -> int:
    """Whether a `CALL_FUNCTION_EX` has a place for keywords on the stack."""
    return int(call.arg[1]) & 1  # type: ignore[index]
