"""The test at the head of a `for` loop's body: `for i in numbers: if found(i): break; …`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bcgraph.cfg import Loop as NaturalLoop
from bcgraph.instructions import Instruction, Op

from ._flow import Flow


@dataclass(frozen=True)
class Head:
    """What a turn does first: it leaves the loop at `leaves`, or goes on at `enters`.

    `test` starts with the item. It changes nothing but the variables `copies`, which it makes the
    item; so it may be evaluated in front of the turn, as the loop's own test. `rest` is the turn
    from `enters` on; None: nothing is left of it. `branch` is the block that decides.
    """

    branch: int
    test: Flow
    enters: int
    leaves: int
    copies: tuple[str, ...]
    rest: Flow | None


def branch_of(flow: Flow, loop: NaturalLoop) -> int | None:
    """The block of the branch that ends the first test of a `for` loop's body, if one does."""
    first = flow.cfg.blocks[flow.cfg.blocks[loop.header].successors[0]]
    if first.id not in loop.blocks or first.terminator is not Op.JUMP:
        return None
    following = first.successors[0]
    return following if flow.cfg.blocks[following].terminator is Op.BRANCH else None


def head(
    flow: Flow,
    loop: NaturalLoop,
    outer: tuple[int, ...],
    pure: Callable[[Instruction], bool],
    rest: Callable[[int], Flow],
) -> Head | None:
    """The head of a `for` loop's body; None if it does more than test.

    `rest` gives the flow from a block on to the loop's header.
    """
    cfg, branch = flow.cfg, branch_of(flow, loop)
    if branch is None:
        return None
    first = cfg.blocks[cfg.blocks[loop.header].successors[0]]
    ways = cfg.blocks[branch].successors
    staying = [s for s in ways if s in loop.blocks]
    if len(staying) != 1 or flow.leaves(first.id) or flow.leaves(branch):
        return None
    if cfg.predecessors[branch] != {first.id} or cfg.predecessors[first.id] != {loop.header}:
        return None
    if any(cfg.outer[b] != outer for b in (first.id, branch)):
        return None
    copies, left = _copies(cfg.instructions(first))
    if not copies or not all(map(pure, left)):
        return None
    enters, leaves = staying[0], next(s for s in ways if s != staying[0])
    following = None if enters == loop.header else rest(enters)
    if following is not None and following.ports != (loop.header,):
        return None
    ports = enters, leaves
    test = flow.piece(first.id, flow.part_of((first.id, branch), ports), ports, outer)
    return Head(branch, test, enters, leaves, copies, following)


def _copies(instructions: list[Instruction]) -> tuple[tuple[str, ...], list[Instruction]]:
    """The variables that are made the item, and the instructions after that."""
    left = [ins for ins in instructions if ins.op is not Op.NOP]
    if not left or left[0].op is not Op.STORE:
        return (), left
    found, left = [str(left[0].arg)], left[1:]
    while len(left) > 1 and left[0].op is Op.LOAD and left[1].op is Op.STORE:
        if str(left[0].arg) not in found:
            break
        found.append(str(left[1].arg))
        left = left[2:]
    return tuple(found), left
