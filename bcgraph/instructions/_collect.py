"""A generator as a function that does what its consumer does with all that it would yield."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterable
from types import CodeType

from bytecode import Bytecode, Instr, Label, TryBegin

from ._canonical import Item
from ._encode import encode
from ._normal import normalise, tests_truth
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
    found = Bytecode.from_code(hidden(code), conserve_exception_block_stackdepth=True)
    shell = _begun(normalise(found))
    names = {item.name for item in shell if isinstance(item, Instr)}
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
        if PY313 and isinstance(item, Instr) and tests_truth(item):
            tested.append(Instr("TO_BOOL", location=item.location))
        tested.append(item)
    flags = code.co_flags & ~inspect.CO_GENERATOR
    return shown(encode(code, tested, code.co_stacksize + 4, flags=flags))


def _begun(items: Iterable[Item]) -> list[Item]:
    """The items without what begins a generator; what is sent to it later is None."""
    left: list[Item] = []
    begun = dropped = False
    for item in items:
        if not isinstance(item, Instr):
            left.append(item)
        elif dropped:  # what is sent to begin
            dropped = False
        elif item.name == "RETURN_GENERATOR":
            dropped = True
        elif item.name == "RESUME" and begun:  # after a `yield`
            left.append(Instr("LOAD_CONST", None, location=item.location))
        else:
            begun = begun or item.name == "RESUME"
            left.append(item)
    return left


def _collecting(shell: list[Item]) -> list[Item]:
    items: list[Item] = []
    for item in shell:
        if not isinstance(item, Instr):
            items.append(item)
            continue
        at = item.location
        if item.name == "RESUME":
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
        if not isinstance(item, Instr):
            items.append(item)
            continue
        at = item.location
        if isinstance(item.arg, Label):
            depths.setdefault(item.arg, depth + item.stack_effect(jump=True))
        if item.name == "YIELD_VALUE":
            left = [Instr("POP_TOP", location=at)] * (depth - 1)
            depth -= 1
            go_on = Label()
            if consumer is Consumer.FIRST:
                items += [
                    Instr("BUILD_TUPLE", 1, location=at),
                    Instr("STORE_FAST", _FOUND, location=at),
                    *left,
                    Instr("LOAD_FAST", _FOUND, location=at),
                    Instr("RETURN_VALUE", location=at),
                ]
                continue
            way = "FALSE" if consumer is Consumer.ANY else "TRUE"
            items += [
                Instr(_JUMP.format(way), go_on, location=at),
                *left,
                Instr("LOAD_CONST", not end, location=at),
                Instr("RETURN_VALUE", location=at),
                go_on,
            ]
            continue
        if item.name == "RETURN_VALUE":
            items += [
                Instr("POP_TOP", location=at),
                Instr("LOAD_CONST", end, location=at),
            ]
        items.append(item)
        depth += item.stack_effect(jump=False)
    return items


_JUMP = "POP_JUMP_IF_{}" if PY312 else "POP_JUMP_FORWARD_IF_{}"
