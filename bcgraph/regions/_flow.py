"""Flows: pieces of the graph with one entry and known ways out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from types import CodeType

from bcgraph.cfg import Cfg, Loop, bits
from bcgraph.dataflow import Facts
from bcgraph.instructions import Instruction, Op

from ._ways import RETURN, Layout, Part, Ways

_SUSPENDS = {
    "YIELD_VALUE",
    "SEND",
    "RETURN_GENERATOR",
    "GET_AWAITABLE",
    "GET_ANEXT",
    "ASYNC_GEN_WRAP",
}


class Flow:
    """A piece of a function's graph.

    `entry` may itself be a port: control that comes back to it leaves the flow. `outer` is the
    chain of exception handlers around the flow: they stay with the caller. `base` operands at the
    bottom of the stack stay with the caller too.
    """

    def __init__(
        self, ways: Ways, entry: int, part: Part, ports: tuple[int, ...], outer: tuple[int, ...]
    ) -> None:
        self.cfg, self.facts = ways.cfg, ways.facts
        self.entry, self.ports, self.outer = entry, ports, outer
        self._part = part
        self.touched, self.written = part.touched, part.written  # masks of the variables
        leave = 0
        for p in ports:
            leave |= 1 << p + 1
        leave >>= 1  # without RETURN
        self._stays = part.blocks & ~leave
        sooner = (part.ports >> 1 | leave & part.blocks) & ~ways.leave
        self._ways = ways.within(part.blocks, leave) if sooner else ways
        self.groups = self._ways.groups  # the conditions that are known
        # body and test of a loop, by its header and handlers, which is None where they cannot be
        self.turns: dict[tuple[int, tuple[int, ...]], tuple[Flow, Flow] | None] = {}
        self.sites: dict[int, object] = {}
        self.made: CodeType | None = None  # its function's code

    @property
    def blocks(self) -> frozenset[int]:
        """All blocks."""
        return frozenset(bits(self._part.blocks))

    def holds(self, block: int) -> bool:
        """Whether a block is one of the flow's."""
        return bool(self._part.blocks >> block & 1)

    @cached_property
    def base(self) -> int:
        """How many operands below are never reached from here."""
        depths = [self.cfg.blocks[b].depth for b in (self.entry, *self.ports) if b != RETURN]
        return min(self._part.reach, *depths)

    @property
    def inputs(self) -> int:
        """Mask of the variables whose value at the entry matters."""
        return self.touched & self.facts.live[self.entry]

    def outputs(self, port: int) -> int:
        """Mask of the variables that what follows a port may see changed."""
        return 0 if port == RETURN else self.touched & self.facts.live[port]

    @property
    def escaping(self) -> int:
        """Mask of the variables that a handler around the flow may see changed."""
        return self.written & self.facts.live[self.outer[0]] if self.outer else 0

    def leaves(self, block: int) -> bool:
        """Whether control that reaches this block leaves the flow."""
        return block == RETURN or not self._stays >> block & 1

    @property
    def refusal(self) -> str | None:
        """Why this flow cannot become a function, if it cannot."""
        if self.cfg.irreducible:
            return "a loop is entered at more than one place"
        if not self.cfg.code.generator and not self.cfg.code.inner_cells:
            return None
        return self._held_back

    @cached_property
    def _held_back(self) -> str | None:
        for b in bits(self._part.blocks):
            for ins in self.cfg.instructions(self.cfg.blocks[b]):
                if ins.op is Op.OPAQUE:
                    name, arg = ins.arg  # type: ignore[misc]
                    if suspends(ins):
                        return "a `yield` or `await` lies in it"
                    if arg in self.cfg.code.inner_cells and name != "LOAD_GLOBAL":
                        return "a comprehension in it shares a variable with a nested function"
        return None

    def loops_around(self, block: int) -> Iterator[Loop]:
        """The loops around a block that lie wholly in this flow, smallest first."""
        return (loop for loop in self.cfg.around[block] if not loop.mask & ~self._stays)

    @property
    def only_raises(self) -> bool:
        """Whether no path leads out of the flow but by an exception."""
        return not self._part.ports

    def join(self, targets: Iterable[int]) -> int | None:
        """Where control re-joins from all of these targets: a block, RETURN for the end, or None.

        A target outside is an end. Paths that only raise do not count.
        """
        inside = []
        for t in targets:
            if t == RETURN or self.leaves(t):
                return RETURN
            inside.append(t)
        return self._ways.join(inside)

    def reaches(self, targets: Iterable[int], goal: int, avoid: int | None) -> bool:
        """Whether ordinary flow from a target comes to `goal` before `avoid`."""
        if not self.cfg.around[goal] and not self.cfg.irreducible:
            return False  # it is in no loop, and the targets are what follows it
        for t in targets:
            inside = t not in (RETURN, avoid) and not self.leaves(t)
            if inside and self._ways.reaches(t, goal, avoid):
                return True
        return False

    def part(
        self,
        entry: int,
        stops: frozenset[int],
        outer: tuple[int, ...],
        within: int | None = None,
    ) -> Part:
        """Blocks and ports reached from `entry` up to `stops`.

        A way out of this flow, out of the handlers `outer`, or out of the blocks `within` (a mask)
        is a port as well; handlers inside are part of what they guard.
        """
        return self._ways.part(entry, stops, outer, within)

    def raising(self, outer: tuple[int, ...]) -> Flow:
        """The same, in which what raises leads to a handler that lies inside of `outer`."""
        ways = self._ways.raising(outer)
        return Flow(ways, self.entry, self._part, self.ports, self.outer)

    def part_of(self, blocks: Iterable[int], ports: Iterable[int]) -> Part:
        """Some blocks, and ports at which control leaves them."""
        return self._ways.part_of(blocks, ports)

    def piece(self, entry: int, part: Part, ports: tuple[int, ...], outer: tuple[int, ...]) -> Flow:
        """The flow of a part of this one."""
        return Flow(self._ways.ordinary, entry, part, ports, outer)


def suspends(ins: Instruction) -> bool:
    """Whether an instruction gives control to the caller for a while."""
    return ins.op is Op.OPAQUE and ins.arg[0] in _SUSPENDS  # type: ignore[index]


def whole(cfg: Cfg, facts: Facts) -> Flow:
    """The flow of a whole function."""
    ways = Ways(cfg, facts, Layout(cfg, facts), (1 << len(cfg.blocks)) - 1, 0)
    return Flow(ways, 0, ways.part_of(range(len(cfg.blocks))), (), ())
