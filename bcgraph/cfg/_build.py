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
    instructions = code.instructions
    target = {i: i for i, ins in enumerate(instructions) if ins and ins.op not in _PASSED}
    for start, first in enumerate(instructions):
        if first is None or start in target:
            continue
        path: dict[int, None] = {}
        i = start
        while i not in target:
            if i in path:
                target[i] = i
                break
            path[i] = None
            i = instructions[i].successors[0]  # type: ignore[union-attr]
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
    kind = _kinds(code, nodes)
    before: dict[int, list[int]] = {i: [] for i in kind}
    guarded: dict[int, list[int]] = {}
    for i in kind:
        ins = instructions[i]
        assert ins is not None
        for s in ins.successors:
            if target[s] in kind:
                before[target[s]].append(i)
        if ins.handler is not None:
            guarded.setdefault(target[handlers[ins.handler].target], []).append(i)

    def find(i: int) -> int:
        while merged[i] != i:
            merged[i] = merged[merged[i]]
            i = merged[i]
        return i

    table: dict[object, int] = {}
    work = [*kind]  # taken from the end: mostly each after its successors
    while work:
        again: set[int] = set()
        for i in reversed(work):
            if merged[i] != i:
                continue
            ins = instructions[i]
            assert ins is not None
            caught: object = None
            if ins.handler is not None:
                h = handlers[ins.handler]
                caught = (find(target[h.target]), h.depth, h.lasti)
            key = kind[i], caught, tuple([find(target[s]) for s in ins.successors])
            other = find(table.setdefault(key, i))
            if other == i:
                continue
            merged[i] = other
            again.update(before[i])
            again.update(guarded.get(i, ()))
            before[other].extend(before[i])
            if i in guarded:
                guarded.setdefault(other, []).extend(guarded[i])
        work = sorted(again)
    return {i: find(i) for i in nodes}


def _kinds(code: Code, nodes: list[int]) -> dict[int, int]:
    """A number for each instruction that has its like: the same, whatever follows it.

    Of the likes of one, operation, argument, position, and stack depth are equal. A position does
    not count where it does not tell copies from others: that of a load which ended a
    superinstruction is lost (3.13), see also `_placeless`.
    """
    instructions, placeless = code.instructions, _placeless(code)
    numbers: dict[object, int] = {}
    kinds: list[int] = []
    counts: list[int] = []
    for i in nodes:
        ins = instructions[i]
        assert ins is not None
        op, arg, place, depth = ins[:4]
        if op is Op.LOAD or i in placeless:
            place = None
        if arg is not None and type(arg) is not str:
            arg = _hashable(arg)
        number = numbers.setdefault((op, arg, depth, place), len(counts))
        if number == len(counts):
            counts.append(0)
        counts[number] += 1
        kinds.append(number)
    return {i: number for i, number in zip(nodes, kinds, strict=True) if counts[number] > 1}


def _placeless(code: Code) -> set[int]:
    """Instructions that may be copies of each other at various positions.

    The compiler gives those of an implicit `return None` several, and none of them can raise.
    `yield a` on one way and `yield b` on the other are one place at which a generator waits, and so
    is how it goes on, until something may raise.
    """
    found: set[int] = set()
    instructions = code.instructions
    for i, ins in enumerate(instructions):
        if ins is None:
            continue
        if ins.op is Op.RETURN:
            before = instructions[i - 1] if i else None
            if before is not None and before.op is Op.CONST and before.arg is None:
                found |= {i - 1, i}
        elif code.generator and ins.name == "YIELD_VALUE":
            found.add(i)
            resumed, then = (*instructions[i + 1 : i + 3], None, None)[:2]
            if resumed is not None and resumed.name == "RESUME":
                found.add(i + 1)
                if then is not None and then.op in (Op.POP, Op.STORE):
                    found.add(i + 2)
    return found


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
    reached = {entry}
    work = [entry]
    count: dict[int, int] = {entry: 2}
    caught: dict[int, int | None] = {}
    while work:
        i = work.pop()
        ins = instructions[i]
        assert ins is not None
        ways, caught[i] = successors[i], ins.handler
        if ins.handler is not None and (start := handlers[ins.handler]) is not None:
            ways = (*ways, start)
            count[start] = 2
        for s in ways:
            count[s] = count.get(s, 0) + 1
            if s not in reached:
                reached.add(s)
                work.append(s)
    leaders = {entry}
    for i in reached:
        ways = successors[i]
        if count[i] != 1 or instructions[i].op in _ALONE:  # type: ignore[union-attr]
            leaders.add(i)
        for s in ways:
            if len(ways) > 1 or caught[s] != caught[i]:
                leaders.add(s)
    leaders.remove(entry)
    starts = [entry, *sorted(leaders)]
    block_of = {leader: number for number, leader in enumerate(starts)}
    blocks: list[Block] = []
    for number, leader in enumerate(starts):
        indices = [leader]
        while len(ways := successors[indices[-1]]) == 1 and ways[0] not in block_of:
            indices.append(ways[0])
        last = instructions[indices[-1]]
        first = instructions[leader]
        assert last is not None
        assert first is not None
        to = tuple([block_of[s] for s in ways])
        if last.op in (Op.BRANCH, Op.FOR, Op.RETURN, Op.RAISE):
            terminator = last.op
        else:
            terminator = Op.JUMP if len(to) == 1 else Op.OPAQUE
        blocks.append(Block(number, tuple(indices), to, first.depth, first.handler, terminator))
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
