"""What computes a value: operators, names, calls, functions."""

from __future__ import annotations

import re
from dataclasses import replace
from types import CodeType
from typing import Any

from ._displays import Displays
from ._expressions import (
    ADD,
    ATOM,
    COMPARE,
    DISPLAYS,
    MULTIPLY,
    NULL,
    POWER,
    TERNARY,
    UNARY,
    Defaults,
    Expression,
    Unreadable,
    bound,
    negated,
    plain,
)

_BINARY = {
    "ADD": ("+", ADD), "SUBTRACT": ("-", ADD), "MULTIPLY": ("*", MULTIPLY),
    "TRUE_DIVIDE": ("/", MULTIPLY), "FLOOR_DIVIDE": ("//", MULTIPLY), "REMAINDER": ("%", MULTIPLY),
    "MATRIX_MULTIPLY": ("@", MULTIPLY), "POWER": ("**", POWER), "AND": ("&", 7), "OR": ("|", 5),
    "XOR": ("^", 6), "LSHIFT": ("<<", 8), "RSHIFT": (">>", 8), "SUBSCR": ("[]", ATOM),
}  # fmt: skip
_COMPARE = {"LT": "<", "LE": "<=", "EQ": "==", "NE": "!=", "GT": ">", "GE": ">="}


class Computing(Displays):
    """Instructions that leave a value; each method is named by its instruction."""

    def _unary_not(self, _: Any) -> None:
        self.stack.append(negated(self.pop()))

    def _binary_op(self, arg: Any) -> None:
        operation = arg.name.removeprefix("INPLACE_")
        sign, strength = _BINARY[operation]
        left, right = self.take(2)
        if sign == "[]":
            self._push(f"{left.inside(ATOM)}[{right.text}]")
            return
        text = f"{left.inside(strength)} {sign} {right.inside(strength + 1)}"
        if arg.name.startswith("INPLACE_"):
            self._push(text, strength, "inplace", left.text, sign, right.text)
        else:
            self._push(text, strength)

    def _compare_op(self, arg: Any) -> None:
        sign = _COMPARE[arg.name.removesuffix("_CAST")] if hasattr(arg, "name") else str(arg)
        self._compared(sign)

    def _is_op(self, arg: Any) -> None:
        self._compared("is not" if arg else "is")

    def _contains_op(self, arg: Any) -> None:
        self._compared("not in" if arg else "in")

    def _compared(self, sign: str) -> None:
        left, right = self.take(2)
        one, other = left.inside(COMPARE + 1), right.inside(COMPARE + 1)
        self._push(f"{one} {sign} {other}", COMPARE, "", one, sign, other)

    def _load_global(self, arg: Any) -> None:
        null, name = arg if isinstance(arg, tuple) else (False, arg)
        if null:
            self.stack.append(NULL)
        self._push(str(name), kind="name")

    def _load_named(self, arg: Any) -> None:
        self._push(plain(arg[1] if isinstance(arg, tuple) else arg), kind="name")

    _load_deref = _load_classderef = _load_name = _load_closure = _load_fast = _load_named
    _load_fast_check = _load_named

    def _load_locals(self, _: Any) -> None:
        self._push("locals()", ATOM, "iterator")

    def _load_from_dict_or_deref(self, arg: Any) -> None:
        self.pop()
        self._load_named(arg)

    _load_from_dict_or_globals = _load_from_dict_or_deref

    def _load_fast_and_clear(self, _: Any) -> None:
        self._push("", ATOM, "iterator")  # kept while a comprehension uses the name

    def _store_fast(self, _: Any) -> None:
        self.pop()

    def _load_attr(self, arg: Any) -> None:
        name = arg[1] if isinstance(arg, tuple) else arg
        self._push(f"{self.pop().inside(ATOM)}.{name}")

    _load_method = _load_attr

    def _load_super_attr(self, arg: Any) -> None:
        self.take(3)
        self._push(f"super().{arg[-1] if isinstance(arg, tuple) else arg}")

    def _load_assertion_error(self, _: Any) -> None:
        self._push("AssertionError", kind="name")

    def _binary_subscr(self, _: Any) -> None:
        target, key = self.take(2)
        self._push(f"{target.inside(ATOM)}[{key.text}]")

    def _binary_slice(self, _: Any) -> None:
        target, start, stop = self.take(3)
        self._push(f"{target.inside(ATOM)}[{bound(start)}:{bound(stop)}]")

    def _build_slice(self, arg: int) -> None:
        self._push(":".join(map(bound, self.take(arg))), ATOM, "slice")

    def _push_null(self, _: Any) -> None:
        self.stack.append(NULL)

    def _kw_names(self, arg: Any) -> None:
        self._names = tuple(arg)

    def _call(self, count: int) -> None:
        names, self._names = self._names, ()
        self._called(self.take(count), names)

    def _call_kw(self, count: int) -> None:
        names = self.pop().parts[0]
        self._called(self.take(count), names)

    def _called(self, arguments: list[Expression], names: tuple[str, ...]) -> None:
        first, second = self.take(2)
        target = second if first is NULL else first
        if first is not NULL and second is not NULL:
            arguments = [second, *arguments]
        if target.kind == "exit":
            self._push("", ATOM, "iterator")
            return
        if target.kind == "build":
            self._class(arguments, names)
            return
        arguments = [self._named(value) for value in arguments]
        if target.kind == "function" and target.text.startswith("\0"):
            self._push(target.text[1:].replace("\0", arguments[0].inside(1)))
            return
        plain_count = len(arguments) - len(names)
        texts = [value.text for value in arguments[:plain_count]]
        rest = zip(names, arguments[plain_count:], strict=True)
        texts += [f"{name}={value.text}" for name, value in rest]
        self._push(f"{target.inside(ATOM)}({', '.join(texts)})")

    def _load_build_class(self, _: Any) -> None:
        self._push("__build_class__", ATOM, "build")

    def _class(self, arguments: list[Expression], names: tuple[str, ...]) -> None:
        """A class statement, of the function that is its body, its name and its bases."""
        body, name, *bases = arguments
        count = len(bases) - len(names)
        texts = [value.text for value in bases[:count]]
        texts += [f"{key}={v.text}" for key, v in zip(names, bases[count:], strict=True)]
        told = f"({', '.join(texts)})" if texts else ""
        self._push(str(name.parts[0]), ATOM, "class", None, body.parts[1], {}, told)

    def _call_function_ex(self, arg: int) -> None:
        keywords = self.pop() if arg & 1 else None
        positional = self.pop()
        first, second = self.take(2)
        target = second if first is NULL else first
        texts = (
            list(positional.parts) if positional.kind in DISPLAYS else [f"*{positional.inside(5)}"]
        )
        if keywords is not None:
            given = keywords.parts if keywords.kind == "dict" else (f"**{keywords.text}",)
            texts += [re.sub(r"^'(\w+)': ", r"\1=", text) for text in given]
        self._push(f"{target.inside(ATOM)}({', '.join(texts)})")

    def _return_generator(self, _: Any) -> None:
        self._push("", ATOM, "iterator")

    def _get_iter(self, _: Any) -> None:
        self.stack.append(replace(self.pop(), kind="iterated"))

    def _yield_value(self, _: Any) -> None:
        self._push(f"(yield {self.pop().text})", ATOM, "yield")

    def _get_yield_from_iter(self, _: Any) -> None:
        self.stack.append(replace(self.pop(), kind="delegated"))

    def _get_awaitable(self, _: Any) -> None:
        self.stack.append(replace(self.pop(), kind="awaited"))

    def _end_send(self, _: Any) -> None:
        value = self.pop()
        self.pop()
        self.stack.append(value)

    def waited(self, *, keeps: bool) -> None:
        """What a `yield from` or an `await` gives; `keeps` what gives it below."""
        _, source = self.pop(), self.pop()
        if keeps:
            self.stack.append(source)
        if source.kind == "awaited":
            self._push(f"await {source.inside(ATOM)}", POWER)
        else:
            self._push(f"(yield from {source.text})", ATOM, "yield")

    def _call_intrinsic_1(self, arg: Any) -> None:
        if getattr(arg, "name", "") == "INTRINSIC_LIST_TO_TUPLE":
            self._list_to_tuple(None)
        elif getattr(arg, "name", "") == "INTRINSIC_UNARY_POSITIVE":
            self._push(f"+{self.pop().inside(UNARY)}", UNARY)
        else:
            raise Unreadable(f"CALL_INTRINSIC_1 {arg}")

    # Functions

    def _make_function(self, arg: Any) -> None:
        code = self.pop().parts[0]
        given = {flag: self.pop() for flag in (8, 4, 2, 1) if isinstance(arg, int) and arg & flag}
        self._function(code, _defaults(given))

    def _set_function_attribute(self, arg: Any) -> None:
        made, value = self.pop(), self.pop()
        _, code, defaults = made.parts
        flag = getattr(arg, "value", arg)
        self._function(code, {**defaults, **_defaults({flag: value})})

    def _function(self, code: CodeType, defaults: Defaults) -> None:
        text = self._nested(code, defaults)
        strength = TERNARY if text else ATOM
        self._push(text or code.co_name, strength, "function", text, code, defaults)

    def _import_name(self, arg: Any) -> None:
        self.take(2)
        self._push(f"__import__({arg!r})")

    def _import_from(self, arg: Any) -> None:
        self._push(f"{self.stack[-1].text}.{arg}")


def _defaults(given: dict[int, Expression]) -> Defaults:
    """A function's defaults, by the flags of `MAKE_FUNCTION`."""
    found: dict[str, tuple[str, ...]] = {}
    for flag, name in ((1, "positional"), (2, "keyword")):
        value = given.get(flag)
        if value is not None:
            known = value.kind == "constant"
            found[name] = tuple(map(repr, value.parts[0])) if known else tuple(value.parts)
    return found
