"""The graph's data, its checker and its printer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bcgraph.instructions import Code, Instruction, Op


def bits(mask: int) -> Iterator[int]:
    """The places of the ones in a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Block(NamedTuple):
    """A basic block: straight-line instructions under one exception handler.

    A branch and a `for` are blocks of their own, so that each place where control may be diverted
    is a block's entry. `successors` of a branch are (when true, when false), of a `for` (with an
    item, exhausted).
    """

    id: int
    indices: tuple[int, ...]  # into Code.instructions
    successors: tuple[int, ...]
    depth: int  # operands on the stack at the entry
    handler: int | None  # index into Code.handlers
    terminator: Op  # BRANCH, FOR, RETURN, RAISE, JUMP (goes on), OPAQUE (waits: SEND)


class Loop(NamedTuple):
    """A natural loop: the blocks that reach a back edge of `header` without passing it.

    `exits` are the blocks outside to which control goes from inside, but for exceptions.
    """

    header: int
    blocks: frozenset[int]
    mask: int  # the blocks as bits
    exits: frozenset[int]


@dataclass(frozen=True)
class Cfg:
    """A minimised control-flow graph.

    `loops` are in order of size, so the first that holds a block is the innermost. `handler_blocks`
    gives, for an index into `Code.handlers`, the block where the handler starts. `outer` gives the
    chain of handlers in force in a block, innermost first, by the blocks where they start.
    """

    code: Code
    blocks: tuple[Block, ...]
    loops: tuple[Loop, ...]
    handler_blocks: tuple[int | None, ...]
    outer: tuple[tuple[int, ...], ...]
    block_of: dict[int, int]  # leading instruction → block
    standing: dict[int, int]  # any reachable instruction → the one in the graph that stands for it
    irreducible: bool

    @cached_property
    def before(self) -> tuple[int, ...]:
        """The blocks, as bits, from which control comes to each block, by an exception too."""
        found = [0] * len(self.blocks)
        for block in self.blocks:
            for s in block.successors:
                found[s] |= 1 << block.id
            if block.handler is not None:
                start = self.handler_blocks[block.handler]
                if start is not None:
                    found[start] |= 1 << block.id
        return tuple(found)

    @cached_property
    def predecessors(self) -> tuple[frozenset[int], ...]:
        """The same as sets."""
        return tuple(frozenset(bits(mask)) for mask in self.before)

    @cached_property
    def around(self) -> tuple[tuple[Loop, ...], ...]:
        """The loops around each block, the innermost first."""
        found: list[list[Loop]] = [[] for _ in self.blocks]
        for loop in self.loops:
            for b in loop.blocks:
                found[b].append(loop)
        return tuple(map(tuple, found))

    @cached_property
    def reach(self) -> tuple[int, ...]:
        """How far down the operand stack each block reaches."""
        return tuple(
            min([block.depth, *[ins.depth - ins.pops for ins in self.instructions(block)]])
            for block in self.blocks
        )

    def instructions(self, block: Block) -> list[Instruction]:
        """The block's canonical instructions."""
        return self._instructions[block.id]

    @cached_property
    def _instructions(self) -> tuple[list[Instruction], ...]:
        every = self.code.instructions
        return tuple([ins for i in b.indices if (ins := every[i])] for b in self.blocks)

    def skeleton(self) -> str:
        """The graph as text without what differs between CPython versions.

        One line for each block that decides, ends or heads a loop: what it is, where in the source
        a branch's predicate ends, and where it goes. Blocks are numbered in depth-first order.
        """
        headers = {loop.header for loop in self.loops}

        def lands(b: int) -> int:
            while self.blocks[b].terminator is Op.JUMP and b not in headers:
                b = self.blocks[b].successors[0]
            return b

        order: dict[int, int] = {}
        stack = [lands(0)]
        while stack:
            b = stack.pop()
            if b in order:
                continue
            order[b] = len(order)
            stack.extend(lands(s) for s in reversed(self.blocks[b].successors))
        lines = []
        for b, number in order.items():
            block = self.blocks[b]
            line = f" line {self._predicate_line(block)}" * (block.terminator is Op.BRANCH)
            to = " ".join(str(order[lands(s)]) for s in block.successors)
            text = f"{number}: {block.terminator.value}{line}{' loop' * (b in headers)} -> {to}"
            lines.append(text.rstrip(" ->"))
        return "\n".join(lines)

    def _predicate_line(self, block: Block) -> int | None:
        """Where the predicate is computed: the branch itself may bear the line of a whole `and`."""
        i = block.indices[0]
        while i and (before := self.code.instructions[i - 1]) and before.op in (Op.COPY, Op.NOP):
            i -= 1
        before = self.code.instructions[i - 1] if i else None
        return before.line if before else None

    def verify(self) -> None:
        """Raises AssertionError where the graph contradicts itself."""
        for block in self.blocks:
            last = self.code.instructions[block.indices[-1]]
            assert last is not None
            expected = {Op.BRANCH: 2, Op.FOR: 2, Op.RETURN: 0, Op.RAISE: 0, Op.JUMP: 1}
            count = expected.get(block.terminator, 2)
            assert len(block.successors) == count, f"block {block.id}"
            if block.terminator in (Op.BRANCH, Op.FOR):
                assert len(block.indices) == 1, f"block {block.id} is not alone"
        for small, large in zip(self.loops, self.loops[1:], strict=False):
            assert len(small.blocks) <= len(large.blocks)

    def __str__(self) -> str:
        lines = []
        for block in self.blocks:
            to = ", ".join(f"B{s}" for s in block.successors)
            caught = "" if block.handler is None else f"  ! B{self.handler_blocks[block.handler]}"
            lines.append(f"B{block.id} [{block.depth}]" + (f" -> {to}" if to else "") + caught)
            lines.extend(f"    {ins}" for ins in self.instructions(block))
        lines.extend(
            f"loop B{loop.header}: {' '.join(f'B{b}' for b in sorted(loop.blocks))}"
            for loop in self.loops
        )
        return "\n".join(lines)
