"""The nodes of a function's structure, and what is known while they are made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bcgraph.cfg import Loop

from ._expressions import Expression, Statement


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


@dataclass(frozen=True)
class Test:
    """A condition, where it leads, the stack below it, and the branches that make it.

    `left` is the stack where it does not hold, if that is another one.
    """

    value: Expression
    true: int
    false: int
    stack: list[Expression]
    sites: tuple[int, ...]
    left: list[Expression] | None = None


def trimmed(nodes: list[Node]) -> list[Node]:
    """A loop's body without a `continue` at its end."""
    while nodes and isinstance(nodes[-1], Statement) and nodes[-1].text == "continue":
        nodes = nodes[:-1]
    if nodes and isinstance(nodes[-1], Guarded):
        tried = nodes[-1]
        handlers = tuple((head, tuple(trimmed(list(body)))) for head, body in tried.handlers)
        body = tuple(trimmed(list(tried.body)))
        nodes = [*nodes[:-1], replace(tried, body=body, handlers=handlers)]
    if nodes and isinstance(nodes[-1], If):
        last = nodes[-1]
        then, other = trimmed(list(last.then)), trimmed(list(last.other))
        if then or other:
            nodes = [*nodes[:-1], replace(last, then=tuple(then), other=tuple(other))]
    return nodes
