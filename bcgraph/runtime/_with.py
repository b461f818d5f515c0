"""Leaving a `with` under a staged condition: once, not once for each way."""

from __future__ import annotations

from typing import Any

from bcgraph.instructions import EXIT, MAYBE, Op
from bcgraph.regions import RETURN, Flow

from ._outcome import Outcome


def leave_together(flow: Flow, outcome: Outcome, base: int) -> None:
    """Where every way of a choice begins by leaving the same `with`, leaves it now.

    The ways find a function that does nothing in place of the one that leaves.
    """
    found: list[tuple[list[Any], int, int]] = []
    for port in outcome.ports:
        slots = None if port == RETURN else _exit_slots(flow, port)
        if slots is None or slots[0] < base:
            return
        found.append((outcome.operands[port], slots[0] - base, slots[1] - base))
    calls = [operands[first : last + 1] for operands, first, last in found]
    if any(call != calls[0] for call in calls):
        return
    function, *bound = calls[0]
    function(*bound, None, None, None)
    for operands, first, _ in found:
        operands[first] = _left


def _left(*_: object) -> None:
    """In place of a function that has been called already."""


def _exit_slots(flow: Flow, port: int) -> tuple[int, int] | None:
    """The operands at a block's entry that the block first of all calls to leave a `with`.

    They are the function and, on CPython 3.14, what it is bound to: the first and the last.
    """
    block = flow.cfg.blocks[port]
    slots: list[int | None] = list(range(block.depth))
    for index, ins in zip(block.indices, flow.cfg.instructions(block), strict=True):
        match ins.op:
            case Op.CONST | Op.LOAD:
                slots.append(None)
            case Op.COPY:
                slots.append(slots[-int(str(ins.arg))])
            case Op.SWAP:
                low = -int(str(ins.arg))
                slots[-1], slots[low] = slots[low], slots[-1]
            case _:
                marks = flow.cfg.code.stacks.get(index, ())
                at = -5 if marks[-4:-3] == (MAYBE,) else -4
                if ins.raw.name not in ("CALL", "PRECALL") or marks[at : at + 1] != (EXIT,):
                    return None
                first, last = slots[at], slots[-4]
                return None if first is None or last is None else (first, last)
    return None
