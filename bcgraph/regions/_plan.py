"""Decides, for a site of a flow, what is run when a staged value decides it."""

from __future__ import annotations

from dataclasses import dataclass

from bcgraph.cfg import Loop as NaturalLoop
from bcgraph.instructions import Instruction, Op

from ._flow import RETURN, Flow
from ._head import Head, branch_of, head

SMALL = 6  # a shared join of so few instructions is duplicated rather than cut


@dataclass(frozen=True)
class Cond:
    """One of several arms runs, then control is at one of `ports`.

    `arms[i]` starts at `targets[i]`; None where the target is itself a port.
    """

    targets: tuple[int, ...]
    arms: tuple[Flow | None, ...]
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Loop:
    """A body runs while it comes back to `start`; then control is at one of `ports`.

    `targets` and `stays` say which of the site's targets enters the body (`targets[stays]`). `test`
    is the flow of the loop's own test where that is pure: it leaves at `enters` for another turn;
    the state is then that in front of the test, `start`. `over` says that the site is a `for`:
    the body begins with an item; it may have a `head`, the only other way out of the loop.
    """

    targets: tuple[int, ...]
    stays: int
    start: int
    body: Flow
    test: Flow | None
    enters: int
    ports: tuple[int, ...]
    over: bool
    head: Head | None = None


Decision = Cond | Loop


@dataclass(frozen=True)
class Resume:
    """A block of the flow at which it goes on after a site was staged."""

    block: int
    variables: tuple[str, ...]
    operands: int  # how many lie on the stack above the site's base


@dataclass(frozen=True)
class Site:
    """A branch or `for` of a flow and all that may follow when it is staged.

    `turn` is the site of the `for` whose turn begins with this branch, its head.
    """

    block: int
    decisions: tuple[Decision, ...]
    inputs: tuple[str, ...]
    base: int
    resumes: tuple[Resume, ...]
    escaping: tuple[str, ...]  # variables to store before an exception goes on
    refusal: str | None
    turn: Site | None = None

    @property
    def onward(self) -> bool:
        """Whether the first decision only chooses an arm, none of which comes back to the site."""
        first = self.decisions[0]
        return isinstance(first, Cond) and not any(
            arm is not None and self.block in arm.blocks for arm in first.arms
        )


def plan(flow: Flow, block: int, *, repeatable: bool, tested: bool = True) -> Site:
    """What staging the branch or `for` in this block of the flow means.

    `repeatable`: a loop's test may be evaluated once more than the original does, if it is pure.
    `tested`: a loop may have a test of its own; else that is the end of its body.
    """
    cfg, facts = flow.cfg, flow.facts
    first = cfg.blocks[block]
    ins = cfg.instructions(first)[0]
    over = ins.op is Op.FOR
    decisions: list[Decision] = []
    targets: tuple[int, ...] = first.successors
    outer = cfg.outer[block]
    seen: set[tuple[frozenset[int], tuple[int, ...]]] = set()
    refusal: str | None = None
    while not decisions or (len(targets) > 1 and any(not _ends(flow, t) for t in targets)):
        key = frozenset(targets), outer
        if decisions and key in seen:
            refusal = "its ways out are tangled"
            break
        seen.add(key)
        decision = _decide(flow, block, targets, outer, repeatable, tested, first=not decisions)
        decisions.append(decision)
        targets = decision.ports
        outer = _shared_handlers(flow, block, targets)
    flows = [f for d in decisions for f in _flows(d)]
    for f in flows:
        refusal = refusal or f.refusal
    ports = {p for d in decisions for p in d.ports if p != RETURN and not flow.leaves(p)}
    ends = {p for d in decisions for p in d.ports if p != RETURN}
    ends |= set(first.successors)
    base = min([f.base for f in flows] + [cfg.blocks[p].depth for p in ends] + [ins.depth - 1])
    carried = touched = escaping = 0
    for f in flows:
        touched |= f.touched
        escaping |= f.escaping
    for p in ends:
        if flow.leaves(p):  # what leaves the flow takes its operands and variables along
            base = min(base, flow.base)
            carried |= flow.outputs(p) & facts.live[block]
    resumes = tuple(
        Resume(p, facts.names(touched & facts.live[p]), cfg.blocks[p].depth - base)
        for p in sorted(ports)
    )
    marks = [cfg.code.stacks[cfg.blocks[p].indices[0]][base:] for p in ports]
    marks.append(cfg.code.stacks[first.indices[0]][base : ins.depth if over else ins.depth - 1])
    if any(m == "null" or isinstance(m, tuple) for held in marks for m in held):
        refusal = refusal or "it lies inside a call that it may leave"
    live = facts.live[block]
    for d in decisions:
        if isinstance(d, Loop) and d.test is not None:
            live |= facts.live[d.start]  # the state is that in front of the test
    turn = None if over or refusal else _turn(flow, block, decisions[0], base)
    if turn is not None:
        live |= facts.live[turn.block]  # the state may be that in front of the turn
    inputs = facts.names((touched & live) | carried)
    return Site(
        block, tuple(decisions), inputs, base, resumes, facts.names(escaping), refusal, turn
    )  # fmt: skip


def _turn(flow: Flow, block: int, decision: Decision, base: int) -> Site | None:
    """The site of the `for` loop whose head a branch is."""
    loop = next((loop for loop in flow.loops if block in loop.blocks), None)
    if loop is None or isinstance(decision, Loop) or not _is_for(flow, loop):
        return None
    if branch_of(flow, loop) != block:
        return None
    found = plan(flow, loop.header, repeatable=True)
    turn = found.decisions[0]
    if not isinstance(turn, Loop) or turn.head is None or found.refusal is not None:
        return None
    return found if min(f.base for f in _flows(turn)) >= base else None


def apart(flow: Flow, site: Site) -> Site | None:
    """The site of a branch with both ways going on to where the flow is left; None if they can't.

    What the ways leave behind need not agree then before the flow ends.
    """
    cfg, facts, block = flow.cfg, flow.facts, site.block
    targets, outer = cfg.blocks[block].successors, cfg.outer[block]
    if cfg.blocks[block].terminator is not Op.BRANCH:
        return None
    decision = _cond(flow, targets, frozenset(), outer, shared=True)
    arms = _flows(decision)
    touched = carried = escaping = 0
    for arm in arms:
        touched |= arm.touched
        escaping |= arm.escaping
    for port in decision.ports:
        carried |= flow.outputs(port) & facts.live[block]
    if (
        facts.names(escaping) != site.escaping
        or not all(_ends(flow, port) for port in decision.ports)
        or any(arm.base < site.base or arm.refusal for arm in arms)
        or any(block in loop.blocks and not _is_for(flow, loop) for loop in flow.loops)
    ):
        return None
    inputs = facts.names((touched & facts.live[block]) | carried)
    return Site(block, (decision,), inputs, site.base, (), site.escaping, None)


def _is_for(flow: Flow, loop: NaturalLoop) -> bool:
    return flow.cfg.blocks[loop.header].terminator is Op.FOR


def _ends(flow: Flow, target: int) -> bool:
    return target == RETURN or flow.leaves(target)


def _flows(decision: Decision) -> list[Flow]:
    if isinstance(decision, Cond):
        return [arm for arm in decision.arms if arm is not None]
    return [decision.body] if decision.test is None else [decision.body, decision.test]


def _shared_handlers(flow: Flow, origin: int, targets: tuple[int, ...]) -> tuple[int, ...]:
    shared = flow.cfg.outer[origin]
    for chain in (flow.cfg.outer[t] for t in targets if not _ends(flow, t)):
        while shared and chain[len(chain) - len(shared) :] != shared:
            shared = shared[1:]
    return shared


def _decide(
    flow: Flow,
    origin: int,
    targets: tuple[int, ...],
    outer: tuple[int, ...],
    repeatable: bool,
    tested: bool,
    *,
    first: bool,
) -> Decision:
    join = flow.join(targets)
    if flow.reaches(targets, origin, join):
        for loop in flow.loops:  # smallest first
            staying = [t for t in targets if t in loop.blocks]
            if origin in loop.blocks and staying:
                tests = first and tested
                return _loop(flow, origin, targets, staying, loop, outer, repeatable, tests, first)
    stops = set() if join in (None, RETURN) else {join}
    if first and flow.cfg.blocks[origin].terminator is Op.BRANCH:
        stops |= _fold(flow, origin, join)
    return _cond(flow, targets, frozenset(s for s in stops if s is not None), outer)


def _loop(
    flow: Flow,
    origin: int,
    targets: tuple[int, ...],
    staying: list[int],
    loop: NaturalLoop,
    outer: tuple[int, ...],
    repeatable: bool,
    tests: bool,
    first: bool,
) -> Decision:
    cfg = flow.cfg
    over = first and cfg.blocks[origin].terminator is Op.FOR and loop.header == origin
    exits = frozenset(s for b in loop.blocks for s in cfg.blocks[b].successors) - loop.blocks
    if not over:
        if len(staying) > 1:  # come to the header first, so that one way stays
            stops = exits | {loop.header}
            meet = _meet(flow, targets, stops) if cfg.code.generator else None
            return _cond(flow, targets, stops if meet is None else stops | {meet}, outer)
        if _is_for(flow, loop):  # a Python iterator drives it
            return _cond(flow, targets, exits, outer)
        if tests and (tested := _tested(flow, origin, targets, loop, outer, repeatable)):
            return tested
    entry = staying[0]
    start = origin if over else entry
    leaving = [t for t in targets if t not in staying]
    body = _flow(flow, entry, frozenset({start}), outer, loop.blocks, (start,))
    ports = dict.fromkeys([*leaving, *(p for p in body.ports if p != start)])
    stays = targets.index(entry)
    found = None
    if over and len(body.ports) == 2:
        found = head(
            flow,
            loop,
            outer,
            _is_pure,
            lambda b: _flow(flow, b, frozenset({start}), outer, loop.blocks, (start,)),
        )
    return Loop(targets, stays, start, body, None, entry, tuple(ports), over, found)


def _meet(flow: Flow, targets: tuple[int, ...], stops: frozenset[int]) -> int | None:
    """The first block that all ways from the targets to one of `stops` go through.

    A generator's arms end there, in front of its next `yield`.
    """

    def reached(start: int, without: int | None) -> set[int]:
        found: set[int] = set()
        left = [start]
        while left:
            b = left.pop()
            if b not in found and b != without:
                found.add(b)
                left += [] if b in stops or flow.leaves(b) else flow.cfg.blocks[b].successors
        return found

    common = set.intersection(*(reached(t, None) for t in targets)) - stops
    for b in sorted(common):
        if not any(reached(t, b) & stops for t in targets):
            return b
    return None


def _tested(
    flow: Flow,
    origin: int,
    targets: tuple[int, ...],
    loop: NaturalLoop,
    outer: tuple[int, ...],
    repeatable: bool,
) -> Loop | None:
    """The loop `while test: body`, where the test is pure and the only way out."""
    group = _grow(flow, loop.header, None)
    if group is None or origin not in group[0]:
        return None
    blocks, exits = group
    if not repeatable and set(exits) != set(targets):
        return None
    inside = [e for e in exits if e in loop.blocks]
    if len(inside) != 1 or inside[0] == loop.header:
        return None
    if any(flow.facts.written[b] for b in blocks) or not all(_pure(flow, b) for b in blocks):
        return None
    if any(flow.cfg.outer[b] != outer for b in blocks):
        return None
    entry, header = inside[0], loop.header
    if flow.cfg.blocks[header].depth != flow.cfg.blocks[entry].depth:
        return None  # an operand of the test is computed before the header
    outside = next(e for e in exits if e != entry)
    body = _flow(flow, entry, frozenset({header}), outer, loop.blocks, (header,))
    if body.ports != (header,):
        return None
    test = Flow(flow.cfg, flow.facts, header, frozenset(blocks), (entry, outside), outer)
    stays = targets.index(entry) if entry in targets else 0
    return Loop(targets, stays, header, body, test, entry, (outside,), False)


def _cond(
    flow: Flow,
    targets: tuple[int, ...],
    stops: frozenset[int],
    outer: tuple[int, ...],
    *,
    shared: bool = False,
) -> Cond:
    """`shared`: what several arms come to is in each of them, however large."""

    def starts(t: int) -> bool:
        chain = flow.cfg.outer[t] if t != RETURN else ()
        return not (
            t == RETURN or t in stops or flow.leaves(t) or chain[len(chain) - len(outer) :] != outer
        )

    parts = [flow.part(t, stops, outer) if starts(t) else (frozenset(), {t}) for t in targets]
    count: dict[int, int] = {}
    for blocks, _ in parts:
        for b in blocks:
            count[b] = count.get(b, 0) + 1
    twice = set() if shared else {b for b, n in count.items() if n > 1}
    size = sum(len(flow.cfg.blocks[b].indices) for b in twice)
    if size > SMALL or any(flow.cfg.blocks[b].terminator in (Op.BRANCH, Op.FOR) for b in twice):
        heads = {
            s for b in count if b not in twice for s in flow.cfg.blocks[b].successors if s in twice
        }
        heads |= {t for t in targets if t in twice}
        stops = stops | heads
        parts = [flow.part(t, stops, outer) if starts(t) else (frozenset(), {t}) for t in targets]
    ports = sorted(set().union(*(p for _, p in parts)), key=lambda p: (p not in stops, p))
    arms = tuple(
        Flow(flow.cfg, flow.facts, t, blocks, tuple(ports), outer) if blocks else None
        for t, (blocks, _) in zip(targets, parts, strict=True)
    )
    return Cond(targets, arms, tuple(ports))


def _flow(
    flow: Flow,
    entry: int,
    stops: frozenset[int],
    outer: tuple[int, ...],
    within: frozenset[int],
    leading: tuple[int, ...],
) -> Flow:
    blocks, found = flow.part(entry, stops, outer, within)
    ports = (*leading, *sorted(found - set(leading)))
    return Flow(flow.cfg, flow.facts, entry, blocks, ports, outer)


def _fold(flow: Flow, origin: int, join: int | None) -> set[int]:
    """Where a short-circuit condition that starts here leads when it is true or false."""
    group = _grow(flow, origin, join)
    return set(group[1]) if group is not None and len(group[0]) > 1 else set()


def _grow(flow: Flow, start: int, join: int | None) -> tuple[set[int], tuple[int, int]] | None:
    """The blocks of `a and b or …` from `start` on, and the two places they lead to.

    A test joins the group where it is reached from the group only, and leads to a place that the
    group leads to already.
    """
    cfg = flow.cfg
    group: set[int] = set()

    def branch_from(b: int) -> tuple[list[int], int] | None:
        chain: list[int] = []
        while True:
            if (flow.leaves(b) and b != start) or b == join or b in chain:
                return None
            chain.append(b)
            block = cfg.blocks[b]
            if block.terminator is Op.BRANCH:
                return chain, b
            if block.terminator is not Op.JUMP or flow.facts.written[b]:
                return None
            b = block.successors[0]

    before = cfg.predecessors
    found = branch_from(start)
    if found is None:
        return None
    group.update(found[0])
    exits = set(cfg.blocks[found[1]].successors)
    if len(exits) != 2:
        return None
    grown = True
    while grown:
        grown = False
        for e in sorted(exits):
            if e in group or e == RETURN or flow.leaves(e):
                continue
            if not before[e] <= group or (found := branch_from(e)) is None:
                continue
            chain, test = found
            if any(not before[b] <= group | set(chain) for b in chain):
                continue
            ways = set(cfg.blocks[test].successors)
            rest = (exits - {e}) | ways
            if len(rest) == 2 and ways & (exits - {e}) and not rest & (group | set(chain)):
                group.update(chain)
                exits = rest
                grown = True
                break
    first, second = sorted(exits)
    return group, (first, second)


_EFFECTS = ("STORE_", "DELETE_", "YIELD", "SEND", "IMPORT_", "RAISE", "BEFORE_", "MAKE_CELL")


def _pure(flow: Flow, b: int) -> bool:
    return all(map(_is_pure, flow.cfg.instructions(flow.cfg.blocks[b])))


def _is_pure(ins: Instruction) -> bool:
    if ins.op is Op.OPAQUE and ins.arg[0].startswith(_EFFECTS):  # type: ignore[index]
        return False
    return ins.op not in (Op.STORE, Op.DELETE, Op.FOR, Op.RETURN, Op.RAISE)
