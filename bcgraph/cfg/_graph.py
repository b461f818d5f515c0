"""The graph's data, its checker and its printer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bcgraph.instructions import Code, Instruction, Op


@dataclass(frozen=True, slots=True)
class Block:
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


@dataclass(frozen=True, slots=True)
class Loop:
    """A natural loop: the blocks that reach a back edge of `header` without passing it."""

    header: int
    blocks: frozenset[int]


@dataclass(frozen=True)
class Cfg:
    """A minimised control-flow graph.

    `loops` are in order of size, so the first that holds a block is the innermost. `handler_blocks`
    gives, for an index into `Code.handlers`, the block where the handler starts. `outer` gives the
    chain of handlers in force in a block, innermost first.
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
    def predecessors(self) -> tuple[frozenset[int], ...]:
        """Blocks from which control comes to each block, by an exception too."""
        before: list[set[int]] = [set() for _ in self.blocks]
        for block in self.blocks:
            for s in block.successors:
                before[s].add(block.id)
            if block.handler is not None:
                start = self.handler_blocks[block.handler]
                if start is not None:
                    before[start].add(block.id)
        return tuple(map(frozenset, before))

    def instructions(self, block: Block) -> list[Instruction]:
        """The block's canonical instructions."""
        found = (self.code.instructions[i] for i in block.indices)
        return [ins for ins in found if ins is not None]

    def skeleton(self) -> str:
        """The graph as text without what differs between CPython versions.

        One line for each block that decides or joins something: what it is, where in the source,
        and where it goes; blocks are numbered in depth-first order.
        """
        order: dict[int, int] = {}
        stack = [0]
        while stack:
            b = stack.pop()
            if b in order:
                continue
            order[b] = len(order)
            stack.extend(reversed(self.blocks[b].successors))
        headers = {loop.header for loop in self.loops}
        lines = []
        for b, number in order.items():
            block = self.blocks[b]
            kind = block.terminator.value
            line = ""
            if block.terminator in (Op.BRANCH, Op.FOR):
                ins = self.instructions(block)[0]
                line = f" line {ins.line}"
            to = " ".join(str(order[s]) for s in block.successors)
            lines.append(f"{number}: {kind}{line}{' loop' * (b in headers)} -> {to}".rstrip(" ->"))
        return "\n".join(lines)

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
