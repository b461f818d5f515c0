"""The blocks of a function, run on expressions: what all that reads its structure begins with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from bcgraph.cfg import Cfg
from bcgraph.dataflow import analyse
from bcgraph.instructions import Op
from bcgraph.regions import Flow, whole

from ._expressions import Expression
from ._machine import Machine
from ._nodes import Around, End, Node


class Blocks:
    """One function's graph, and what has been read of it so far."""

    def __init__(self, cfg: Cfg, machine: Machine) -> None:
        self.cfg, self.machine = cfg, machine
        self.flow: Flow = whole(cfg, analyse(cfg))
        self.told: Counter[int] = Counter()
        self.outer = [tuple(h for h in chain if not self.cleans_up(h)) for chain in cfg.outer]
        self.headers = {loop.header: loop for loop in cfg.loops if not self.waits(loop.header)}

    def sequence(
        self, block: int, stack: list[Expression], around: Around, *, enters: bool = False
    ) -> End:
        """What runs from a block on; `enters` the loop around, at its header."""
        raise NotImplementedError

    def ended(self, end: End, around: Around) -> End:
        """A way out of what handlers guard, with what it does outside if it ends there."""
        if end.at is None:
            return end
        told = Counter(self.told)
        outside = replace(around, outer=self.outer[end.at])
        after = self.sequence(end.at, end.stack, outside)
        if after.at is not None and len(self.outer[after.at]) < len(outside.outer):
            after = self.ended(after, outside)
        if after.at is None:
            return End([*end.nodes, *after.nodes])
        self.told = told
        return end

    def run(self, block: int, stack: list[Expression]) -> tuple[list[Node], list[Expression]]:
        """The statements of a block, and the stack after it."""
        machine = self.machine
        machine.stack, machine.statements = list(stack), []
        found = self.cfg.instructions(self.cfg.blocks[block])
        if self.cfg.blocks[block].terminator in (Op.BRANCH, Op.FOR):
            return [], machine.stack
        machine.run(found)
        return list(machine.statements), machine.stack

    def waits(self, block: int) -> bool:
        """Whether a block is the loop in which a `yield from` or an `await` waits."""
        first = self.cfg.instructions(self.cfg.blocks[block])[0]
        return first.op is Op.OPAQUE and first.raw.name == "SEND"

    def cleans_up(self, handler: int) -> bool:
        """Whether a handler only ends another one: the compiler's own."""
        first = self.cfg.instructions(self.cfg.blocks[handler])[0]
        return first.op is not Op.OPAQUE or first.raw.name != "PUSH_EXC_INFO"
