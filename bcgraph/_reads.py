"""What code reads, as far as its instructions tell."""

from __future__ import annotations

import dis
import functools
from types import CodeType

_LOADS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")


@functools.cache
def attributes_read(code: CodeType) -> frozenset[str]:
    """The names of the attributes that a code object reads, and those in it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    own = frozenset(i.argval for i in dis.get_instructions(code) if i.opname in _LOADS)
    return own.union(*map(attributes_read, inner))
