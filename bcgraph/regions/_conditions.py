"""Short circuits: `a and b or c` is one condition, of several tests that lead to two places."""

from __future__ import annotations

from bcgraph.cfg import bits
from bcgraph.instructions import Op

from ._flow import Flow
from ._ways import Group


def grouped(flow: Flow, start: int, join: int | None) -> Group | None:
    """The condition that begins in a block; None if none does, or only at `join` or beyond.

    A test joins the group where it is reached from the group only, and leads to a place that the
    group leads to already.
    """
    known = flow.groups
    path: list[tuple[int, Group | None]] = []
    block: int | None = start
    while block is not None and (block, join) not in known:
        test = _test(flow, block, join)
        path.append((block, test))
        known[block, join] = None
        block = None if test is None else _only_from(flow, test)
    for block, test in reversed(path):  # so that each finds the group that may join it
        known[block, join] = _grown(flow, test, join)
    return known[start, join]


def _test(flow: Flow, start: int, join: int | None) -> Group | None:
    """The first test from a block on, with the blocks before it, which assign nothing."""
    cfg, blocks, block = flow.cfg, 0, start
    while block != join and not blocks >> block & 1 and (block == start or not flow.leaves(block)):
        blocks |= 1 << block
        ways = cfg.blocks[block].successors
        if cfg.blocks[block].terminator is Op.BRANCH:
            first, second = sorted(ways)
            return None if first == second else Group(blocks, (first, second))
        if cfg.blocks[block].terminator is not Op.JUMP or flow.facts.written[block]:
            return None
        block = ways[0]
    return None


def _only_from(flow: Flow, group: Group) -> int | None:
    """A place that nothing but the group leads to."""
    for e in group.exits:
        if not flow.leaves(e) and not flow.cfg.before[e] & ~group.blocks:
            return e
    return None


def _grown(flow: Flow, group: Group | None, join: int | None) -> Group | None:
    while group is not None and (larger := _larger(flow, group, join)) is not None:
        group = larger
    return group


def _larger(flow: Flow, group: Group, join: int | None) -> Group | None:
    """The group with what begins at one of its exits: as much as is known, or one test."""
    before = flow.cfg.before
    for e in group.exits:
        if flow.leaves(e) or group.blocks >> e & 1 or before[e] & ~group.blocks:
            continue
        known = (e, join) in flow.groups
        more = flow.groups.get((e, join))
        test = None if known and more is None else _test(flow, e, join)
        if test is None or any(
            before[b] & ~(group.blocks | test.blocks) for b in bits(test.blocks)
        ):
            continue
        joined = _joined(group, e, test)
        if joined is not None:  # then the tests that join that one join this group, too
            return (more and _joined(group, e, more)) or joined
    return None


def _joined(group: Group, at: int, more: Group) -> Group | None:
    others = {e for e in group.exits if e != at}
    blocks, exits = group.blocks | more.blocks, sorted(others.union(more.exits))
    if len(exits) != 2 or others.isdisjoint(more.exits) or any(blocks >> e & 1 for e in exits):
        return None
    return Group(blocks, (exits[0], exits[1]))
