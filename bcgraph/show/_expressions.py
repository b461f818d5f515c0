"""Expressions and statements as text, and how tightly each binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

TERNARY, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, POWER, ATOM = 0, 1, 2, 3, 4, 9, 10, 11, 12, 13
DISPLAYS = ("tuple", "list", "set", "dict")

Defaults = Mapping[str, tuple[str, ...]]  # of positional parameters, and of keywords (`name=value`)


class Unreadable(Exception):
    """An instruction that has no text here."""


@dataclass(frozen=True, eq=False)
class Expression:
    """What an operand on the stack is, as text.

    `strength` says how tightly it binds; `kind` and `parts` tell what may still be joined to it.
    """

    text: str
    strength: int = ATOM
    kind: str = ""
    parts: tuple[Any, ...] = ()

    def inside(self, strength: int) -> str:
        """The text as an operand of what binds so tightly."""
        return self.text if self.strength >= strength else f"({self.text})"

    @property
    def is_settled(self) -> bool:
        """Whether it means the same after another statement, assignments apart."""
        return self.kind in _SETTLED


_SETTLED = (
    "constant", "null", "iterator", "exit", "item", "name", "function", "class", "matched", "part",
)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A line of text, the source line that it is of, and the function that it defines."""

    text: str
    line: int | None
    code: CodeType | None = None
    defaults: Defaults = field(default_factory=dict)


TEXTUAL = ("function", "class")  # what is a statement of its own, unless it has a text
NULL = Expression("NULL", kind="null")
OFFSET = Expression("_offset", kind="iterator")
ITEM = Expression("_item", kind="item")


def plain(name: object) -> str:
    """A variable's name as the program has it; of an inlined comprehension's own with a `_`."""
    text, mark, _ = str(getattr(name, "name", name)).removeprefix("&").partition("~")
    return f"_{text}" if mark else text


def negated(value: Expression) -> Expression:
    """`not value`."""
    if value.kind == "not":
        return Expression(*value.parts)
    return Expression(f"not {value.inside(NOT)}", NOT, "not", (value.text, value.strength))


def joined(first: Expression, sign: str, second: Expression) -> Expression:
    """`first and second`, or `or`; two comparisons with one operand in common as a chain."""
    if sign == "and" and len(first.parts) == 3 and len(second.parts) >= 3 and not first.kind:
        (*_, middle), (begin, *_) = first.parts, second.parts
        if middle == begin:
            rest = second.text.removeprefix(begin)
            return Expression(f"{first.text}{rest}", COMPARE, "", second.parts)
    strength = AND if sign == "and" else OR
    return Expression(f"{first.inside(strength)} {sign} {second.inside(strength)}", strength)


def bound(value: Expression) -> str:
    """One of the bounds of a slice."""
    return "" if value.kind == "constant" and value.parts[0] is None else value.text
