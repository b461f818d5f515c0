"""Builds the graph: merges equal instructions, cuts blocks, finds loops."""

from __future__ import annotations

from bcgraph.instructions import Code, Op

from ._graph import Block, Cfg
from ._order import natural_loops

_ALONE = (Op.BRANCH, Op.FOR)
_PASSED = (Op.JUMP, Op.NOP)


def build(code: Code) -> Cfg:
    """The minimised control-flow graph of a function."""
    target = _skip_jumps(code)
    merged = _minimise(code, target)
    successors = {
        i: tuple([merged[target[s]] for s in ins.successors])
        for i, ins in enumerate(code.instructions)
        if ins is not None and merged.get(i) == i
    }
    entry = merged[target[0]]
    handlers = [merged.get(target.get(h.target, -1)) for h in code.handlers]
    standing = {i: merged[j] for i, j in target.items()}
    return _blocks(code, entry, successors, handlers, standing)


def _skip_jumps(code: Code) -> dict[int, int]:
    """Where control really goes when it goes to an instruction: past jumps and no-operations."""
    target: dict[int, int] = {}
    for start, first in enumerate(code.instructions):
        if first is None or start in target:
            continue
        if first.op not in _PASSED:
            target[start] = start
            continue
        path: list[int] = []
        seen: set[int] = set()
        i = start
        while i not in target:
            ins = code.instructions[i]
            assert ins is not None
            if ins.op not in _PASSED or i in seen:
                target[i] = i
                break
            path.append(i)
            seen.add(i)
            i = ins.successors[0]
        for j in path:
            target.setdefault(j, target[i])
    return target


def _minimise(code: Code, target: dict[int, int]) -> dict[int, int]:
    """Maps each instruction that stays in the graph to the one that stands for it.

    Two are one when operation, argument, position, stack depth and handler are equal and so are
    their successors; from the ends backward, as equal states of an automaton are merged.
    """
    instructions, handlers = code.instructions, code.handlers
    nodes = sorted(set(target.values()))
    merged = {i: i for i in nodes}
    before: dict[int, list[int]] = {i: [] for i in nodes}
    guarded: dict[int, list[int]] = {}
    for i in nodes:
        ins = instructions[i]
        assert ins is not None
        for s in ins.successors:
            before[target[s]].append(i)
        if ins.handler is not None:
            guarded.setdefault(target[handlers[ins.handler].target], []).append(i)

    def find(i: int) -> int:
        while merged[i] != i:
            merged[i] = merged[merged[i]]
            i = merged[i]
        return i

    table: dict[object, int] = {}
    work = nodes  # taken from the end: mostly each after its successors
    while work:
        again: list[int] = []
        for i in reversed(work):
            if merged[i] != i:
                continue
            ins = instructions[i]
            assert ins is not None
            caught: object = None
            if ins.handler is not None:
                h = handlers[ins.handler]
                caught = (find(target[h.target]), h.depth, h.lasti)
            key = (
                ins.op, _hashable(ins.arg), ins.depth, caught,
                _span(code, i),
                tuple([find(target[s]) for s in ins.successors]),
            )  # fmt: skip
            other = find(table.setdefault(key, i))
            if other == i:
                continue
            merged[i] = other
            again.extend(before[i])
            again.extend(guarded.get(i, ()))
            before[other].extend(before[i])
            if i in guarded:
                guarded.setdefault(other, []).extend(guarded[i])
        work = sorted(set(again))
    return {i: find(i) for i in nodes}


def _span(code: Code, i: int) -> object:
    """An instruction's position, where it tells copies from others.

    A superinstruction has one position: that of the load it ends with is lost (3.13).
    """
    ins = code.instructions[i]
    assert ins is not None
    at = ins.location
    if at is None or ins.op is Op.LOAD or _returns_none(code, i) or _waits(code, i):
        return None
    return at.lineno, at.end_lineno, at.col_offset, at.end_col_offset


def _waits(code: Code, i: int) -> bool:
    """Whether an instruction is a `yield`, or goes on from it and cannot raise.

    `yield a` on one way and `yield b` on the other are one place at which a generator waits.
    """
    before = code.instructions[max(0, i - 2) : i + 1]
    names = [ins and (ins.arg[0] if ins.op is Op.OPAQUE else ins.op) for ins in before]  # type: ignore[index]
    if names[-1] in (Op.POP, Op.STORE):
        return names[:-1] == ["YIELD_VALUE", "RESUME"]
    return names[-1] == "YIELD_VALUE" or names[-2:] == ["YIELD_VALUE", "RESUME"]


def _returns_none(code: Code, i: int) -> bool:
    """Whether this is one of the two instructions of `return None`.

    The compiler gives the copies of an implicit one various positions; none of them can raise.
    """
    ins = code.instructions[i]
    assert ins is not None
    if ins.op is Op.CONST and ins.successors:
        following = code.instructions[ins.successors[0]]
        return ins.arg is None and following is not None and following.op is Op.RETURN
    before = code.instructions[i - 1] if i else None
    none = before is not None and (before.op, before.arg) == (Op.CONST, None)
    return none and ins.op is Op.RETURN


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value, str(value) if isinstance(value, float | complex) else None


def _blocks(
    code: Code,
    entry: int,
    successors: dict[int, tuple[int, ...]],
    handlers: list[int | None],
    standing: dict[int, int],
) -> Cfg:
    """Cuts the merged instructions into blocks, in order of the original code."""
    instructions = code.instructions

    def handler(i: int) -> int | None:
        ins = instructions[i]
        return ins.handler if ins is not None else None

    reached = {entry}
    work = [entry]
    count: dict[int, int] = {entry: 2}
    while work:
        i = work.pop()
        caught = handler(i)
        ways = list(successors[i])
        if caught is not None and (start := handlers[caught]) is not None:
            ways.append(start)
            count[start] = 2
        for s in ways:
            count[s] = count.get(s, 0) + 1
            if s not in reached:
                reached.add(s)
                work.append(s)
    leaders = []
    for i in sorted(reached):
        ins = instructions[i]
        assert ins is not None
        if count[i] != 1 or ins.op in _ALONE:
            leaders.append(i)
        for s in successors[i]:
            if len(successors[i]) > 1 or handler(s) != ins.handler:
                leaders.append(s)
    starts = sorted(set(leaders))
    starts.remove(entry)
    starts.insert(0, entry)
    block_of = {leader: number for number, leader in enumerate(starts)}
    blocks: list[Block] = []
    for number, leader in enumerate(starts):
        indices = [leader]
        while len(successors[indices[-1]]) == 1 and successors[indices[-1]][0] not in block_of:
            indices.append(successors[indices[-1]][0])
        last = instructions[indices[-1]]
        first = instructions[leader]
        assert last is not None
        assert first is not None
        ways = [block_of[s] for s in successors[indices[-1]]]
        if last.op in (Op.BRANCH, Op.FOR, Op.RETURN, Op.RAISE):
            terminator = last.op
        else:
            terminator = Op.JUMP if len(ways) == 1 else Op.OPAQUE
        blocks.append(
            Block(number, tuple(indices), tuple(ways), first.depth, first.handler, terminator)
        )
    handler_blocks = tuple(None if h is None else block_of.get(h) for h in handlers)

    def with_handlers(b: int) -> tuple[int, ...]:
        caught = blocks[b].handler
        extra = None if caught is None else handler_blocks[caught]
        return blocks[b].successors if extra is None else (*blocks[b].successors, extra)

    loops, irreducible = natural_loops(0, with_handlers, lambda b: blocks[b].successors)
    outer = tuple(_chain(block, blocks, handler_blocks) for block in blocks)
    return Cfg(code, tuple(blocks), loops, handler_blocks, outer, block_of, standing, irreducible)


def _chain(
    block: Block, blocks: list[Block], handler_blocks: tuple[int | None, ...]
) -> tuple[int, ...]:
    chain: list[int] = []
    caught = block.handler
    while caught is not None:
        start = handler_blocks[caught]
        if start is None or start in chain:
            break
        chain.append(start)
        caught = blocks[start].handler
    return tuple(chain)
