"""Functions within a function: lambdas and comprehensions as expressions; parameters."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from ._expressions import Defaults, Statement, Unreadable, plain
from ._nodes import If, Node, Repeat

Structure = Callable[[CodeType], tuple[Node, ...]]
_BRACKETS = {"<listcomp>": "[]", "<setcomp>": "{}", "<dictcomp>": "{}", "<genexpr>": "()"}
_ADDS = {"<listcomp>": ".append(", "<setcomp>": ".add(", "<genexpr>": "(yield "}


def expression_of(code: CodeType, defaults: Defaults, structure: Structure) -> str | None:
    """The text of a lambda or comprehension; None for any other function.

    That of a comprehension begins with a mark, which also stands for what it walks.
    """
    if code.co_name in _BRACKETS:
        return _comprehension(code, structure)
    return _lambda(code, defaults, structure) if code.co_name == "<lambda>" else None


def _comprehension(code: CodeType, structure: Structure) -> str | None:
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
    first, end = tuple(_BRACKETS[code.co_name])
    return f"\0{first}{element} {' '.join(clauses)}{end}"


def _lambda(code: CodeType, defaults: Defaults, structure: Structure) -> str | None:
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
    match nodes:
        case (If(test, (Statement(one),), ()), Statement(other)):
            if one.startswith("return ") and other.startswith("return "):
                value, otherwise = one.removeprefix("return "), other.removeprefix("return ")
                return f"{value} if {test} else {otherwise}"
    return None


def arguments(code: CodeType, defaults: Defaults) -> str:
    """A function's parameters."""
    names = [plain(name) for name in code.co_varnames]
    count, keyword = code.co_argcount, code.co_kwonlyargcount
    texts: list[Any] = names[:count]
    given = defaults.get("positional", ())
    for i, default in enumerate(given, start=count - len(given)):
        texts[i] += f"={default}"
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
