"""Loops: their tests, their ways out, their `else`."""

from __future__ import annotations

from dataclasses import replace

from bcgraph.cfg import Loop
from bcgraph.instructions import Op
from bcgraph.regions import RETURN

from ._conditions import Conditions
from ._expressions import ITEM, Expression, Statement, Unreadable, negated
from ._nodes import Around, End, Node, Repeat, Test, trimmed


class Loops(Conditions):
    """Reads `while` and `for`."""

    def loop(self, loop: Loop, stack: list[Expression], around: Around) -> End:
        header = self.cfg.blocks[loop.header]
        if header.terminator is Op.FOR:
            return self.for_(loop, stack, around)
        line = next((i.line for i in self.cfg.instructions(header) if i.line), None)
        self.machine.stack, self.machine.statements = list(stack), []
        self.machine.spill()
        before: list[Node] = list(self.machine.statements)
        stack = list(self.machine.stack)
        exits = self._exits(loop)
        test = self._while_test(loop, stack, around)
        if test is None:
            follow = self._follow(exits, None, stack)
            if follow is not None and self.cfg.blocks[follow].terminator is Op.RETURN:
                follow = None  # the loop returns
            inner = Around(None, loop, follow, around.outer)
            body = self.ended(self.sequence(loop.header, stack, inner, enters=True), inner)
            return self._after(before, "while True", body, None, follow, stack, line, ())
        value, enters, leaves = test
        follow = self._follow(exits, leaves, stack)
        inner = Around(None, loop, follow, around.outer)
        body = self.ended(self.sequence(enters, stack, inner), inner)
        other = self._otherwise(leaves, follow, stack, around)
        return self._after(
            before, f"while {value.value.text}", body, other, follow, stack, line, value.sites
        )

    def _while_test(
        self, loop: Loop, stack: list[Expression], around: Around
    ) -> tuple[Test, int, int] | None:
        """The test at the head of a loop, where it enters the body and where it leaves."""
        block, held, seen = loop.header, list(stack), set()
        while self.cfg.blocks[block].terminator is Op.JUMP:
            nodes, held = self.run(block, held)
            if nodes or block in seen:
                return None
            seen.add(block)
            block = self.cfg.blocks[block].successors[0]
            if block not in loop.blocks or (block in self.headers and block != loop.header):
                return None
        if self.cfg.blocks[block].terminator is not Op.BRANCH or len(held) != len(stack) + 1:
            return None
        test = self.test(block, held, replace(around, stop=None, follow=None))
        ways = [way in loop.blocks for way in (test.true, test.false)]
        if sorted(ways) != [False, True]:
            return None
        if ways[0]:
            return test, test.true, test.false
        return replace(test, value=negated(test.value)), test.false, test.true

    def for_(self, loop: Loop, stack: list[Expression], around: Around) -> End:
        header = self.cfg.blocks[loop.header]
        line = self.cfg.instructions(header)[0].line
        self.machine.stack, self.machine.statements = list(stack[:-1]), []
        self.machine.spill()
        before: list[Node] = list(self.machine.statements)
        below = list(self.machine.stack)
        iterator = replace(stack[-1], kind="iterator")
        enters, leaves = header.successors
        exits = self._exits(loop)
        follow = self._follow(exits, leaves, below)
        inner = Around(None, loop, follow, around.outer)
        if enters == loop.header:
            body = End([Statement("pass", None)])
        else:
            body = self.ended(self.sequence(enters, [*below, iterator, ITEM], inner), inner)
        target, rest = _target(body.nodes)
        body.nodes = rest
        other = self._otherwise(leaves, follow, below, around)
        head = f"for {target} in {stack[-1].inside(1)}"
        return self._after(before, head, body, other, follow, below, line, (loop.header,))

    def _exits(self, loop: Loop) -> set[int]:
        return {
            s for b in loop.blocks for s in self.cfg.blocks[b].successors if s not in loop.blocks
        }

    def _follow(self, exits: set[int], leaves: int | None, below: list[Expression]) -> int | None:
        """Where a loop's ways out come together, with what lay on the stack before it."""
        if not exits:
            return None
        join = self.flow.join(tuple(exits))
        if join is not None and join != RETURN and self.cfg.blocks[join].depth <= len(below):
            return join
        if leaves is not None:
            return leaves
        return max(exits) if len(exits) == 1 else None

    def _otherwise(
        self, leaves: int, follow: int | None, stack: list[Expression], around: Around
    ) -> End | None:
        """The `else` of a loop."""
        if leaves == follow:
            return None
        return self.sequence(leaves, stack, replace(around, stop=follow))

    def _after(
        self,
        before: list[Node],
        head: str,
        body: End,
        other: End | None,
        follow: int | None,
        stack: list[Expression],
        line: int | None,
        sites: tuple[int, ...],
    ) -> End:
        if body.at is not None:
            raise Unreadable("a loop that is left at several places")
        inside = trimmed(body.nodes)
        otherwise = [] if other is None else other.nodes
        made = Repeat(head, tuple(inside), tuple(otherwise), line, sites)
        if other is not None and other.at is not None:
            return End([*before, made], other.at, other.stack)
        return End([*before, made], follow, stack)


def _target(nodes: list[Node]) -> tuple[str, list[Node]]:
    """What a `for` assigns, from the first statements of its body."""
    first = nodes[0] if nodes else None
    if isinstance(first, Statement) and first.text.endswith(f" = {ITEM.text}"):
        return first.text.removesuffix(f" = {ITEM.text}"), nodes[1:]
    return ITEM.text, nodes
