"""A code object's instructions as items, with labels and the marks of `try` ranges between them."""

from __future__ import annotations

import dis
from dis import Positions
from typing import Any, NamedTuple

from bytecode import Label, TryBegin, TryEnd
from bytecode.instr import UNSET


class Raw(NamedTuple):
    """One CPython instruction.

    `arg` is what it is in `bytecode`: a name, with flags in front of it where there are some, a
    `CellVar` or `FreeVar`, a constant, a `Label`, a member of `BinaryOp`, `Compare` …, a number, or
    `UNSET`. `location` is shared by neighbours of one place.
    """

    name: str
    arg: Any
    location: Positions | None
    opcode: int

    @classmethod
    def of(cls, name: str, arg: object = UNSET, at: Positions | None = None) -> Raw:
        """The instruction of a name."""
        return cls(name, arg, at, dis.opmap[name])


Item = Raw | Label | TryBegin | TryEnd
