"""Leaving a `with` under a staged condition: once, not once for each way."""

from __future__ import annotations

from typing import Any

from bcgraph.instructions import EXIT, Op
from bcgraph.regions import RETURN, Flow

from ._outcome import Outcome


def leave_together(flow: Flow, outcome: Outcome, base: int) -> None:
    """Where every way of a choice begins by leaving the same `with`, leaves it now.

    The ways find a function that does nothing in place of the one that leaves.
    """
    found: list[tuple[list[Any], int]] = []
    for port in outcome.ports:
        slot = None if port == RETURN else _exit_slot(flow, port)
        if slot is None or slot < base:
            return
        found.append((outcome.operands[port], slot - base))
    functions = [operands[slot] for operands, slot in found]
    if any(fn != functions[0] for fn in functions):
        return
    functions[0](None, None, None)
    for operands, slot in found:
        operands[slot] = _left


def _left(*_: object) -> None:
    """In place of a function that has been called already."""


def _exit_slot(flow: Flow, port: int) -> int | None:
    """The operand at a block's entry that the block first of all calls to leave a `with`."""
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
                called = len(marks) >= 4 and marks[-4] == EXIT
                return slots[-4] if called and ins.raw.name in ("CALL", "PRECALL") else None
    return None
