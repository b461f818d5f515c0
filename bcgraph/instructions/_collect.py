"""A generator as a function that collects what the generator would yield."""

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
    """Code that takes a generator's arguments and returns the list of its items.

    None where the code is not that of a plain generator: it delegates to another, or it is an
    expression that binds a variable of the function around it.
    """
    if not code.co_flags & inspect.CO_GENERATOR:
        return None
    found = Bytecode.from_code(hidden(code), conserve_exception_block_stackdepth=True)
    shell = tuple(normalise(found))
    items: list[Item] = []
    names = [item.name for item in shell if isinstance(item, Instr)]
    if "SEND" in names or (code.co_name == "<genexpr>" and "STORE_DEREF" in names):
        return None
    begun = dropped = False
    for item in shell:
        if not isinstance(item, Instr):
            items.append(item)
            continue
        at = item.location
        if dropped:  # what is sent to begin
            dropped = False
        elif item.name == "RETURN_GENERATOR":
            dropped = True
        elif item.name == "RESUME" and begun:  # after a `yield`
            items.append(Instr("LOAD_CONST", None, location=at))
        elif item.name == "RESUME":
            begun = True
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
        elif item.name == "RETURN_VALUE":
            items += [Instr("POP_TOP", location=at), Instr("LOAD_FAST", _LIST, location=at), item]
        else:
            if PY313 and tests_truth(item):
                items.append(Instr("TO_BOOL", location=at))
            items.append(item)
    flags = code.co_flags & ~inspect.CO_GENERATOR
    return shown(encode(code, items, code.co_stacksize + 4, flags=flags))
