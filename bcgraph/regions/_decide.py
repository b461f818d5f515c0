"""What is decided at a site of a flow, one decision after the other."""

from __future__ import annotations

from bcgraph.cfg import Loop as NaturalLoop
from bcgraph.cfg import bits
from bcgraph.instructions import Instruction, Op

from ._conditions import grouped
from ._flow import Flow
from ._head import head
from ._sites import Cond, Decision, Loop, flows_of
from ._ways import RETURN, Group, Part

SMALL = 6  # a shared join of so few instructions is duplicated rather than cut


def decided(
    flow: Flow, block: int, outer: tuple[int, ...], repeatable: bool, tested: bool
) -> tuple[tuple[Decision, ...], str | None]:
    """What is decided at a site, one after the other, and why that cannot be staged."""
    decisions: list[Decision] = []
    targets: tuple[int, ...] = flow.cfg.blocks[block].successors
    chain = outer
    seen: set[tuple[frozenset[int], tuple[int, ...]]] = set()
    while not decisions or (len(targets) > 1 and not all(ends(flow, t) for t in targets)):
        key = frozenset(targets), outer
        if decisions and key in seen:
            return tuple(decisions), "its ways out are tangled"
        seen.add(key)
        decision = _decide(flow, block, targets, outer, repeatable, tested, first=not decisions)
        decisions.append(decision)
        targets = decision.ports
        outer = _shared_handlers(flow, chain, targets)
    refusals = [f.refusal for d in decisions for f in flows_of(d)]
    return tuple(decisions), next(filter(None, refusals), None)


def is_for(flow: Flow, loop: NaturalLoop) -> bool:
    """Whether a loop is a `for`."""
    return flow.cfg.blocks[loop.header].terminator is Op.FOR


def ends(flow: Flow, target: int) -> bool:
    """Whether a flow ends at a target."""
    return target == RETURN or flow.leaves(target)


def _shared_handlers(
    flow: Flow, shared: tuple[int, ...], targets: tuple[int, ...]
) -> tuple[int, ...]:
    for t in targets if shared else ():
        chain = shared if ends(flow, t) else flow.cfg.outer[t]
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
    stops.discard(None)
    return branched(flow, targets, frozenset(stops), outer)  # type: ignore[arg-type]


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
            return branched(flow, targets, stops if meet is None else stops | {meet}, outer)
        if is_for(flow, loop):  # a Python iterator drives it
            return branched(flow, targets, exits, outer)
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


def branched(
    flow: Flow,
    targets: tuple[int, ...],
    stops: frozenset[int],
    outer: tuple[int, ...],
    *,
    shared: bool = False,
) -> Cond:
    """Arms from the targets up to `stops`.

    `shared`: what several arms come to is in each of them, however large.
    """

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
    reached: set[int] = set()
    for t, part in zip(targets, found, strict=True):
        reached |= {t} if part is None else {p - 1 for p in bits(part.ports)}
    ports = tuple(sorted(reached, key=lambda p: (p not in stops, p)))
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
