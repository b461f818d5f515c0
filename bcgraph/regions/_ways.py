"""What control comes to from a block, and where it re-joins: answers that several flows share.

A flow that is part of another and leaves it at the same blocks asks the same of the same graph. So
the rest of a function after each of its early returns costs no more than the function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from bcgraph.cfg import Cfg, bits, closure, postdominators
from bcgraph.dataflow import Facts
from bcgraph.instructions import Op

RETURN = -1  # the port at which a function returns its value


class Part(NamedTuple):
    """Blocks that control comes to, and what holds of them together."""

    blocks: int  # as bits, like the others
    ports: int  # where control leaves: bit 0 for RETURN, bit b + 1 for the block b
    touched: int  # variables read or written
    written: int
    reach: int  # how many operands at the bottom of the stack are never reached


class Group(NamedTuple):
    """The blocks of a condition, as a bit mask, and the two places to which it leads."""

    blocks: int
    exits: tuple[int, int]


class Layout:
    """How all that is known of a part makes one number: what holds of two is their union."""

    def __init__(self, cfg: Cfg, facts: Facts) -> None:
        count, variables = len(cfg.blocks), len(facts.variables)
        self.ports = count
        self.touched = self.ports + count + 1
        self.written = self.touched + variables
        self.depths = self.written + variables
        self._blocks, self._ports = (1 << count) - 1, (1 << count + 1) - 1
        self._variables = (1 << variables) - 1
        blocks = zip(cfg.blocks, facts.touched, facts.written, cfg.reach, strict=True)
        self.alone = [  # the number of each block
            1 << block.id
            | (block.terminator is Op.RETURN) << self.ports
            | touched << self.touched
            | written << self.written
            | 1 << self.depths + max(0, reach)
            for block, touched, written, reach in blocks
        ]

    def part(self, union: int) -> Part:
        """What the number says."""
        depths = union >> self.depths
        return Part(
            union & self._blocks,
            union >> self.ports & self._ports,
            union >> self.touched & self._variables,
            union >> self.written & self._variables,
            (depths & -depths).bit_length() - 1,
        )


class Ways:
    """The ways through some blocks of a graph that end at the blocks of `leave`.

    `leave` is a mask like `blocks`, in which each block that control comes to is, or else in
    `leave`.
    """

    def __init__(self, cfg: Cfg, facts: Facts, layout: Layout, blocks: int, leave: int) -> None:
        self.cfg, self.facts, self.layout, self.leave = cfg, facts, layout, leave
        self.groups: dict[tuple[int, int | None], Group | None] = {}  # by start and join
        self._blocks = blocks
        self._parts: dict[object, dict[int, int]] = {}
        self._following: dict[int | None, dict[int, int]] = {}
        self._raising: dict[tuple[int, ...], Ways] = {}

    def within(self, blocks: int, leave: int) -> Ways:
        """The ways through some of these blocks that end sooner."""
        return Ways(self.cfg, self.facts, self.layout, blocks, leave)

    @property
    def ordinary(self) -> Ways:
        """The same ways, of ordinary flow."""
        return self

    def raising(self, outer: tuple[int, ...]) -> Ways:
        """The same, in which what raises leads to a handler that lies inside of `outer`."""
        found = self._raising.get(outer)
        if found is None:
            found = self._raising[outer] = _Raising(self, self._blocks, outer)
        return found

    def following(self, block: int) -> Sequence[int]:
        """Successors at which control stays."""
        successors, leave = self.cfg.blocks[block].successors, self.leave
        return [s for s in successors if not leave >> s & 1] if leave else successors

    @cached_property
    def _after(self) -> object:
        blocks = list(bits(self._blocks & ~self.leave))
        ends = []
        for b in blocks:
            block = self.cfg.blocks[b]
            if block.terminator is Op.RETURN or len(self.following(b)) < len(block.successors):
                ends.append(b)
        return postdominators(blocks, self.following, ends)

    def join(self, blocks: list[int]) -> int | None:
        """Where control re-joins from all of these: a block, RETURN for the end, or None.

        Ways that only raise do not count.
        """
        return self._after.common(blocks)  # type: ignore[attr-defined, no-any-return]

    def reaches(self, start: int, goal: int, avoid: int | None) -> bool:
        """Whether ordinary flow from `start` comes to `goal` before `avoid`."""

        def look(b: int) -> tuple[int, list[int]]:
            return 1 << b, [s for s in self.following(b) if s != avoid]

        known = self._following.setdefault(avoid, {})
        return bool(closure(start, known, look) >> goal & 1)

    def part(
        self, entry: int, stops: frozenset[int], outer: tuple[int, ...], within: int | None
    ) -> Part:
        """What control comes to from `entry` up to `stops`, see `Flow.part`."""
        blocks, outers, layout, leave = self.cfg.blocks, self.cfg.outer, self.layout, self.leave
        alone, ports, around = layout.alone, layout.ports + 1, len(outer)

        def look(b: int) -> tuple[int, list[int]]:
            found, stays, chain = alone[b], [], outers[b]
            if len(chain) > around:
                stays.append(chain[0])
            for s in blocks[b].successors:
                inner = outers[s]
                if (
                    s in stops
                    or leave >> s & 1
                    or (inner != outer and inner[len(inner) - around :] != outer)
                    or (within is not None and not within >> s & 1 and len(inner) <= around)
                ):
                    found |= 1 << ports + s
                else:
                    stays.append(s)
            return found, stays

        known = self._parts.setdefault((stops, outer, within), {})
        return layout.part(closure(entry, known, look))

    def part_of(self, blocks: Iterable[int], ports: Iterable[int] = ()) -> Part:
        """Some blocks, which control leaves at these ports, or by returning."""
        union, alone = 0, self.layout.alone
        for p in ports:
            union |= 1 << self.layout.ports + p + 1
        for b in blocks:
            union |= alone[b]
        return self.layout.part(union)


class _Raising(Ways):
    def __init__(self, ways: Ways, blocks: int, outer: tuple[int, ...]) -> None:
        super().__init__(ways.cfg, ways.facts, ways.layout, blocks, ways.leave)
        self._ordinary, self._outer = ways, outer

    @property
    def ordinary(self) -> Ways:
        return self._ordinary

    def following(self, block: int) -> Sequence[int]:
        chain = self.cfg.outer[block]
        if self.cfg.blocks[block].terminator is Op.RAISE and len(chain) > len(self._outer):
            return [s for s in chain[:1] if not self.leave >> s & 1]
        return super().following(block)
