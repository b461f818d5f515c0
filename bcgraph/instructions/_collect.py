"""A generator as a function that does what its consumer does with all that it would yield."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterable
from types import CodeType

from bytecode import Instr, Label, TryBegin

from ._decode import decode
from ._encode import encode
from ._items import Item, Raw
from ._normal import normalise, tests_truth
from ._operands import effects
from ._templates import hidden, shown
from ._version import PY312, PY313

_LIST, _FOUND = ".list", ".found"


class Consumer(enum.Enum):
    """What takes a generator's items, and what it makes of them."""

    LIST = "a list of all of them"
    FIRST = "the first in a tuple, or None"
    ANY = "whether one of them is true, as far as the first such"
    ALL = "whether none of them is false, as far as the first such"


def collected(code: CodeType, consumer: Consumer = Consumer.LIST) -> CodeType | None:
    """Code that takes a generator's arguments and returns what the consumer makes of its items.

    None where the code is not that of a plain generator: it delegates to another; or it is an
    expression that binds a variable of the function around it, to be collected; or it has a `try`
    or `with` that it might be left in the midst of.
    """
    if not code.co_flags & inspect.CO_GENERATOR:
        return None
    shell = _begun(normalise(decode(hidden(code))))
    names = {item.name for item in shell if isinstance(item, Raw)}
    if "SEND" in names:
        return None
    if consumer is Consumer.LIST:
        if code.co_name == "<genexpr>" and "STORE_DEREF" in names:
            return None
        items = _collecting(shell)
    else:
        if len({item.target for item in shell if isinstance(item, TryBegin)}) > PY312:
            return None  # since 3.12 one is around the whole
        items = _searching(shell, consumer)
    tested: list[Item] = []
    for item in items:
        if PY313 and isinstance(item, Raw) and tests_truth(item):
            tested.append(Raw.of("TO_BOOL", at=item.location))
        tested.append(item)
    flags = code.co_flags & ~inspect.CO_GENERATOR
    return shown(encode(code, tested, code.co_stacksize + 4, flags=flags))


def _begun(items: Iterable[Item]) -> list[Item]:
    """The items without what begins a generator; what is sent to it later is None."""
    left: list[Item] = []
    begun = dropped = False
    for item in items:
        if not isinstance(item, Raw):
            left.append(item)
        elif dropped:  # what is sent to begin
            dropped = False
        elif item.name == "RETURN_GENERATOR":
            dropped = True
        elif item.name == "RESUME" and begun:  # after a `yield`
            left.append(Raw.of("LOAD_CONST", None, item.location))
        else:
            begun = begun or item.name == "RESUME"
            left.append(item)
    return left


def _collecting(shell: list[Item]) -> list[Item]:
    items: list[Item] = []
    for item in shell:
        if not isinstance(item, Raw):
            items.append(item)
            continue
        at = item.location
        if item.name == "RESUME":
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
            items.append(item)
    return items


def _searching(shell: list[Item], consumer: Consumer) -> list[Item]:
    """The items with a return from where what is sought is found."""
    end = {Consumer.FIRST: None, Consumer.ANY: False, Consumer.ALL: True}[consumer]
    items: list[Item] = []
    depth, depths = 0, dict[Label, int]()
    for item in shell:
        if isinstance(item, Label):
            depth = depths.get(item, depth)
        elif isinstance(item, TryBegin) and isinstance(item.target, Label):
            depths[item.target] = (item.stack_depth or 0) + 1 + item.push_lasti
        if not isinstance(item, Raw):
            items.append(item)
            continue
        at = item.location
        if isinstance(item.arg, Label):
            depths.setdefault(item.arg, depth + Instr(item.name, item.arg).stack_effect(jump=True))
        if item.name == "YIELD_VALUE":
            left = [Raw.of("POP_TOP", at=at)] * (depth - 1)
            depth -= 1
            go_on = Label()
            if consumer is Consumer.FIRST:
                items += [
                    Raw.of("BUILD_TUPLE", 1, at),
                    Raw.of("STORE_FAST", _FOUND, at),
                    *left,
                    Raw.of("LOAD_FAST", _FOUND, at),
                    Raw.of("RETURN_VALUE", at=at),
                ]
                continue
            way = "FALSE" if consumer is Consumer.ANY else "TRUE"
            items += [
                Raw.of(_JUMP.format(way), go_on, at),
                *left,
                Raw.of("LOAD_CONST", not end, at),
                Raw.of("RETURN_VALUE", at=at),
                go_on,
            ]
            continue
        if item.name == "RETURN_VALUE":
            items += [
                Raw.of("POP_TOP", at=at),
                Raw.of("LOAD_CONST", end, at),
            ]
        items.append(item)
        depth += effects(item)[1]
    return items


_JUMP = "POP_JUMP_IF_{}" if PY312 else "POP_JUMP_FORWARD_IF_{}"
