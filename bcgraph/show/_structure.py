"""Structure: a function's graph in, the `if`, `while`, `for` and `try` that it was made of out.

Joins are post-dominators, loops natural loops; short circuits are folded into one test. What no
such nesting can tell (which compiled Python has only where it waits: `await`, `yield from`) raises
`Unreadable`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any

from bcgraph.cfg import Cfg, Loop, build
from bcgraph.dataflow import analyse
from bcgraph.instructions import Op, read
from bcgraph.regions import RETURN, Flow, whole

from ._expressions import (
    ITEM,
    OFFSET,
    TERNARY,
    Defaults,
    Expression,
    Machine,
    Statement,
    Unreadable,
    joined,
    negated,
    plain,
)

_REPEATS = 6  # how often one block may be told


@dataclass(frozen=True)
class If:
    """A condition; `sites` are the blocks of the branches that make its test."""

    test: str
    then: tuple[Node, ...]
    other: tuple[Node, ...]
    line: int | None
    sites: tuple[int, ...]


@dataclass(frozen=True)
class Repeat:
    """A loop; `head` is its first line."""

    head: str
    body: tuple[Node, ...]
    other: tuple[Node, ...]
    line: int | None
    sites: tuple[int, ...]


@dataclass(frozen=True)
class Guarded:
    """A `try` or `with`: its head, its body, and the handlers with their heads."""

    head: str
    body: tuple[Node, ...]
    handlers: tuple[tuple[str, tuple[Node, ...]], ...]
    line: int | None


Node = Statement | If | Repeat | Guarded


@dataclass(frozen=True)
class Around:
    """What is around a sequence: where it stops, the loop and the handlers it is in."""

    stop: int | None = None
    loop: Loop | None = None
    follow: int | None = None
    outer: tuple[int, ...] = ()


@dataclass
class End:
    """Where a sequence has ended, and what lies on the stack there; nowhere if `at` is None."""

    nodes: list[Node]
    at: int | None = None
    stack: list[Expression] = field(default_factory=list)


def structure(code: CodeType) -> tuple[Node, ...]:
    """The structure of a function's body.

    Raises `Unreadable`.
    """
    try:
        return Structurer(build(read(code))).function()
    except (IndexError, KeyError, ValueError) as error:  # a stack that no program makes here
        raise Unreadable(f"{type(error).__name__}: {error}") from error


class Structurer:
    """Builds the nodes of one function."""

    def __init__(self, cfg: Cfg) -> None:
        self.cfg = cfg
        self.flow: Flow = whole(cfg, analyse(cfg))
        self.machine = Machine(_nested)
        self.told: Counter[int] = Counter()
        self.outer = [tuple(h for h in chain if not self._cleans_up(h)) for chain in cfg.outer]
        self.headers = {loop.header: loop for loop in cfg.loops}

    def function(self) -> tuple[Node, ...]:
        """The whole body."""
        if self.cfg.irreducible:
            raise Unreadable("a loop with two entries")
        end = self.sequence(0, [], Around())
        nodes = end.nodes
        last = nodes[-1] if nodes else None
        if len(nodes) > 1 and isinstance(last, Statement) and last.text == "return None":
            nodes.pop()
        return tuple(nodes)

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
                end = self._guarded(at, stack, around, outer)
            elif loop is not None and loop is not around.loop:
                end = self._loop(loop, stack, around)
            else:
                end = self._block(at, stack, around)
            nodes += end.nodes
            at, stack = end.at, end.stack
            enters = False
        return End(nodes)

    def _run(self, block: int, stack: list[Expression]) -> tuple[list[Node], list[Expression]]:
        """The statements of a block, and the stack after it."""
        machine = self.machine
        machine.stack, machine.statements = list(stack), []
        found = self.cfg.instructions(self.cfg.blocks[block])
        if self.cfg.blocks[block].terminator in (Op.BRANCH, Op.FOR):
            return [], machine.stack
        machine.run(found)
        return list(machine.statements), machine.stack

    def _block(self, block: int, stack: list[Expression], around: Around) -> End:
        found = self.cfg.blocks[block]
        match found.terminator:
            case Op.BRANCH:
                return self._branch(block, stack, around)
            case Op.FOR:
                return self._for(Loop(block, frozenset((block,))), stack, around)
            case Op.OPAQUE:
                raise Unreadable("it waits for another")
            case Op.RETURN | Op.RAISE:
                return End(self._run(block, stack)[0])
            case _:
                nodes, left = self._run(block, stack)
                return End(nodes, found.successors[0], left)

    # Conditions

    def _test(self, block: int, stack: list[Expression], around: Around) -> Test:
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
        if below and below[-1] is value:
            below = [*below[:-1], replace(value, kind="tested")]
        if self.cfg.instructions(self.cfg.blocks[block])[0].arg == "none":
            value = Expression(f"{value.inside(5)} is None", 4)
        true, false = self.cfg.blocks[block].successors
        return Test(value, true, false, below, (block,))

    def _wider(self, test: Test, around: Around) -> Test | None:
        for start, shared, sign in ((test.true, test.false, "and"), (test.false, test.true, "or")):
            inner = self._inner(start, test, around)
            if inner is None:
                continue
            if len(inner.stack) < len(test.stack):
                if sign == "and" and self._popped(shared) == inner.false:
                    made = joined(test.value, "and", inner.value)
                    sites = (*test.sites, *inner.sites)
                    return Test(made, inner.true, inner.false, inner.stack, sites)
                continue
            if sign == "and" and shared in (inner.true, inner.false):
                value = inner.value if inner.false == shared else negated(inner.value)
                other = inner.true if inner.false == shared else inner.false
                made = joined(test.value, "and", value)
                return Test(made, other, shared, inner.stack, (*test.sites, *inner.sites))
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
                if len(stack) not in (len(test.stack), len(test.stack) + 1):
                    return None
                return self._single(block, stack)
            if found.terminator is not Op.JUMP:
                return None
            before = self.machine._count
            nodes, stack = self._run(block, stack)
            if nodes:
                self.machine._count = before
                return None
            chain.add(block)
            block = found.successors[0]

    def _popped(self, block: int) -> int | None:
        """Where a block leads that only drops an operand."""
        found = self.cfg.instructions(self.cfg.blocks[block])
        only = all(ins.op in (Op.POP, Op.JUMP, Op.NOP) for ins in found)
        return self.cfg.blocks[block].successors[0] if only else None

    def _leading(self, sites: set[int]) -> set[int]:
        """Straight blocks that lead to a test's branches."""
        return {p for site in sites for p in self.cfg.predecessors[site]}

    def _branch(self, block: int, stack: list[Expression], around: Around) -> End:
        line = self.cfg.instructions(self.cfg.blocks[block])[0].line
        test = self._test(block, stack, around)
        join = self.flow.join((test.true, test.false))
        if join == RETURN or (around.loop is not None and join not in around.loop.blocks):
            join = None
        inner = around if join is None else replace(around, stop=join)
        inside = join is not None
        then = self.sequence(test.true, test.stack, inner)
        other = self.sequence(test.false, test.stack, inner)
        if inside and then.at == other.at == join and join is not None:
            value = self._value(test, then, other)
            if value is not None:
                return End([], join, value)
            stack = self._same(then, other)
            return End([self._if(test, then.nodes, other.nodes, line)], join, stack)
        if then.at is None and other.at is None:
            return End(self._guard(test, then, other, line))
        if then.at is None or other.at is None:
            going = other if then.at is None else then
            return End(self._guard(test, then, other, line), going.at, going.stack)
        if then.at != other.at:
            raise Unreadable("two ways out of one place")
        stack = self._same(then, other)
        return End([self._if(test, then.nodes, other.nodes, line)], then.at, stack)

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

    # Loops

    def _loop(self, loop: Loop, stack: list[Expression], around: Around) -> End:
        header = self.cfg.blocks[loop.header]
        if header.terminator is Op.FOR:
            return self._for(loop, stack, around)
        line = next((i.line for i in self.cfg.instructions(header) if i.line), None)
        self.machine.stack, self.machine.statements = list(stack), []
        self.machine.spill()
        before: list[Node] = list(self.machine.statements)
        stack = list(self.machine.stack)
        exits = self._exits(loop)
        test = self._while_test(loop, stack, around)
        if test is None:
            follow = self._follow(exits, None)
            if follow is not None and self.cfg.blocks[follow].terminator is Op.RETURN:
                follow = None  # the loop returns
            inner = Around(None, loop, follow, around.outer)
            body = self.sequence(loop.header, stack, inner, enters=True)
            return self._after(before, "while True", body, None, follow, stack, line, ())
        value, enters, leaves = test
        follow = self._follow(exits, leaves)
        inner = Around(None, loop, follow, around.outer)
        body = self.sequence(enters, stack, inner)
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
            nodes, held = self._run(block, held)
            if nodes or block in seen:
                return None
            seen.add(block)
            block = self.cfg.blocks[block].successors[0]
            if block not in loop.blocks or (block in self.headers and block != loop.header):
                return None
        if self.cfg.blocks[block].terminator is not Op.BRANCH or len(held) != len(stack) + 1:
            return None
        test = self._test(block, held, replace(around, stop=None, follow=None))
        ways = [way in loop.blocks for way in (test.true, test.false)]
        if sorted(ways) != [False, True]:
            return None
        if ways[0]:
            return test, test.true, test.false
        return replace(test, value=negated(test.value)), test.false, test.true

    def _for(self, loop: Loop, stack: list[Expression], around: Around) -> End:
        header = self.cfg.blocks[loop.header]
        line = self.cfg.instructions(header)[0].line
        self.machine.stack, self.machine.statements = list(stack[:-1]), []
        self.machine.spill()
        before: list[Node] = list(self.machine.statements)
        below = list(self.machine.stack)
        iterator = replace(stack[-1], kind="iterator")
        enters, leaves = header.successors
        exits = self._exits(loop)
        follow = self._follow(exits, leaves)
        inner = Around(None, loop, follow, around.outer)
        if enters == loop.header:
            body = End([Statement("pass", None)])
        else:
            body = self.sequence(enters, [*below, iterator, ITEM], inner)
        target, rest = _target(body.nodes)
        body.nodes = rest
        other = self._otherwise(leaves, follow, below, around)
        head = f"for {target} in {stack[-1].inside(1)}"
        return self._after(before, head, body, other, follow, below, line, (loop.header,))

    def _exits(self, loop: Loop) -> set[int]:
        return {
            s for b in loop.blocks for s in self.cfg.blocks[b].successors if s not in loop.blocks
        }

    def _follow(self, exits: set[int], leaves: int | None) -> int | None:
        """Where a loop's ways out come together: what follows the loop."""
        if not exits:
            return None
        join = self.flow.join(tuple(exits))
        if join is not None and join != RETURN:
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
        inside = _trimmed(body.nodes)
        otherwise = [] if other is None else other.nodes
        made = Repeat(head, tuple(inside), tuple(otherwise), line, sites)
        if other is not None and other.at is not None:
            return End([*before, made], other.at, other.stack)
        return End([*before, made], follow, stack)

    # Handlers

    def _guarded(
        self, block: int, stack: list[Expression], around: Around, outer: tuple[int, ...]
    ) -> End:
        chain = outer[len(outer) - len(around.outer) - 1 :]
        line = next((i.line for i in self.cfg.instructions(self.cfg.blocks[block]) if i.line), None)
        manager = next((v for v in reversed(stack) if v.kind == "exit"), None)
        inner = replace(around, outer=chain)
        body = self.sequence(block, stack, inner)
        if manager is not None and self._is_of_with(chain[0]):
            first = body.nodes[0] if body.nodes else None
            entered, named = f" = {manager.inside(13)}.__enter__()", ""
            if isinstance(first, Statement) and first.text.endswith(entered):
                named = f" as {first.text.removesuffix(entered)}"
                body.nodes.pop(0)
            made = Guarded(f"with {manager.text}{named}", tuple(body.nodes), (), line)
            return End([made], body.at, body.stack)
        raised = Expression("_error", kind="item")
        entry = next(
            self.cfg.code.handlers[i]
            for i, start in enumerate(self.cfg.handler_blocks)
            if start == chain[0]
        )
        held = [*stack[: entry.depth], *[OFFSET] * entry.lasti, raised]
        after = replace(around, stop=body.at if body.at is not None else around.stop)
        caught = self.sequence(chain[0], held, replace(after, outer=self.outer[chain[0]]))
        handlers = _handlers(caught.nodes)
        at = body.at if body.at is not None else caught.at
        left = body.stack if body.at is not None else caught.stack
        return End([Guarded("try", tuple(body.nodes), handlers, line)], at, left)

    def _cleans_up(self, handler: int) -> bool:
        """Whether a handler only ends another one: the compiler's own."""
        first = self.cfg.instructions(self.cfg.blocks[handler])[0]
        return first.op is not Op.OPAQUE or first.raw.name != "PUSH_EXC_INFO"

    def _is_of_with(self, handler: int) -> bool:
        """Whether a handler is that of a `with`."""
        found = self.cfg.instructions(self.cfg.blocks[handler])
        return any(i.op is Op.OPAQUE and i.raw.name == "WITH_EXCEPT_START" for i in found)


@dataclass(frozen=True)
class Test:
    """A condition, where it leads, the stack below it, and the branches that make it."""

    value: Expression
    true: int
    false: int
    stack: list[Expression]
    sites: tuple[int, ...]


def _target(nodes: list[Node]) -> tuple[str, list[Node]]:
    """What a `for` assigns, from the first statements of its body."""
    first = nodes[0] if nodes else None
    if isinstance(first, Statement) and first.text.endswith(f" = {ITEM.text}"):
        return first.text.removesuffix(f" = {ITEM.text}"), nodes[1:]
    return ITEM.text, nodes


def _trimmed(nodes: list[Node]) -> list[Node]:
    """A loop's body without a `continue` at its end."""
    while nodes and isinstance(nodes[-1], Statement) and nodes[-1].text == "continue":
        nodes = nodes[:-1]
    if nodes and isinstance(nodes[-1], Guarded):
        tried = nodes[-1]
        handlers = tuple((head, tuple(_trimmed(list(body)))) for head, body in tried.handlers)
        body = tuple(_trimmed(list(tried.body)))
        nodes = [*nodes[:-1], replace(tried, body=body, handlers=handlers)]
    if nodes and isinstance(nodes[-1], If):
        last = nodes[-1]
        then, other = _trimmed(list(last.then)), _trimmed(list(last.other))
        if then or other:
            nodes = [*nodes[:-1], replace(last, then=tuple(then), other=tuple(other))]
    return nodes


def _handlers(nodes: list[Node]) -> tuple[tuple[str, tuple[Node, ...]], ...]:
    """The `except` clauses of what a handler does."""
    found: list[tuple[str, tuple[Node, ...]]] = []
    while nodes and isinstance(nodes[0], If):
        first = nodes[0]
        if first.test.startswith("not isinstance(_error, ") and not first.other:
            first = If(first.test.removeprefix("not "), tuple(nodes[1:]), first.then, None, ())
            nodes = nodes[:1]
        if not first.test.startswith("isinstance(_error, "):
            break
        kind = first.test.removeprefix("isinstance(_error, ").removesuffix(")")
        body = list(first.then)
        if body and isinstance(body[0], Statement) and body[0].text.endswith(" = _error"):
            name = body[0].text.removesuffix(" = _error")
            kind += f" as {name}"
            body = _unbound(tuple(body[1:]), name)
        found.append((f"except {kind}", tuple(body)))
        nodes = [*first.other, *nodes[1:]]
    if nodes and not _only_raises(nodes):
        found.append(("except", tuple(nodes)))
    return tuple(found)


def _only_raises(nodes: Sequence[Node]) -> bool:
    return all(isinstance(node, Statement) and node.text == "raise" for node in nodes)


def _unbound(nodes: tuple[Node, ...], name: str) -> list[Node]:
    """A handler's statements without those that unbind its variable."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, If):
            then, other = _unbound(node.then, name), _unbound(node.other, name)
            node = replace(node, then=tuple(then), other=tuple(other))
        text = node.text if isinstance(node, Statement) else ""
        before = found[-1] if found else None
        unset = isinstance(before, Statement) and before.text == f"{name} = None"
        if text == f"del {name}" and unset:
            found.pop()
            continue
        found.append(node)
    return found


def _nested(code: CodeType, defaults: Defaults) -> str | None:
    """The text of a lambda or comprehension; None for any other function.

    That of a comprehension begins with a mark, which also stands for what it walks.
    """
    if code.co_name in _BRACKETS:
        return _comprehension(code)
    return _lambda(code, defaults) if code.co_name == "<lambda>" else None


_BRACKETS = {"<listcomp>": "[]", "<setcomp>": "{}", "<dictcomp>": "{}", "<genexpr>": "()"}
_ADDS = {"<listcomp>": ".append(", "<setcomp>": ".add(", "<genexpr>": "(yield "}


def _comprehension(code: CodeType) -> str | None:
    nodes: tuple[Node, ...] = structure(code)
    clauses: list[str] = []
    while True:
        node = next((n for n in nodes if isinstance(n, Repeat | If)), None)
        if node is None:
            break
        if isinstance(node, Repeat):
            clauses.append(node.head.replace(".0", "\0"))
            nodes = node.body
        elif (
            len(node.then) == 1
            and isinstance(node.then[0], Statement)
            and (node.then[0].text == "continue" and not node.other)
        ):
            return None
        else:
            clauses.append(f"if {node.test}")
            nodes = node.then
    last = nodes[0] if len(nodes) == 1 else None
    if not isinstance(last, Statement) or not clauses:
        return None
    if code.co_name == "<dictcomp>":
        key, _, value = last.text.partition("[")[2].partition("] = ")
        element = f"{key}: {value}"
    else:
        element = last.text.partition(_ADDS[code.co_name])[2].removesuffix(")")
    first, end = _BRACKETS[code.co_name]
    return f"\0{first}{element} {' '.join(clauses)}{end}"


def _lambda(code: CodeType, defaults: Defaults) -> str | None:
    """The text of a lambda, if one expression is all of it."""
    try:
        nodes = structure(code)
    except Unreadable:
        return None
    only = nodes[0] if len(nodes) == 1 else None
    if not isinstance(only, Statement) or not only.text.startswith("return "):
        value = _chosen(nodes)
    else:
        value = only.text.removeprefix("return ")
    if value is None:
        return None
    given = arguments(code, defaults)
    return f"lambda {given}: {value}" if given else f"lambda: {value}"


def _chosen(nodes: tuple[Node, ...]) -> str | None:
    """`a if c else b`, of an `if` both ways of which return."""
    if len(nodes) != 2 or not isinstance(nodes[0], If) or not isinstance(nodes[1], Statement):
        return None
    first, last = nodes
    if len(first.then) != 1 or not isinstance(first.then[0], Statement) or first.other:
        return None
    texts = (first.then[0].text, last.text)
    if not all(text.startswith("return ") for text in texts):
        return None
    one, other = (text.removeprefix("return ") for text in texts)
    return f"{one} if {first.test} else {other}"


def arguments(code: CodeType, defaults: Defaults) -> str:
    """A function's parameters."""
    names = [plain(name) for name in code.co_varnames]
    count, keyword = code.co_argcount, code.co_kwonlyargcount
    texts: list[Any] = names[:count]
    given = defaults.get("positional", ())
    for i, value in enumerate(given, start=count - len(given)):
        texts[i] += f"={value}"
    if code.co_posonlyargcount:
        texts.insert(code.co_posonlyargcount, "/")
    rest = names[count + keyword :]
    if code.co_flags & 4:
        texts.append(f"*{rest.pop(0)}")
    elif keyword:
        texts.append("*")
    by_name = dict(text.split(": ", 1) for text in defaults.get("keyword", ()))
    for name in names[count : count + keyword]:
        value = by_name.get(repr(name))
        texts.append(name if value is None else f"{name}={value}")
    if code.co_flags & 8:
        texts.append(f"**{rest.pop(0)}")
    return ", ".join(texts)
