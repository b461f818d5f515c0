"""Plans, for a site of a flow, what is run when a staged value decides it."""

from __future__ import annotations

from bcgraph.instructions import Op

from ._decide import branched, decided, ends, is_for
from ._flow import Flow
from ._handlers import handled, is_free
from ._head import branch_of
from ._sites import Decision, Loop, Resume, Site, flows_of
from ._ways import RETURN


def plan(flow: Flow, block: int, *, repeatable: bool, tested: bool = True) -> Site:
    """What staging the branch or `for` in this block of the flow means.

    `repeatable`: a loop's test may be evaluated once more than the original does, if it is pure.
    `tested`: a loop may have a test of its own; else that is the end of its body.
    """
    cfg, facts = flow.cfg, flow.facts
    first = cfg.blocks[block]
    ins = cfg.instructions(first)[0]
    over = ins.op is Op.FOR
    decisions, refusal = decided(flow, block, cfg.outer[block], repeatable, tested)
    base = _base(flow, block, decisions)
    ways, counts = [decisions], [0]
    for outer in handled(flow, block):
        wider, refused = decided(flow.raising(outer), block, outer, repeatable, tested)
        lower = _base(flow, block, wider)
        if refused is None and (lower >= base or _raises(flow, decisions)):
            ways.append(wider)
            counts.append(len(cfg.outer[block]) - len(outer))
            base = min(base, lower)
    reached = set(first.successors)
    carried = touched = escaping = 0
    live = facts.live[block]
    ports: set[int] = set()
    for way in ways:
        for decision in way:
            ports.update(decision.ports)
            for f in flows_of(decision):
                touched |= f.touched
                if way is decisions:
                    escaping |= f.escaping
            if isinstance(decision, Loop) and decision.test is not None:
                live |= facts.live[decision.start]  # the state is that in front of the test
    ports.discard(RETURN)
    reached |= ports
    for p in reached:
        if flow.leaves(p):  # what leaves the flow takes its operands and variables along
            carried |= flow.outputs(p) & facts.live[block]
            ports.discard(p)
    resumes = tuple([
        Resume(p, facts.names(touched & facts.live[p]), cfg.blocks[p].depth - base)
        for p in sorted(ports)
    ])  # fmt: skip
    marks = cfg.code.stacks[first.indices[0]][base : ins.depth if over else ins.depth - 1]
    for p in ports:
        marks += cfg.code.stacks[cfg.blocks[p].indices[0]][base:]
    if any(m == "null" or isinstance(m, tuple) for m in marks):
        refusal = refusal or "it lies inside a call that it may leave"
    turn = None if over or refusal else _turn_begun(flow, block, decisions[0], base)
    if turn is not None:
        live |= facts.live[turn.block]  # the state may be that in front of the turn
        if not {r.block for r in turn.resumes} <= ports:
            turn = None
    inputs = facts.names((touched & live) | carried)
    given = inputs, base, resumes, facts.names(escaping)
    _, *caught = (
        Site(block, way, *given, None, (), count) for way, count in zip(ways, counts, strict=True)
    )
    return Site(block, decisions, *given, refusal, tuple(caught), 0, turn)


def _turn_begun(flow: Flow, block: int, decision: Decision, base: int) -> Site | None:
    """The site of the `for` loop whose head a branch is."""
    loop = next(flow.loops_around(block), None)
    if loop is None or isinstance(decision, Loop) or not is_for(flow, loop):
        return None
    if branch_of(flow, loop) != block:
        return None
    found = plan(flow, loop.header, repeatable=True)
    turn = found.decisions[0]
    if not isinstance(turn, Loop) or turn.head is None or found.refusal is not None:
        return None
    return found if min(f.base for f in flows_of(turn)) >= base else None


def _raises(flow: Flow, decisions: tuple[Decision, ...]) -> bool:
    blocks = (b for d in decisions for f in flows_of(d) for b in f.blocks)
    return any(flow.cfg.blocks[b].terminator is Op.RAISE for b in blocks)


def _base(flow: Flow, block: int, decisions: tuple[Decision, ...]) -> int:
    """How many operands at a site stay where they are, whatever is decided."""
    cfg = flow.cfg
    reached = {p for d in decisions for p in d.ports}
    reached.discard(RETURN)
    found = [f.base for d in decisions for f in flows_of(d)]
    found += [cfg.blocks[p].depth for p in reached.union(cfg.blocks[block].successors)]
    found.append(cfg.instructions(cfg.blocks[block])[0].depth - 1)
    if any(map(flow.leaves, reached)):
        found.append(flow.base)
    return min(found)


def apart(flow: Flow, site: Site) -> Site | None:
    """The site of a branch with both ways going on to where the flow is left; None if they can't.

    What the ways leave behind need not agree then before the flow ends.
    """
    cfg, facts, block = flow.cfg, flow.facts, site.block
    if cfg.blocks[block].terminator is not Op.BRANCH or not is_free(flow, block):
        return None
    handlers = len(cfg.outer[block]) - len(flow.outer)
    decision = branched(flow, cfg.blocks[block].successors, frozenset(), flow.outer, shared=True)
    arms = flows_of(decision)
    touched = carried = escaping = 0
    for arm in arms:
        touched |= arm.touched
        escaping |= arm.escaping
    for port in decision.ports:
        carried |= flow.outputs(port) & facts.live[block]
    if (
        not (handlers or facts.names(escaping) == site.escaping)
        or not all(ends(flow, port) for port in decision.ports)
        or any(arm.base < site.base or arm.refusal for arm in arms)
        or not all(is_for(flow, loop) for loop in flow.loops_around(block))
    ):
        return None
    inputs = facts.names((touched & facts.live[block]) | carried)
    return Site(block, (decision,), inputs, site.base, (), site.escaping, None, (), handlers)
