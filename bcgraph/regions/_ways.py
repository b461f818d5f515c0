"""What control comes to from a block, and where it re-joins: answers that several flows share.

A flow that is part of another and leaves it at the same blocks asks the same of the same graph. So
the rest of a function after each of its early returns costs no more than the function.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from operator import or_
from typing import NamedTuple

from bcgraph.cfg import Cfg, closure, postdominators
from bcgraph.dataflow import Facts
from bcgraph.instructions import Op

RETURN = -1  # the port at which a function returns its value


class Part(NamedTuple):
    """Blocks that control comes to, as a bit mask, and what holds of them together."""

    blocks: int
    ports: int  # where control leaves: bit 0 for RETURN, bit b + 1 for the block b
    touched: int  # variables read or written
    written: int
    reach: int  # how many operands at the bottom of the stack are never reached


def bits(mask: int) -> Iterator[int]:
    """The places of the ones in a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _together(one: Part, other: Part) -> Part:
    return Part(
        one.blocks | other.blocks,
        one.ports | other.ports,
        one.touched | other.touched,
        one.written | other.written,
        one.reach if one.reach < other.reach else other.reach,
    )


def part_of(cfg: Cfg, facts: Facts, blocks: Iterable[int], leave: Iterable[int] = ()) -> Part:
    """Some blocks, which control leaves at those of `leave` or by returning."""
    found = Part(0, sum(1 << p + 1 for p in leave), 0, 0, sys.maxsize)
    for b in blocks:
        returns = cfg.blocks[b].terminator is Op.RETURN
        alone = Part(1 << b, returns, facts.touched[b], facts.written[b], cfg.reach[b])
        found = _together(found, alone)
    return found


class Ways:
    """The ways through some blocks of a graph that end at the blocks of `leave`.

    `leave` is a mask like `blocks`, in which each block that control comes to is, or else in
    `leave`.
    """

    def __init__(self, cfg: Cfg, facts: Facts, blocks: int, leave: int) -> None:
        self.cfg, self.facts, self.leave = cfg, facts, leave
        self._blocks = blocks
        self._parts: dict[object, dict[int, Part]] = {}
        self._following: dict[int | None, dict[int, int]] = {}

    def following(self, block: int) -> list[int]:
        """Ordinary successors at which control stays."""
        return [s for s in self.cfg.blocks[block].successors if not self.leave >> s & 1]

    @cached_property
    def _after(self) -> object:
        blocks = list(bits(self._blocks & ~self.leave))
        ends = [
            b
            for b in blocks
            if self.cfg.blocks[b].terminator is Op.RETURN
            or any(self.leave >> s & 1 for s in self.cfg.blocks[b].successors)
        ]
        return postdominators(blocks, self.following, ends)

    def join(self, blocks: list[int]) -> int | None:
        """Where control re-joins from all of these: a block, RETURN for the end, or None.

        Ways that only raise do not count.
        """
        return self._after.common(blocks)  # type: ignore[attr-defined, no-any-return]

    def reaches(self, start: int, goal: int, avoid: int | None) -> bool:
        """Whether ordinary flow from `start` comes to `goal` before `avoid`."""

        def following(b: int) -> list[int]:
            return [s for s in self.following(b) if s != avoid]

        known = self._following.setdefault(avoid, {})
        return bool(closure(start, following, known, lambda b: 1 << b, or_) >> goal & 1)

    def part(
        self, entry: int, stops: frozenset[int], outer: tuple[int, ...], within: int | None
    ) -> Part:
        """What control comes to from `entry` up to `stops`, see `Flow.part`."""
        cfg, facts = self.cfg, self.facts

        def ways(b: int) -> tuple[list[int], list[int]]:
            block, chain = cfg.blocks[b], cfg.outer[b]
            stays, ports = [], []
            if len(chain) > len(outer):
                stays.append(chain[0])
            for s in block.successors:
                inner = cfg.outer[s]
                if (
                    s in stops
                    or self.leave >> s & 1
                    or inner[len(inner) - len(outer) :] != outer
                    or (within is not None and not within >> s & 1 and len(inner) <= len(outer))
                ):
                    ports.append(s)
                else:
                    stays.append(s)
            if block.terminator is Op.RETURN:
                ports.append(RETURN)
            return stays, ports

        def alone(b: int) -> Part:
            ports = sum(1 << p + 1 for p in set(ways(b)[1]))
            return Part(1 << b, ports, facts.touched[b], facts.written[b], cfg.reach[b])

        known = self._parts.setdefault((stops, outer, within), {})
        return closure(entry, lambda b: ways(b)[0], known, alone, _together)
