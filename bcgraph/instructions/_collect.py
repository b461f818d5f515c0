"""A generator expression as a function that collects what the generator would yield."""

from __future__ import annotations

import inspect
from types import CodeType

from bytecode import Bytecode, Instr

from ._canonical import Item
from ._encode import encode
from ._normal import normalise, tests_truth
from ._templates import hidden, shown
from ._version import PY313

_LIST = ".list"


def collected(code: CodeType) -> CodeType | None:
    """Code that takes a generator expression's iterator and returns the list of its items.

    None where the code is not that of a plain generator expression.
    """
    if code.co_name != "<genexpr>" or not code.co_flags & inspect.CO_GENERATOR:
        return None
    found = Bytecode.from_code(hidden(code), conserve_exception_block_stackdepth=True)
    shell = tuple(normalise(found))
    items: list[Item] = []
    names = [item.name for item in shell if isinstance(item, Instr)]
    if "STORE_DEREF" in names or "SEND" in names:
        return None
    drop = 0
    for item in shell:
        if not isinstance(item, Instr):
            items.append(item)
            continue
        at = item.location
        if drop and item.name in ("RESUME", "POP_TOP"):
            drop -= 1
        elif item.name == "RETURN_GENERATOR":
            drop = 1  # the POP_TOP after it
        elif item.name == "RESUME":
            items += [
                item,
                Instr("BUILD_LIST", 0, location=at),
                Instr("STORE_FAST", _LIST, location=at),
            ]
        elif item.name == "YIELD_VALUE":
            items += [
                Instr("LOAD_FAST", _LIST, location=at),
                Instr("SWAP", 2, location=at),
                Instr("LIST_APPEND", 1, location=at),
                Instr("POP_TOP", location=at),
            ]
            drop = 2  # RESUME, and the value sent
        elif item.name == "RETURN_VALUE":
            items += [Instr("POP_TOP", location=at), Instr("LOAD_FAST", _LIST, location=at), item]
        else:
            if PY313 and tests_truth(item):
                items.append(Instr("TO_BOOL", location=at))
            items.append(item)
    flags = code.co_flags & ~inspect.CO_GENERATOR
    return shown(encode(code, items, code.co_stacksize + 4, flags=flags))
