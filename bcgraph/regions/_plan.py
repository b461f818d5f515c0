"""Decides, for a site of a flow, what is run when a staged value decides it."""

from __future__ import annotations

from dataclasses import dataclass

from bcgraph.cfg import Loop as NaturalLoop
from bcgraph.cfg import bits
from bcgraph.instructions import Instruction, Op

from ._conditions import grouped
from ._flow import Flow
from ._handlers import handled, is_free
from ._head import Head, branch_of, head
from ._ways import RETURN, Group, Part

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

    `caught` are ways to stage it together with handlers around it, for what is raised inside; each
    has the number of those `handlers`. `turn` is the site of the `for` whose turn begins with this
    branch, its head.
    """

    block: int
    decisions: tuple[Decision, ...]
    inputs: tuple[str, ...]
    base: int
    resumes: tuple[Resume, ...]
    escaping: tuple[str, ...]  # variables to store before an exception goes on
    refusal: str | None
    caught: tuple[Site, ...] = ()
    handlers: int = 0
    turn: Site | None = None

    @property
    def onward(self) -> bool:
        """Whether the first decision only chooses an arm, none of which comes back to the site."""
        first = self.decisions[0]
        return isinstance(first, Cond) and not any(
            arm is not None and arm.holds(self.block) for arm in first.arms
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
    decisions, refusal = _decisions(flow, block, cfg.outer[block], repeatable, tested)
    base = _base(flow, block, decisions)
    ways, counts = [decisions], [0]
    for outer in handled(flow, block):
        wider, refused = _decisions(flow.raising(outer), block, outer, repeatable, tested)
        lower = _base(flow, block, wider)
        if refused is None and (lower >= base or _raises(flow, decisions)):
            ways.append(wider)
            counts.append(len(cfg.outer[block]) - len(outer))
            base = min(base, lower)
    ports: set[int] = set()
    ends = set(first.successors)
    carried = touched = escaping = 0
    live = facts.live[block]
    for decision in (d for way in ways for d in way):
        ports |= {p for p in decision.ports if p != RETURN and not flow.leaves(p)}
        ends |= {p for p in decision.ports if p != RETURN}
        for f in _flows(decision):
            touched |= f.touched
        if isinstance(decision, Loop) and decision.test is not None:
            live |= facts.live[decision.start]  # the state is that in front of the test
    for f in (f for d in decisions for f in _flows(d)):
        escaping |= f.escaping
    for p in ends:
        if flow.leaves(p):  # what leaves the flow takes its operands and variables along
            carried |= flow.outputs(p) & facts.live[block]
    resumes = tuple(
        Resume(p, facts.names(touched & facts.live[p]), cfg.blocks[p].depth - base)
        for p in sorted(ports)
    )
    marks = [cfg.code.stacks[cfg.blocks[p].indices[0]][base:] for p in ports]
    marks.append(cfg.code.stacks[first.indices[0]][base : ins.depth if over else ins.depth - 1])
    if any(m == "null" or isinstance(m, tuple) for held in marks for m in held):
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
    if loop is None or isinstance(decision, Loop) or not _is_for(flow, loop):
        return None
    if branch_of(flow, loop) != block:
        return None
    found = plan(flow, loop.header, repeatable=True)
    turn = found.decisions[0]
    if not isinstance(turn, Loop) or turn.head is None or found.refusal is not None:
        return None
    return found if min(f.base for f in _flows(turn)) >= base else None


def _decisions(
    flow: Flow, block: int, outer: tuple[int, ...], repeatable: bool, tested: bool
) -> tuple[tuple[Decision, ...], str | None]:
    """What is decided at a site, one after the other, and why that cannot be staged."""
    decisions: list[Decision] = []
    targets: tuple[int, ...] = flow.cfg.blocks[block].successors
    chain = outer
    seen: set[tuple[frozenset[int], tuple[int, ...]]] = set()
    while not decisions or (len(targets) > 1 and any(not _ends(flow, t) for t in targets)):
        key = frozenset(targets), outer
        if decisions and key in seen:
            return tuple(decisions), "its ways out are tangled"
        seen.add(key)
        decision = _decide(flow, block, targets, outer, repeatable, tested, first=not decisions)
        decisions.append(decision)
        targets = decision.ports
        outer = _shared_handlers(flow, chain, targets)
    refusals = (f.refusal for d in decisions for f in _flows(d))
    return tuple(decisions), next(filter(None, refusals), None)


def _raises(flow: Flow, decisions: tuple[Decision, ...]) -> bool:
    blocks = (b for d in decisions for f in _flows(d) for b in f.blocks)
    return any(flow.cfg.blocks[b].terminator is Op.RAISE for b in blocks)


def _base(flow: Flow, block: int, decisions: tuple[Decision, ...]) -> int:
    """How many operands at a site stay where they are, whatever is decided."""
    cfg = flow.cfg
    ends = {p for d in decisions for p in d.ports if p != RETURN}
    found = [f.base for d in decisions for f in _flows(d)]
    found += [cfg.blocks[p].depth for p in ends.union(cfg.blocks[block].successors)]
    found.append(cfg.instructions(cfg.blocks[block])[0].depth - 1)
    if any(flow.leaves(p) for p in ends):
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
    decision = _cond(flow, cfg.blocks[block].successors, frozenset(), flow.outer, shared=True)
    arms = _flows(decision)
    touched = carried = escaping = 0
    for arm in arms:
        touched |= arm.touched
        escaping |= arm.escaping
    for port in decision.ports:
        carried |= flow.outputs(port) & facts.live[block]
    if (
        not (handlers or facts.names(escaping) == site.escaping)
        or not all(_ends(flow, port) for port in decision.ports)
        or any(arm.base < site.base or arm.refusal for arm in arms)
        or not all(_is_for(flow, loop) for loop in flow.loops_around(block))
    ):
        return None
    inputs = facts.names((touched & facts.live[block]) | carried)
    return Site(block, (decision,), inputs, site.base, (), site.escaping, None, (), handlers)


def _is_for(flow: Flow, loop: NaturalLoop) -> bool:
    return flow.cfg.blocks[loop.header].terminator is Op.FOR


def _ends(flow: Flow, target: int) -> bool:
    return target == RETURN or flow.leaves(target)


def _flows(decision: Decision) -> list[Flow]:
    if isinstance(decision, Cond):
        return [arm for arm in decision.arms if arm is not None]
    return [decision.body] if decision.test is None else [decision.body, decision.test]


def _shared_handlers(
    flow: Flow, shared: tuple[int, ...], targets: tuple[int, ...]
) -> tuple[int, ...]:
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
        for loop in flow.loops_around(origin):
            staying = [t for t in targets if t in loop.blocks]
            if staying:
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
    exits = loop.exits
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
    body = _turn(flow, entry, start, loop, outer)
    ports = dict.fromkeys([*leaving, *(p for p in body.ports if p != start)])
    stays = targets.index(entry)
    found = None
    if over and len(body.ports) == 2:
        found = head(flow, loop, outer, _is_pure, lambda b: _turn(flow, b, start, loop, outer))
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
    group = grouped(flow, loop.header, None)
    if group is None or not group.blocks >> origin & 1:
        return None
    if not repeatable and set(group.exits) != set(targets):
        return None
    if (loop.header, outer) not in flow.turns:
        flow.turns[loop.header, outer] = _turn_after(flow, group, loop, outer)
    turn = flow.turns[loop.header, outer]
    if turn is None:
        return None
    body, test = turn
    entry, outside = test.ports
    stays = targets.index(entry) if entry in targets else 0
    return Loop(targets, stays, loop.header, body, test, entry, (outside,), False)


def _turn_after(
    flow: Flow, group: Group, loop: NaturalLoop, outer: tuple[int, ...]
) -> tuple[Flow, Flow] | None:
    """The body and the test of a loop that begins with this test, if it is pure."""
    cfg, header = flow.cfg, loop.header
    inside = [e for e in group.exits if e in loop.blocks]
    if len(inside) != 1 or inside[0] == header:
        return None
    if any(
        flow.facts.written[b] or cfg.outer[b] != outer or not _pure(flow, b)
        for b in bits(group.blocks)
    ):
        return None
    entry = inside[0]
    if cfg.blocks[header].depth != cfg.blocks[entry].depth:
        return None  # an operand of the test is computed before the header
    body = _turn(flow, entry, header, loop, outer)
    if body.ports != (header,):
        return None
    ports = entry, next(e for e in group.exits if e != entry)
    test = flow.part_of(bits(group.blocks), ports)
    return body, flow.piece(header, test, ports, outer)


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

    def parts() -> list[Part | None]:
        return [flow.part(t, stops, outer) if starts(t) else None for t in targets]

    found = parts()
    once = twice = 0
    for part in found:
        if part is not None:
            twice |= once & part.blocks
            once |= part.blocks
    if not shared and _is_large(flow, twice):
        successors = (flow.cfg.blocks[b].successors for b in bits(once & ~twice))
        heads = {s for each in successors for s in each if twice >> s & 1}
        heads |= {t for t in targets if t != RETURN and twice >> t & 1}
        stops = stops | heads
        found = parts()
    ends: set[int] = set()
    for t, part in zip(targets, found, strict=True):
        ends |= {t} if part is None else {p - 1 for p in bits(part.ports)}
    ports = tuple(sorted(ends, key=lambda p: (p not in stops, p)))
    arms = tuple(
        None if part is None else flow.piece(t, part, ports, outer)
        for t, part in zip(targets, found, strict=True)
    )
    return Cond(targets, arms, ports)


def _is_large(flow: Flow, blocks: int) -> bool:
    """Whether some blocks are too many instructions to have them twice, or decide something."""
    size = 0
    for b in bits(blocks):
        block = flow.cfg.blocks[b]
        size += len(block.indices)
        if size > SMALL or block.terminator in (Op.BRANCH, Op.FOR):
            return True
    return False


def _turn(flow: Flow, entry: int, start: int, loop: NaturalLoop, outer: tuple[int, ...]) -> Flow:
    """A loop's body, from `entry` back to `start`."""
    # what is reached from a block of a cycle is the same for all, whether they stop at it or not
    stops = frozenset({start} - {entry})
    part = flow.part(entry, stops, outer, loop.mask)
    part = part._replace(ports=part.ports | 1 << start + 1)
    ports = (start, *(p - 1 for p in bits(part.ports) if p - 1 != start))
    return flow.piece(entry, part, ports, outer)


def _fold(flow: Flow, origin: int, join: int | None) -> set[int]:
    """Where a short-circuit condition that starts here leads when it is true or false."""
    group = grouped(flow, origin, join)
    return set(group.exits) if group is not None and group.blocks.bit_count() > 1 else set()


_EFFECTS = ("STORE_", "DELETE_", "YIELD", "SEND", "IMPORT_", "RAISE", "BEFORE_", "MAKE_CELL")


def _pure(flow: Flow, b: int) -> bool:
    return all(map(_is_pure, flow.cfg.instructions(flow.cfg.blocks[b])))


def _is_pure(ins: Instruction) -> bool:
    if ins.op is Op.OPAQUE and ins.arg[0].startswith(_EFFECTS):  # type: ignore[index]
        return False
    return ins.op not in (Op.STORE, Op.DELETE, Op.FOR, Op.RETURN, Op.RAISE)
