"""`match`: what a pattern asks of a subject, and the parts of it that it takes."""

from __future__ import annotations

import builtins
from typing import Any

from ._expressions import AND, ATOM, COMPARE, Expression
from ._stack import Stack

_THEMSELVES = {
    "bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str",
    "tuple",
}  # fmt: skip


class Patterns(Stack):
    """Instructions of `match`; each method is named by its instruction.

    A subject that has been asked is of the kind "matched", with the texts of its parts; it is
    unpacked into these.
    """

    def _match_sequence(self, _: Any) -> None:
        self._asked("Sequence")

    def _match_mapping(self, _: Any) -> None:
        self._asked("Mapping")

    def _asked(self, kind: str) -> None:
        subject = self.pop()
        matched = Expression(subject.text, subject.strength, "matched", (None,))
        self.stack.append(matched)
        self._push(f"isinstance({subject.text}, {kind})")

    def _get_len(self, _: Any) -> None:
        self._push(f"len({self.stack[-1].text})")

    def _match_keys(self, _: Any) -> None:
        subject, keys = self.stack[-2:]
        texts = [repr(key) for key in keys.parts[0]] if keys.kind == "constant" else keys.parts
        test = " and ".join(f"{key} in {subject.inside(COMPARE + 1)}" for key in texts)
        parts = [f"{subject.inside(ATOM)}[{key}]" for key in texts]
        self._push(test, AND if len(parts) > 1 else COMPARE, "matched", parts)

    def _match_class(self, count: int) -> None:
        subject, kind, names = self.take(3)
        whole, attributes = subject.inside(ATOM), names.parts[0]
        test = " and ".join(
            [f"isinstance({subject.text}, {kind.text})"]
            + [f"hasattr({subject.text}, {name!r})" for name in attributes]
        )
        if count == 1 and kind.text in _THEMSELVES and hasattr(builtins, kind.text):
            parts = [subject.text]
        else:
            own = f"{kind.inside(ATOM)}.__match_args__"
            parts = [f"getattr({subject.text}, {own}[{i}])" for i in range(count)]
        parts += [f"{whole}.{name}" for name in attributes]
        self._push(test, AND if attributes else ATOM, "matched", parts)

    def _taken(self, before: int, after: int | None) -> None:
        """The parts of a matched subject, the first on top; `after` a `*rest`, if there is one."""
        subject = self.pop()
        parts = subject.parts[0]
        if parts is None:
            whole, count = subject.inside(ATOM), after or 0
            parts = [f"{whole}[{i}]" for i in range(before)]
            if after is not None:
                parts.append(f"list({whole}[{before}:{-count or ''}])")
                parts += [f"{whole}[{i - count}]" for i in range(count)]
        self.stack += [Expression(text, kind="part") for text in reversed(parts)]
