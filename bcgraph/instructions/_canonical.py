"""The canonical form: its data and its invariants.

Invariants of a `Code` (held by `Code.verify`):
- indices in `successors` and `Handler.target` are those of reachable instructions;
- `depth`, the number of operands on the stack before an instruction, is the same on every path;
- a `BRANCH` has two successors (when true, when false), a `FOR` two (with an item, exhausted).
"""

from __future__ import annotations

import enum
from dis import Positions
from types import CodeType
from typing import NamedTuple

from ._items import Item, Raw


class Op(enum.Enum):
    """What a canonical instruction does; the operand stack grows to the right."""

    LOAD = "load"  # → value of the local variable `arg`
    STORE = "store"  # value →
    DELETE = "delete"  # unbinds the local variable `arg`
    CONST = "const"  # → arg
    COPY = "copy"  # v1 … → v1 … v1, counted from the top by `arg`
    SWAP = "swap"  # exchanges the top with the `arg`-th
    POP = "pop"  # value →
    BRANCH = "branch"  # predicate →
    FOR = "for"  # iterator → iterator item, or → (nothing) when exhausted
    RETURN = "return"  # value →
    RAISE = "raise"  # ends in an exception
    JUMP = "jump"
    NOP = "nop"
    OPAQUE = "opaque"  # any other CPython instruction

    __hash__ = object.__hash__  # that of enumerations is a function of Python's


class Handler(NamedTuple):
    """One entry of the exception table: where an exception goes, and what it keeps."""

    target: int  # index of the handler's first instruction
    depth: int  # operands that stay on the stack
    lasti: bool  # whether the offset of the failing instruction is pushed too


class Instruction(NamedTuple):
    """One canonical instruction.

    `arg` is a variable's name for LOAD, STORE and DELETE (variables of inlined comprehensions are
    renamed `name~index`), a value for CONST, a count for COPY and SWAP, `"truth"`, `"none"` or
    `"match"` for BRANCH (what the predicate tests: the truth of any object, identity with None, an
    exact bool that the interpreter made), and for OPAQUE the CPython instruction's name and
    argument (those of 3.13 where 3.14 has another instruction for the same).
    """

    op: Op
    arg: object
    location: Positions | None
    depth: int
    pops: int
    handler: int | None  # index into Code.handlers
    successors: tuple[int, ...]
    raw: Raw

    @property
    def name(self) -> str:
        """The CPython instruction's name; that of 3.13 where 3.14 has another for the same."""
        return self.arg[0] if self.op is Op.OPAQUE else self.raw.name  # type: ignore[index]

    @property
    def line(self) -> int | None:
        """The source line, where the code object tells it."""
        return self.location.lineno if self.location else None

    def __str__(self) -> str:
        match self.op:
            case Op.OPAQUE:
                name, arg = self.arg  # type: ignore[misc]
                return name.lower() if arg is None else f"{name.lower()} {_short(arg)}"
            case Op.CONST:
                return f"const {_short(self.arg)}"
            case Op.NOP | Op.POP | Op.RETURN | Op.JUMP | Op.FOR:
                return self.op.value
            case _:
                return f"{self.op.value} {self.arg}"


class Code(NamedTuple):
    """A function's canonical instructions, with what is needed to assemble code again."""

    origin: CodeType
    items: tuple[Item, ...]  # normalised CPython instructions, labels and try marks
    positions: tuple[int, ...]  # index of each canonical instruction in `items`
    instructions: tuple[Instruction | None, ...]  # None: cannot be reached
    handlers: tuple[Handler, ...]
    stacks: dict[int, tuple[object, ...]]  # marks of the operands before each instruction
    names: dict[int, dict[str, str]]  # at a branch or for inside an inlined comprehension
    cells: tuple[str, ...]  # cell and free variables that exist from the start
    inner_cells: frozenset[str]  # cells made anew inside an inlined comprehension
    generator: bool

    def verify(self) -> None:
        """Raises AssertionError where an invariant of this module's docstring does not hold."""
        for i, ins in enumerate(self.instructions):
            if ins is None:
                continue
            assert ins.depth >= 0, f"negative stack depth at {i}"
            expected = {Op.BRANCH: 2, Op.FOR: 2, Op.RETURN: 0, Op.RAISE: 0}.get(ins.op)
            assert expected is None or len(ins.successors) == expected, f"successors at {i}"
            for j in ins.successors:
                assert self.instructions[j] is not None, f"{i} goes to {j}, out of reach"
            if ins.handler is not None:
                target = self.instructions[self.handlers[ins.handler].target]
                assert target is not None, f"handler of {i} out of reach"

    def __str__(self) -> str:
        lines = []
        for i, ins in enumerate(self.instructions):
            if ins is not None and ins.op is not Op.NOP:
                to = "".join(f" →{j}" for j in ins.successors) if len(ins.successors) > 1 else ""
                lines.append(f"{i:4} {ins}{to}")
        return "\n".join(lines)


def _short(value: object) -> str:
    if isinstance(value, CodeType):
        return f"<code {value.co_name}>"
    return repr(value)
