"""Instructions run on expressions instead of values, which gives back the text of a block.

What an instruction does beyond the stack becomes a statement.
"""

from __future__ import annotations

from itertools import zip_longest
from types import CodeType
from typing import Any

from bcgraph.instructions import Instruction, Op

from ._computing import Computing
from ._expressions import ATOM, UNARY, Expression, Statement, Unreadable, plain
from ._writing import Writing

_UNARY = {"UNARY_NEGATIVE": "-", "UNARY_INVERT": "~", "UNARY_POSITIVE": "+"}
_LATER = ("iterated", "unpacked", "entered", "text", "converted")
_SILENT = {
    "RESUME", "PRECALL", "MAKE_CELL", "COPY_FREE_VARS", "NOP",
    "SETUP_ANNOTATIONS", "CACHE", "EXTENDED_ARG",
}  # fmt: skip


class Machine(Computing, Writing):
    """Runs the instructions of a block."""

    def run(self, instructions: list[Instruction]) -> None:
        """Runs the instructions of a block, without its branch."""
        for ins, following in zip_longest(instructions, instructions[1:]):
            self._line = ins.line or self._line
            if ins.op is Op.COPY and following is not None and following.op is not Op.STORE:
                self._settle(-int(str(ins.arg)))
            self._step(ins)

    def _settle(self, at: int) -> None:
        """Names an operand that would be computed twice."""
        value = self.stack[at]
        if "(" in value.text and not value.is_settled and value.kind not in _LATER:
            self.spill()

    def _step(self, ins: Instruction) -> None:
        match ins.op:
            case Op.LOAD:
                self._push(plain(ins.arg), kind="name")
            case Op.STORE:
                self._store(plain(ins.arg))
            case Op.DELETE:
                self.say(f"del {plain(ins.arg)}")
            case Op.CONST:
                self._constant(ins.arg)
            case Op.COPY:
                assert isinstance(ins.arg, int)
                self.stack.append(self.stack[-ins.arg])
            case Op.SWAP:
                assert isinstance(ins.arg, int)
                i = len(self.stack) - ins.arg
                self.stack[i], self.stack[-1] = self.stack[-1], self.stack[i]
            case Op.POP:
                self._drop(self.pop())
            case Op.RETURN:
                value = self.pop()
                self.statements.append(Statement(f"return {value.text}", self._line))
            case Op.RAISE:
                self._raise(ins)
            case Op.JUMP | Op.NOP:
                pass
            case Op.OPAQUE:
                assert isinstance(ins.arg, tuple)
                self._opaque(*ins.arg)
            case _:
                raise Unreadable(str(ins))

    def _constant(self, value: object) -> None:
        if isinstance(value, CodeType):
            self._push("<code>", ATOM, "code", value)
        else:
            self._push("..." if value is Ellipsis else repr(value), ATOM, "constant", value)

    def _drop(self, value: Expression) -> None:
        if value.kind in ("", "yield", "inplace"):
            self.say(value.text)

    def _raise(self, ins: Instruction) -> None:
        name, arg = (ins.raw.name, ins.raw.arg)
        if name == "RAISE_VARARGS" and isinstance(arg, int) and arg:
            raised = [value.text for value in self.take(arg)]
            self.statements.append(Statement("raise " + " from ".join(raised), self._line))
        else:
            self.statements.append(Statement("raise", self._line))

    def _opaque(self, name: str, arg: Any) -> None:
        found = getattr(self, f"_{name.lower()}", None)
        if found is not None:
            found(arg)
        elif name in _UNARY:
            self._push(f"{_UNARY[name]}{self.pop().inside(UNARY)}", UNARY)
        elif name not in _SILENT:
            raise Unreadable(name)
