"""`try` and `with`: what is guarded, and what handles its exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bcgraph.instructions import Op

from ._blocks import Blocks
from ._expressions import OFFSET, Expression, Statement
from ._nodes import Around, End, Guarded, If, Node


class Handlers(Blocks):
    """Reads what handlers guard."""

    def guarded(
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

    def _is_of_with(self, handler: int) -> bool:
        """Whether a handler is that of a `with`."""
        found = self.cfg.instructions(self.cfg.blocks[handler])
        return any(i.op is Op.OPAQUE and i.raw.name == "WITH_EXCEPT_START" for i in found)


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
