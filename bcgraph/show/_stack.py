"""The operands of a block as expressions, and the statements that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import CodeType
from typing import Any

from ._expressions import ATOM, DISPLAYS, TEXTUAL, Defaults, Expression, Statement

_CHANGING = ("", "name", "inplace", "part", "text", *DISPLAYS)  # with what they mention


class Stack:
    """Expressions that lie on the stack; temporaries are named `_1`, `_2` …

    `nested` gives the text of a nested function's code: an expression, or None for what is a
    statement of its own, named afterwards.
    """

    def __init__(self, nested: Callable[[CodeType, Defaults], str | None]) -> None:
        self.stack: list[Expression] = []
        self.statements: list[Statement] = []
        self._nested, self._names, self._count = nested, (), 0
        self._line: int | None = None

    def say(self, text: str) -> None:
        """Adds a statement; what lies on the stack has been computed before it."""
        self.spill()
        self.statements.append(Statement(text, self._line))

    def spill(self, name: str | None = None) -> None:
        """Gives names to what lies on the stack and would change: all, or what mentions a name."""
        for i, value in enumerate(self.stack):
            if name is None:
                moves = not value.is_settled
            else:
                moves = bool(re.search(rf"\b{re.escape(name)}\b", value.text))
                moves = moves and value.kind in _CHANGING
            if moves:
                made = self.temporary()
                self.statements.append(Statement(f"{made.text} = {value.text}", self._line))
                self.stack = [made if other is value else other for other in self.stack]
                self.stack[i] = made

    def temporary(self) -> Expression:
        """A new name."""
        self._count += 1
        return Expression(f"_{self._count}", kind="name")

    def pop(self) -> Expression:
        """Takes the top of the stack."""
        return self.stack.pop()

    def take(self, count: int) -> list[Expression]:
        """Takes several, the lowest first."""
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found

    def _push(self, text: str, strength: int = ATOM, kind: str = "", *parts: Any) -> None:
        self.stack.append(Expression(text, strength, kind, parts))

    def _store(self, target: str) -> None:
        value = self.pop()
        if value.kind in TEXTUAL and value.parts[0] is None:
            self._define(value, target)
            return
        if value.kind == "unpacked":
            self._unpacked(value, target)
            return
        self.spill(target)
        self.stack = [Expression(target, kind="name") if v is value else v for v in self.stack]
        if value.kind == "inplace" and value.parts[0] == target:
            self.say(f"{target} {value.parts[1]}= {value.parts[2]}")
        elif value.text != target:
            if "(" in value.text:  # what was computed before it stays before it
                self.spill()
            self.statements.append(Statement(f"{target} = {value.text}", self._line))

    def _define(self, value: Expression, name: str) -> None:
        """The `def` or `class` of a name."""
        self.spill()
        _, code, defaults, *bases = value.parts
        head = f"class {name}{bases[0]}" if value.kind == "class" else f"def {name}"
        self.statements.append(Statement(head, self._line, code, defaults))

    def _named(self, value: Expression) -> Expression:
        """An operand; a function or class that has no text is defined first, and named."""
        if value.kind not in TEXTUAL or value.parts[0] is not None:
            return value
        self._define(value, value.text)
        return Expression(value.text, kind="name")

    def _unpacked(self, value: Expression, target: str) -> None:
        """One of the targets of `a, b = value`; the last of them makes the statement."""
        names, total, source = value.parts
        names.append(f"*{target}" if value.text == "*" else target)
        if len(names) < total:
            return
        whole = f"{', '.join(names)}{',' * (total == 1)}"
        if source.kind == "unpacked":
            self._unpacked(source, f"({whole})")
        else:
            self.say(f"{whole} = {source.text}")
