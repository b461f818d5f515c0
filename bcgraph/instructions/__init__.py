"""Instructions: a code object in, canonical instructions out, and assembled code back.

What comes out of `read` is a `Code`: the function's instructions in a form in which the supported
CPython versions differ no more. Control flow and access to local variables are canonical
(`Op.BRANCH`, `Op.FOR`, `Op.LOAD` …); every other instruction stays opaque and keeps its CPython
instruction for the way back.

Example: `if x > 0: …` reads, on every version, as

    LOAD x · CONST 0 · OPAQUE COMPARE_OP · BRANCH → (true, false)
"""

from ._assemble import Assembler
from ._canonical import Code, Handler, Instruction, Op
from ._collect import Consumer, collected
from ._items import Raw
from ._operands import ENTER, EXIT, FUNCTION, MAYBE, NULL
from ._read import UnknownPython, UnreadableCode, read, variable
from ._version import SUPPORTED

__all__ = [
    "ENTER",
    "EXIT",
    "FUNCTION",
    "MAYBE",
    "NULL",
    "SUPPORTED",
    "Assembler",
    "Code",
    "Consumer",
    "Handler",
    "Instruction",
    "Op",
    "Raw",
    "UnknownPython",
    "UnreadableCode",
    "collected",
    "read",
    "variable",
]
