"""`finally`: what the compiler wrote out on each way out of a `try`, told once again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ._expressions import Statement
from ._nodes import Guarded, If, Node, Repeat

Suite = tuple[Node, ...]


class _NotRun(Exception):
    """A way out on which the suite does not run: it is no `finally`."""


def folded(nodes: Sequence[Node]) -> Suite:
    """A suite with `finally` where each way out of a `try` does the same at its end.

    That is: `try … except: X; raise`, then X, and X in front of each `return`, `break` and
    `continue` that leaves the `try`.
    """
    found: list[Node] = []
    rest = list(nodes)
    while rest:
        node = rest.pop(0)
        suite = _cleanup(node)
        if suite:
            follows = _same(rest[: len(suite)], suite)
            made = _with_finally(node, suite) if follows or _ends(node) else None
            if made is not None:
                node = made
                del rest[: len(suite) if follows else 0]
        found.append(_inside(node))  # the outermost `finally` runs last
    return tuple(found)


def _inside(node: Node) -> Node:
    match node:
        case If():
            return replace(node, then=folded(node.then), other=folded(node.other))
        case Repeat():
            return replace(node, body=folded(node.body), other=folded(node.other))
        case Guarded():
            handlers = tuple((head, folded(body)) for head, body in node.handlers)
            return replace(node, body=folded(node.body), handlers=handlers)
        case Statement():
            return node


def _cleanup(node: Node) -> Suite:
    """What a `try` does with every exception before it goes on."""
    if not isinstance(node, Guarded) or node.head != "try" or not node.handlers:
        return ()
    head, suite = node.handlers[-1]
    last = suite[-1] if suite else None
    again = head == "except" and isinstance(last, Statement) and last.text == "raise"
    return suite[:-1] if again else ()


def _with_finally(node: Node, suite: Suite) -> Node | None:
    """The `try` with a `finally` instead; None if a way out does not do it."""
    assert isinstance(node, Guarded)
    try:
        body = _without(node.body, suite, in_loop=False)
        others = tuple((h, _without(b, suite, in_loop=False)) for h, b in node.handlers[:-1])
    except _NotRun:
        return None
    return replace(node, body=body, handlers=(*others, ("finally", suite)))


def _without(nodes: Suite, suite: Suite, *, in_loop: bool) -> Suite:
    """The nodes without what runs in front of each way out of them."""
    found: list[Node] = []
    for node in nodes:
        match node:
            case Statement(text):
                leaves = text.startswith("return ") or (
                    text in ("break", "continue") and not in_loop
                )
                if leaves:
                    node = _left(found, suite, node)
            case If():
                then = _without(node.then, suite, in_loop=in_loop)
                node = replace(node, then=then, other=_without(node.other, suite, in_loop=in_loop))
            case Repeat():
                body = _without(node.body, suite, in_loop=True)
                node = replace(node, body=body, other=_without(node.other, suite, in_loop=in_loop))
            case Guarded():
                body = _without(node.body, suite, in_loop=in_loop)
                handlers = tuple(
                    (head, _without(inner, suite, in_loop=in_loop)) for head, inner in node.handlers
                )
                node = replace(node, body=body, handlers=handlers)
        found.append(node)
    return tuple(found)


def _left(before: list[Node], suite: Suite, exit_: Statement) -> Statement:
    """A way out, what runs in front of it taken away; a value that waited for that goes back."""
    count = len(suite)
    if len(before) < count or not _same(before[-count:], suite):
        raise _NotRun
    del before[-count:]
    last = before[-1] if before else None
    name = exit_.text.removeprefix("return ")
    if isinstance(last, Statement) and last.text.startswith(f"{name} = ") and name[:1] == "_":
        before.pop()
        return replace(last, text=f"return {last.text.removeprefix(f'{name} = ')}")
    return exit_


def _ends(node: Node) -> bool:
    """Whether control never goes on after a node."""
    match node:
        case Statement(text):
            return text.partition(" ")[0] in ("return", "raise", "break", "continue")
        case If():
            arms = (node.then, node.other)
            return all(arm and _ends(arm[-1]) for arm in arms)
        case Guarded():
            suites = (node.body, *(suite for head, suite in node.handlers if head != "finally"))
            return all(suite and _ends(suite[-1]) for suite in suites)
        case Repeat():
            return False


def _same(one: Sequence[Node], other: Sequence[Node]) -> bool:
    return [_told(node) for node in one] == [_told(node) for node in other]


def _told(node: Node) -> Any:
    """What a node says, without its lines."""
    match node:
        case Statement(text, _, code):
            return text, code
        case If():
            return node.test, *map(_tolds, (node.then, node.other))
        case Repeat():
            return node.head, *map(_tolds, (node.body, node.other))
        case Guarded():
            handlers = tuple((head, _tolds(suite)) for head, suite in node.handlers)
            return node.head, _tolds(node.body), handlers


def _tolds(nodes: Suite) -> tuple[Any, ...]:
    return tuple(map(_told, nodes))
