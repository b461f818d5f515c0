"""What an error says of the program: where a variable got what it holds, or did not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bcgraph._places import place_at
from bcgraph.errors import Note, Place
from bcgraph.instructions import Instruction, Op
from bcgraph.regions import RETURN, Cond, Decision, Flow, Site, suspends


def place_of(flow: Flow, site: Site) -> Place:
    """Where a site is in the user's program."""
    return _at(flow, flow.cfg.instructions(flow.cfg.blocks[site.block])[0])


def suspension(flow: Flow, site: Site) -> Note | None:
    """The `yield` or `await` in what a site decides."""
    for arm in _flows(site.decisions):
        for ins in _instructions(flow, sorted(arm.blocks)):
            if suspends(ins):
                return Note(_at(flow, ins), "it suspends the function here")
    return None


@dataclass(frozen=True)
class Ways:
    """The two ways of a condition (if true, if false), or what is before and after a loop's turn.

    `decision` is None where what chooses is not the program's own condition.
    """

    flow: Flow
    site: Site
    decision: Decision | None

    @property
    def place(self) -> Place:
        """Where the site is."""
        return place_of(self.flow, self.site)

    def lacking(self, which: int) -> Note:
        """One way leaves a variable without a value."""
        where, place = "one way from here", self.place
        if isinstance(self.decision, Cond):
            target = self.decision.targets[which]
            line = None if target == RETURN else _line(self.flow, target)
            if line is not None and line != place.line:
                where = f"the way from here to line {line}"
        return Note(place, f"{where} leaves it without a value")

    def written(self, attribute: str) -> Iterator[Note]:
        """Where an attribute is written on one of the ways."""
        if self.decision is not None:
            blocks = {b for one in _flows((self.decision,)) for b in one.blocks}
            for ins in _instructions(self.flow, sorted(blocks)):
                if ins.op is Op.OPAQUE and ins.arg == ("STORE_ATTR", attribute):
                    yield Note(_at(self.flow, ins), "it gets one here")
                    return

    def held(self, name: str | None, told: tuple[str, str]) -> Iterator[Note]:
        """Where a variable (None: what is returned) gets what it holds on each of two ways."""
        if self.decision is None:
            return
        if isinstance(self.decision, Cond):
            one, other = map(_blocks, self.decision.arms)
            inside = (one - other, other - one)
        else:
            inside = (frozenset(), self.decision.body.blocks)
        outside = self.flow.blocks - inside[0] - inside[1]
        for blocks, text in zip(inside, told, strict=True):
            places = list(_stores(self.flow, blocks, name))
            if not places and name is not None:
                before = list(_stores(self.flow, outside, name))
                places = before if len(before) == 1 else []
            if places:
                yield Note(places[-1], text)


def _stores(flow: Flow, blocks: Iterable[int], name: str | None) -> Iterator[Place]:
    wanted = Op.RETURN if name is None else Op.STORE
    for ins in _instructions(flow, sorted(blocks)):
        if ins.op is wanted and (name is None or ins.arg == name) and ins.location is not None:
            yield _at(flow, ins)


def _blocks(flow: Flow | None) -> frozenset[int]:
    return frozenset() if flow is None else flow.blocks


def _flows(decisions: tuple[Decision, ...]) -> Iterator[Flow]:
    for decision in decisions:
        if isinstance(decision, Cond):
            yield from (arm for arm in decision.arms if arm is not None)
        else:
            yield decision.body


def _instructions(flow: Flow, blocks: Iterable[int]) -> Iterator[Instruction]:
    for block in blocks:
        yield from flow.cfg.instructions(flow.cfg.blocks[block])


def _line(flow: Flow, block: int) -> int | None:
    lines = (ins.line for ins in flow.cfg.instructions(flow.cfg.blocks[block]))
    with contextlib.suppress(StopIteration):
        return next(line for line in lines if line is not None)
    return None


def _at(flow: Flow, ins: Instruction) -> Place:
    return place_at(flow.cfg.code.origin, ins.location)
