"""Flows: pieces of the graph with one entry and known ways out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from types import CodeType

from bcgraph.cfg import Cfg, Loop, postdominators
from bcgraph.dataflow import Facts
from bcgraph.instructions import Instruction, Op

RETURN = -1  # the port at which a function returns its value

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
        self,
        cfg: Cfg,
        facts: Facts,
        entry: int,
        blocks: frozenset[int],
        ports: tuple[int, ...],
        outer: tuple[int, ...],
    ) -> None:
        self.cfg, self.facts = cfg, facts
        self.entry, self.blocks, self.ports, self.outer = entry, blocks, ports, outer
        self._leave = frozenset(ports)
        self._raising: dict[tuple[int, ...], Flow] = {}
        self.sites: dict[int, object] = {}
        self.made: CodeType | None = None  # its function's code

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The blocks in the original's order, the entry first."""
        rest = sorted(self.blocks - {self.entry})
        return (self.entry, *rest)

    @cached_property
    def touched(self) -> int:
        """Mask of the variables read or written here."""
        mask = 0
        for b in self.blocks:
            mask |= self.facts.touched[b]
        return mask

    @cached_property
    def written(self) -> int:
        """Mask of the variables written here."""
        mask = 0
        for b in self.blocks:
            mask |= self.facts.written[b]
        return mask

    @cached_property
    def base(self) -> int:
        """How many operands below are never reached from here."""
        cfg = self.cfg
        found = [cfg.blocks[self.entry].depth]
        found += [cfg.blocks[p].depth for p in self.ports if p != RETURN]
        found += [cfg.reach[b] for b in self.blocks]
        return max(0, min(found))

    @property
    def inputs(self) -> int:
        """Mask of the variables whose value at the entry matters."""
        return self.touched & self.facts.live[self.entry]

    def outputs(self, port: int) -> int:
        """Mask of the variables that what follows a port may see changed."""
        return 0 if port == RETURN else self.touched & self.facts.live[port]

    @cached_property
    def escaping(self) -> int:
        """Mask of the variables that a handler around the flow may see changed."""
        return self.written & self.facts.live[self.outer[0]] if self.outer else 0

    def leaves(self, block: int) -> bool:
        """Whether control that reaches this block leaves the flow."""
        return block in self._leave or block not in self.blocks

    @cached_property
    def refusal(self) -> str | None:
        """Why this flow cannot become a function, if it cannot."""
        if self.cfg.irreducible:
            return "a loop is entered at more than one place"
        if not self.cfg.code.generator and not self.cfg.code.inner_cells:
            return None
        for b in self.blocks:
            for ins in self.cfg.instructions(self.cfg.blocks[b]):
                if ins.op is Op.OPAQUE:
                    name, arg = ins.arg  # type: ignore[misc]
                    if suspends(ins):
                        return "a `yield` or `await` lies in it"
                    if arg in self.cfg.code.inner_cells and name != "LOAD_GLOBAL":
                        return "a comprehension in it shares a variable with a nested function"
        return None

    @cached_property
    def loops(self) -> list[Loop]:
        """The loops that lie wholly in this flow, smallest first."""
        return [
            loop
            for loop in self.cfg.loops
            if loop.header in self.blocks
            and not (loop.blocks & self._leave)
            and loop.blocks <= self.blocks
        ]

    def following(self, block: int) -> list[int]:
        """Ordinary successors that stay in the flow."""
        return [s for s in self.cfg.blocks[block].successors if not self.leaves(s)]

    def raising(self, outer: tuple[int, ...]) -> Flow:
        """The same, in which what raises leads to a handler that lies inside of `outer`."""
        found = self._raising.get(outer)
        if found is None:
            given = self.cfg, self.facts, self.entry, self.blocks, self.ports, outer
            found = self._raising[outer] = _Raising(*given)
        return found

    @cached_property
    def only_raises(self) -> bool:
        """Whether no path leads out of the flow but by an exception."""
        blocks = (self.cfg.blocks[b] for b in self.blocks)
        return not any(
            b.terminator is Op.RETURN or any(self.leaves(s) for s in b.successors) for b in blocks
        )

    @cached_property
    def _after(self) -> object:
        ends = [
            b
            for b in self.blocks
            if self.cfg.blocks[b].terminator is Op.RETURN
            or any(self.leaves(s) for s in self.cfg.blocks[b].successors)
        ]
        return postdominators(self.blocks, self.following, ends)

    def join(self, targets: Iterable[int]) -> int | None:
        """Where control re-joins from all of these targets: a block, RETURN for the end, or None.

        A target outside is an end. Paths that only raise do not count.
        """
        inside = []
        for t in targets:
            if t == RETURN or self.leaves(t):
                return RETURN
            inside.append(t)
        return self._after.common(inside)  # type: ignore[attr-defined, no-any-return]

    def reaches(self, targets: Iterable[int], goal: int, avoid: int | None) -> bool:
        """Whether ordinary flow from a target comes to `goal` before `avoid`."""
        seen: set[int] = set()
        work = [t for t in targets if t != RETURN and not self.leaves(t) and t != avoid]
        while work:
            b = work.pop()
            if b == goal:
                return True
            if b not in seen:
                seen.add(b)
                work.extend(s for s in self.following(b) if s != avoid)
        return False

    def part(
        self,
        entry: int,
        stops: frozenset[int],
        outer: tuple[int, ...],
        within: frozenset[int] | None = None,
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Blocks and ports reached from `entry` up to `stops`.

        A way out of this flow, out of the handlers `outer`, or out of the blocks `within` is a
        port as well; handlers inside are part of what they guard.
        """
        cfg = self.cfg
        blocks: set[int] = set()
        ports: set[int] = set()
        work = [entry]
        while work:
            b = work.pop()
            if b in blocks:
                continue
            blocks.add(b)
            block, chain = cfg.blocks[b], cfg.outer[b]
            if block.terminator is Op.RETURN:
                ports.add(RETURN)
            if len(chain) > len(outer):
                work.append(chain[0])
            for s in block.successors:
                inner = cfg.outer[s]
                if (
                    s in stops
                    or self.leaves(s)
                    or inner[len(inner) - len(outer) :] != outer
                    or (within is not None and s not in within and len(inner) <= len(outer))
                ):
                    ports.add(s)
                else:
                    work.append(s)
        return frozenset(blocks), frozenset(ports)


class _Raising(Flow):
    def following(self, block: int) -> list[int]:
        chain = self.cfg.outer[block]
        if self.cfg.blocks[block].terminator is Op.RAISE and len(chain) > len(self.outer):
            return [chain[0]]
        return super().following(block)


def suspends(ins: Instruction) -> bool:
    """Whether an instruction gives control to the caller for a while."""
    return ins.op is Op.OPAQUE and ins.arg[0] in _SUSPENDS  # type: ignore[index]


def whole(cfg: Cfg, facts: Facts) -> Flow:
    """The flow of a whole function."""
    return Flow(cfg, facts, 0, frozenset(b.id for b in cfg.blocks), (), ())
