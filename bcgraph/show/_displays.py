"""Displays of tuples, lists, sets and dicts, and f-strings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ._expressions import ATOM, DISPLAYS, OR, Expression
from ._stack import Stack

_CONVERSIONS = {1: "!s", 2: "!r", 3: "!a"}


class Displays(Stack):
    """Instructions that build; each method is named by its instruction."""

    def _build_tuple(self, count: int) -> None:
        self._display("tuple", [value.text for value in self.take(count)])

    def _build_list(self, count: int) -> None:
        self._display("list", [value.text for value in self.take(count)])

    def _build_set(self, count: int) -> None:
        self._display("set", [value.text for value in self.take(count)])

    def _build_map(self, count: int) -> None:
        values = [value.text for value in self.take(2 * count)]
        pairs = zip(values[::2], values[1::2], strict=True)
        self._display("dict", [f"{key}: {value}" for key, value in pairs])

    def _build_const_key_map(self, count: int) -> None:
        keys = self.pop().parts[0]
        pairs = zip(keys, self.take(count), strict=True)
        self._display("dict", [f"{key!r}: {value.text}" for key, value in pairs])

    def _display(self, kind: str, parts: list[str]) -> None:
        self._push(_displayed(kind, parts), ATOM, kind, *parts)

    def _list_extend(self, arg: int) -> None:
        value = self.pop()
        known = value.kind == "constant" and isinstance(value.parts[0], tuple)
        self._joined(arg, _spread(value, known=known), "extend")

    def _set_update(self, arg: int) -> None:
        value = self.pop()
        self._joined(arg, _spread(value, known=value.kind == "constant"), "update")

    def _dict_update(self, arg: int) -> None:
        self._joined(arg, [f"**{self.pop().text}"], "update")

    _dict_merge = _dict_update

    def _list_append(self, arg: int) -> None:
        self._added(arg, self.pop().text, "append({})")

    def _set_add(self, arg: int) -> None:
        self._added(arg, self.pop().text, "add({})")

    def _map_add(self, arg: int) -> None:
        key, value = self.take(2)
        self.say(f"{self.stack[-arg].text}[{key.text}] = {value.text}")

    def _added(self, arg: int, text: str, form: str) -> None:
        if self.stack[-arg].kind in DISPLAYS:
            self._joined(arg, [text], "")
            return
        self.say(f"{self.stack[-arg].text}.{form.format(text)}")

    def _joined(self, arg: int, parts: list[str], method: str) -> None:
        target = self.stack[-arg]
        if target.kind not in DISPLAYS:
            self.say(f"{target.text}.{method}({', '.join(parts).lstrip('*')})")
            return
        both = (*target.parts, *parts)
        self.stack[-arg] = Expression(_displayed(target.kind, both), ATOM, target.kind, both)

    def _list_to_tuple(self, _: Any) -> None:
        value = self.pop()
        parts = value.parts if value.kind == "list" else (f"*{value.inside(5)}",)
        self._display("tuple", list(parts))

    # Texts

    def _format_value(self, arg: int) -> None:
        spec = self.pop() if arg & 4 else None
        self._field(self.pop(), _CONVERSIONS.get(arg & 3, ""), spec)

    def _convert_value(self, arg: Any) -> None:
        number = getattr(arg, "value", arg)
        value = self.pop()
        self.stack.append(replace(value, kind="converted", parts=(_CONVERSIONS[number],)))

    def _format_simple(self, _: Any) -> None:
        value = self.pop()
        self._field(value, value.parts[0] if value.kind == "converted" else "", None)

    def _format_with_spec(self, _: Any) -> None:
        value, spec = self.take(2)
        self._field(value, value.parts[0] if value.kind == "converted" else "", spec)

    def _field(self, value: Expression, conversion: str, spec: Expression | None) -> None:
        told = "" if spec is None else f":{_literal(spec)}"
        field = f"{{{value.inside(OR)}{conversion}{told}}}"
        self._push(_quoted(field), ATOM, "text", field)

    def _build_string(self, count: int) -> None:
        whole = "".join(_literal(value) for value in self.take(count))
        self._push(_quoted(whole), ATOM, "text", whole)


def _spread(value: Expression, *, known: bool) -> list[str]:
    """What extends a display."""
    return list(map(repr, value.parts[0])) if known else [f"*{value.inside(5)}"]


def _displayed(kind: str, parts: Any) -> str:
    inner = ", ".join(parts)
    if kind == "tuple":
        return f"({inner}{',' * (len(parts) == 1)})"
    if kind == "list":
        return f"[{inner}]"
    return f"{{{inner}}}" if parts or kind == "dict" else "set()"


def _literal(value: Expression) -> str:
    if value.kind == "constant" and isinstance(value.parts[0], str):
        return value.parts[0].replace("{", "{{").replace("}", "}}")
    return str(value.parts[0]) if value.kind == "text" else f"{{{value.text}}}"


def _quoted(text: str) -> str:
    return "f" + repr(text) if "'" not in text or '"' not in text else f'f"""{text}"""'
