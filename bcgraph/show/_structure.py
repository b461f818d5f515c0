"""Structure: a function's graph in, the `if`, `while`, `for` and `try` that it was made of out.

Joins are post-dominators, loops natural loops; short circuits are folded into one test. What no
such nesting can tell (which compiled Python has only where it waits: `await`, `yield from`) raises
`Unreadable`.
"""

from __future__ import annotations

from types import CodeType

from bcgraph.cfg import Cfg, Loop, build
from bcgraph.instructions import Op, read

from ._expressions import Defaults, Expression, Statement, Unreadable
from ._finally import folded
from ._handlers import Handlers
from ._loops import Loops
from ._machine import Machine
from ._nested import expression_of
from ._nodes import Around, End, Node

_REPEATS = 6  # how often one block may be told


def structure(code: CodeType) -> tuple[Node, ...]:
    """The structure of a function's body.

    Raises `Unreadable`.
    """
    try:
        return Structurer(build(read(code))).function()
    except (IndexError, KeyError, ValueError) as error:  # a stack that no program makes here
        raise Unreadable(f"{type(error).__name__}: {error}") from error


class Structurer(Loops, Handlers):
    """Builds the nodes of one function."""

    def __init__(self, cfg: Cfg) -> None:
        super().__init__(cfg, Machine(_nested))

    def function(self) -> tuple[Node, ...]:
        """The whole body."""
        if self.cfg.irreducible:
            raise Unreadable("a loop with two entries")
        end = self.sequence(0, [], Around())
        nodes = end.nodes
        last = nodes[-1] if nodes else None
        if len(nodes) > 1 and isinstance(last, Statement) and last.text == "return None":
            nodes.pop()
        return folded(nodes)

    def sequence(
        self, block: int, stack: list[Expression], around: Around, *, enters: bool = False
    ) -> End:
        """What runs from a block on; `enters` the loop around, at its header."""
        nodes: list[Node] = []
        at: int | None = block
        while at is not None:
            if at == around.stop:
                return End(nodes, at, stack)
            if around.loop is not None and not enters and at == around.loop.header:
                return End([*nodes, Statement("continue", None)])
            if around.loop is not None and at == around.follow:
                return End([*nodes, Statement("break", None)])
            outer = self.outer[at]
            if outer[len(outer) - len(around.outer) :] != around.outer:
                return End(nodes, at, stack)
            loop = self.headers.get(at)
            self.told[at] += 1
            if self.told[at] > _REPEATS:
                raise Unreadable("a tangle of jumps")
            if len(outer) > len(around.outer):
                end = self.guarded(at, stack, around, outer)
            elif loop is not None and loop is not around.loop:
                end = self.loop(loop, stack, around)
            else:
                end = self._block(at, stack, around)
            nodes += end.nodes
            at, stack = end.at, end.stack
            enters = False
        return End(nodes)

    def _block(self, block: int, stack: list[Expression], around: Around) -> End:
        found = self.cfg.blocks[block]
        match found.terminator:
            case Op.BRANCH:
                return self.branch(block, stack, around)
            case Op.FOR:
                alone = Loop(block, frozenset((block,)), 1 << block, frozenset())
                return self.for_(alone, stack, around)
            case Op.OPAQUE:
                return self._wait(block, stack)
            case Op.RETURN | Op.RAISE:
                return End(self.run(block, stack)[0])
            case _:
                nodes, left = self.run(block, stack)
                return End(nodes, found.successors[0], left)

    def _wait(self, block: int, stack: list[Expression]) -> End:
        """A `yield from` or `await`: what it waits for, then what comes after its loop."""
        if not self.waits(block):
            raise Unreadable("it waits for another")
        after = self.cfg.blocks[block].successors[1]
        self.machine.stack, self.machine.statements = list(stack), []
        self.machine.waited(keeps=self.cfg.blocks[after].depth == len(stack))
        return End([], after, self.machine.stack)


def _nested(code: CodeType, defaults: Defaults) -> str | None:
    return expression_of(code, defaults, structure)
