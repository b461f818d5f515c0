"""A generator as a function that collects what the generator would yield."""

from __future__ import annotations

import inspect
from types import CodeType

from ._decode import decode
from ._encode import encode
from ._items import Item, Raw
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
    found = normalise(decode(hidden(code)))
    items: list[Item] = []
    names = [item.name for item in found if isinstance(item, Raw)]
    if "SEND" in names or (code.co_name == "<genexpr>" and "STORE_DEREF" in names):
        return None
    begun = dropped = False
    for item in found:
        if not isinstance(item, Raw):
            items.append(item)
            continue
        at = item.location
        if dropped:  # what is sent to begin
            dropped = False
        elif item.name == "RETURN_GENERATOR":
            dropped = True
        elif item.name == "RESUME" and begun:  # after a `yield`
            items.append(Raw.of("LOAD_CONST", None, at))
        elif item.name == "RESUME":
            begun = True
            items += [
                item,
                Raw.of("BUILD_LIST", 0, at),
                Raw.of("STORE_FAST", _LIST, at),
            ]
        elif item.name == "YIELD_VALUE":
            items += [
                Raw.of("LOAD_FAST", _LIST, at),
                Raw.of("SWAP", 2, at),
                Raw.of("LIST_APPEND", 1, at),
                Raw.of("POP_TOP", at=at),
            ]
        elif item.name == "RETURN_VALUE":
            items += [Raw.of("POP_TOP", at=at), Raw.of("LOAD_FAST", _LIST, at), item]
        else:
            if PY313 and tests_truth(item):
                items.append(Raw.of("TO_BOOL", at=at))
            items.append(item)
    flags = code.co_flags & ~inspect.CO_GENERATOR
    return shown(encode(code, items, code.co_stacksize + 4, flags=flags))
