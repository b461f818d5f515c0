"""Conditions: branches joined to one test, and what each way does."""

from __future__ import annotations

import math
from dataclasses import replace

from bcgraph.instructions import Op
from bcgraph.regions import RETURN

from ._blocks import Blocks
from ._expressions import TERNARY, Expression, Statement, Unreadable, joined, negated
from ._nodes import Around, End, If, Node, Test

_PARTS = ("constant", "matched", "part")


def _line_of(nodes: list[Node]) -> float:
    """The line of what ends a way; a `break` or `continue` has none."""
    last = nodes[-1] if nodes else None
    return 0 if last is None else last.line or 0


class Conditions(Blocks):
    """Reads `if`, `and`, `or`, ternaries."""

    def test(self, block: int, stack: list[Expression], around: Around) -> Test:
        """The test that begins with a branch, with all that is joined to it."""
        test = self._single(block, stack)
        while True:
            wider = self._wider(test, around)
            if wider is None:
                return test
            test = wider

    def _single(self, block: int, stack: list[Expression]) -> Test:
        """The test of one branch; a copy of its value that is left has been computed by then."""
        value, below = stack[-1], stack[:-1]
        if below and below[-1] is value and value.kind != "matched":
            below = [*below[:-1], replace(value, kind="tested")]
        if self.cfg.instructions(self.cfg.blocks[block])[0].arg == "none":
            asked = value.kind == "matched"  # a pattern's parts, None if there are none
            value = negated(value) if asked else Expression(f"{value.inside(5)} is None", 4)
        true, false = self.cfg.blocks[block].successors
        return Test(value, true, false, below, (block,))

    def _wider(self, test: Test, around: Around) -> Test | None:
        for start, shared, sign in ((test.true, test.false, "and"), (test.false, test.true, "or")):
            inner = self._inner(start, test, around)
            if inner is None:
                continue
            if len(inner.stack) < len(test.stack) and test.left is None:
                if sign == "and" and self._popped(shared) == inner.false:
                    made = joined(test.value, "and", inner.value)
                    sites = (*test.sites, *inner.sites)
                    return Test(made, inner.true, inner.false, inner.stack, sites)
                continue
            if sign == "and" and self._drops_to(inner.false, shared):
                made, sites = joined(test.value, "and", inner.value), (*test.sites, *inner.sites)
                return Test(made, inner.true, shared, inner.stack, sites, test.left or test.stack)
            if sign == "and" and self._drops_to(inner.true, shared):
                made = joined(test.value, "and", negated(inner.value))
                sites = (*test.sites, *inner.sites)
                return Test(made, inner.false, shared, inner.stack, sites, test.left or test.stack)
            if sign == "and" and shared in (inner.true, inner.false):
                value = inner.value if inner.false == shared else negated(inner.value)
                other = inner.true if inner.false == shared else inner.false
                made = joined(test.value, "and", value)
                sites = (*test.sites, *inner.sites)
                return Test(made, other, shared, inner.stack, sites, test.left)
            if sign == "or" and shared in (inner.true, inner.false):
                value = inner.value if inner.true == shared else negated(inner.value)
                other = inner.false if inner.true == shared else inner.true
                made = joined(test.value, "or", value)
                return Test(made, shared, other, inner.stack, (*test.sites, *inner.sites))
        return None

    def _inner(self, block: int, test: Test, around: Around) -> Test | None:
        """A test that one way of another test leads to at once, with the same stack."""
        cfg, sites, stack = self.cfg, set(test.sites), list(test.stack)
        chain = set(sites)
        while True:
            if block in (around.stop, around.follow) or block in self.headers or block in sites:
                return None
            if not cfg.predecessors[block] <= chain | self._leading(sites):
                return None
            found = cfg.blocks[block]
            if self.outer[block] != around.outer:
                return None
            if found.terminator is Op.BRANCH:
                more = stack[len(test.stack) : -1]
                if len(stack) < len(test.stack) or any(v.kind not in _PARTS for v in more):
                    return None
                return self._single(block, stack)
            if found.terminator is not Op.JUMP:
                return None
            before = self.machine._count
            nodes, stack = self.run(block, stack)
            if nodes:
                self.machine._count = before
                return None
            chain.add(block)
            block = found.successors[0]

    def _drops_to(self, block: int, shared: int) -> bool:
        """Whether a block, and those after it, only drop operands on the way to another."""
        seen = set[int]()
        while block != shared:
            after = self._popped(block)
            if after is None or block in seen:
                return False
            seen.add(block)
            block = after
        return bool(seen)

    def _popped(self, block: int) -> int | None:
        """Where a block leads that only drops an operand."""
        found = self.cfg.instructions(self.cfg.blocks[block])
        only = all(ins.op in (Op.POP, Op.JUMP, Op.NOP) for ins in found)
        return self.cfg.blocks[block].successors[0] if only else None

    def _leading(self, sites: set[int]) -> set[int]:
        """Straight blocks that lead to a test's branches."""
        return {p for site in sites for p in self.cfg.predecessors[site]}

    def branch(self, block: int, stack: list[Expression], around: Around) -> End:
        line = self.cfg.instructions(self.cfg.blocks[block])[0].line
        test = self.test(block, stack, around)
        join = self.flow.join((test.true, test.false))
        if join == RETURN or (around.loop is not None and join not in around.loop.blocks):
            join = None
        inner = around if join is None else replace(around, stop=join)
        inside = join is not None
        then = self.sequence(test.true, test.stack, inner)
        other = self.sequence(test.false, test.left or test.stack, inner)
        if inside and then.at == other.at == join and join is not None:
            value = self._value(test, then, other)
            if value is not None:
                return End([], join, value)
            stack = self._same(then, other)
            return End([self._if(test, then.nodes, other.nodes, line)], join, stack)
        if None not in (then.at, other.at) and then.at != other.at:
            then, other = self._one_ended(then, other, inner)
        if then.at is None and other.at is None:
            return End(self._guard(test, then, other, line))
        if then.at is None or other.at is None:
            going = other if then.at is None else then
            return End(self._guard(test, then, other, line), going.at, going.stack)
        if then.at != other.at:
            raise Unreadable("two ways out of one place")
        stack = self._same(then, other)
        return End([self._if(test, then.nodes, other.nodes, line)], then.at, stack)

    def _one_ended(self, then: End, other: End, around: Around) -> tuple[End, End]:
        """Two ways out of what handlers guard: the one that ends early, followed to its end.

        What has been handled goes on where the body goes on, which the other way leads to.
        """
        if not around.outer:
            return then, other
        handled = self._reached(around.outer[0], around)
        ends = self.ended(then, around), self.ended(other, around)
        last = []
        for way, end in zip((then, other), ends, strict=True):
            joins = not handled.isdisjoint(self._reached(way.at, around))
            last.append(math.inf if end.at is not None or joins else _line_of(end.nodes))
        if last[0] == last[1] == math.inf:
            return then, other
        return (ends[0], other) if last[0] <= last[1] else (then, ends[1])

    def _reached(self, start: int | None, around: Around) -> set[int]:
        """The blocks that a block leads to within a turn of the loop around."""
        reached, waiting = set[int](), [] if start is None else [start]
        while waiting:
            block = waiting.pop()
            if block not in reached and (around.loop is None or block != around.loop.header):
                reached.add(block)
                waiting += self.cfg.blocks[block].successors
        return reached

    @staticmethod
    def _if(test: Test, then: list[Node], other: list[Node], line: int | None) -> Node:
        if not then and not other:
            return Statement(test.value.text, line)
        if not then:
            return If(negated(test.value).text, tuple(other), (), line, test.sites)
        return If(test.value.text, tuple(then), tuple(other), line, test.sites)

    def _guard(self, test: Test, then: End, other: End, line: int | None) -> list[Node]:
        """An `if` of which one arm ends, followed by the other arm."""
        if then.at is not None or (other.at is None and len(other.nodes) < len(then.nodes)):
            value = negated(test.value).text
            return [If(value, tuple(other.nodes), (), line, test.sites), *then.nodes]
        return [If(test.value.text, tuple(then.nodes), (), line, test.sites), *other.nodes]

    def _value(self, test: Test, then: End, other: End) -> list[Expression] | None:
        """The stack after an `a if c else b`, an `a and b`, or an `a or b`."""
        if then.nodes or other.nodes or len(then.stack) != len(other.stack):
            return None
        differing = [i for i, pair in enumerate(zip(then.stack, other.stack, strict=True))
                     if pair[0].text != pair[1].text]  # fmt: skip
        if len(differing) != 1:
            return None
        at = differing[0]
        one, two = then.stack[at], other.stack[at]
        if two.text == test.value.text:
            made = joined(test.value, "and", one)
        elif one.text == test.value.text:
            made = joined(test.value, "or", two)
        else:
            text = f"{one.inside(1)} if {test.value.inside(1)} else {two.text}"
            made = Expression(text, TERNARY)
        return [*then.stack[:at], made, *then.stack[at + 1 :]]

    def _same(self, then: End, other: End) -> list[Expression]:
        """One stack for both arms; where they differ, each names what it leaves."""
        if len(then.stack) != len(other.stack):
            raise Unreadable("arms that leave other stacks")
        stack = []
        for one, two in zip(then.stack, other.stack, strict=True):
            if one.text == two.text:
                stack.append(one)
                continue
            made = self.machine.temporary()
            then.nodes.append(Statement(f"{made.text} = {one.text}", None))
            other.nodes.append(Statement(f"{made.text} = {two.text}", None))
            stack.append(made)
        return stack
