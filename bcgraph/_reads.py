"""What code reads, as far as its instructions tell."""

from __future__ import annotations

import dis
from types import CodeType

from ._weak import told_once

_LOADS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "DELETE_ATTR")


@told_once
def attributes_read(code: CodeType) -> frozenset[str]:
    """The names of the attributes that a code object reads, or may (`hasattr`), and those in it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    own = frozenset(i.argval for i in dis.get_instructions(code) if i.opname in _LOADS)
    told = frozenset(constant for constant in code.co_consts if type(constant) is str)
    return own.union(told, *map(attributes_read, inner))
