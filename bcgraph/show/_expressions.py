"""Expressions and statements, read back from canonical instructions.

A `Machine` runs a block on a stack of expressions instead of values; what an instruction does
beyond the stack becomes a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from types import CodeType
from typing import Any

from bcgraph.instructions import Instruction, Op

TERNARY, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, POWER, ATOM = 0, 1, 2, 3, 4, 9, 10, 11, 12, 13
_BINARY = {
    "ADD": ("+", ADD), "SUBTRACT": ("-", ADD), "MULTIPLY": ("*", MULTIPLY),
    "TRUE_DIVIDE": ("/", MULTIPLY), "FLOOR_DIVIDE": ("//", MULTIPLY), "REMAINDER": ("%", MULTIPLY),
    "MATRIX_MULTIPLY": ("@", MULTIPLY), "POWER": ("**", POWER), "AND": ("&", 7), "OR": ("|", 5),
    "XOR": ("^", 6), "LSHIFT": ("<<", 8), "RSHIFT": (">>", 8), "SUBSCR": ("[]", ATOM),
}  # fmt: skip
_COMPARE = {"LT": "<", "LE": "<=", "EQ": "==", "NE": "!=", "GT": ">", "GE": ">="}
_UNARY = {"UNARY_NEGATIVE": "-", "UNARY_INVERT": "~", "UNARY_POSITIVE": "+"}
_CONVERSIONS = {1: "!s", 2: "!r", 3: "!a"}


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
        return self.kind in ("constant", "null", "iterator", "exit", "item", "name", "function")


@dataclass(frozen=True)
class Statement:
    """A line of text, the source line that it is of, and the function that it defines."""

    text: str
    line: int | None
    code: CodeType | None = None
    defaults: Defaults = field(default_factory=dict)


NULL = Expression("NULL", kind="null")
OFFSET = Expression("_offset", kind="iterator")
ITEM = Expression("_item", kind="item")


class Machine:
    """Runs instructions on expressions; temporaries are named `_1`, `_2` …

    `nested` gives the text of a nested function's code: an expression, or None for what is a
    statement of its own, named afterwards.
    """

    def __init__(self, nested: Callable[[CodeType, Defaults], str | None]) -> None:
        self.stack: list[Expression] = []
        self.statements: list[Statement] = []
        self._nested, self._names, self._count = nested, (), 0
        self._line: int | None = None

    def run(self, instructions: list[Instruction]) -> None:
        """Runs the instructions of a block, without its branch."""
        for ins, following in zip_longest(instructions, instructions[1:]):
            self._line = ins.line or self._line
            if ins.op is Op.COPY and following is not None and following.op is not Op.STORE:
                self._settle(-int(str(ins.arg)))
            self._step(ins)

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
                moves = moves and value.kind in ("", "name", "inplace")
            if moves:
                made = self.temporary()
                self.statements.append(Statement(f"{made.text} = {value.text}", self._line))
                self.stack = [made if other is value else other for other in self.stack]
                self.stack[i] = made

    def _settle(self, at: int) -> None:
        """Names an operand that would be computed twice."""
        value = self.stack[at]
        if "(" in value.text and not value.is_settled and value.kind not in _LATER:
            self.spill()

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

    def _step(self, ins: Instruction) -> None:
        match ins.op:
            case Op.LOAD:
                self._push(plain(ins.arg), kind="name")
            case Op.STORE:
                self._store(plain(ins.arg))
            case Op.DELETE:
                self.say(f"del {plain(ins.arg)}")
            case Op.CONST:
                self._constant(ins.arg)
            case Op.COPY:
                assert isinstance(ins.arg, int)
                self.stack.append(self.stack[-ins.arg])
            case Op.SWAP:
                assert isinstance(ins.arg, int)
                i = len(self.stack) - ins.arg
                self.stack[i], self.stack[-1] = self.stack[-1], self.stack[i]
            case Op.POP:
                self._drop(self.pop())
            case Op.RETURN:
                value = self.pop()
                self.statements.append(Statement(f"return {value.text}", self._line))
            case Op.RAISE:
                self._raise(ins)
            case Op.JUMP | Op.NOP:
                pass
            case Op.OPAQUE:
                name, arg = ins.arg  # type: ignore[misc]
                self._opaque(name, arg)
            case _:
                raise Unreadable(str(ins))

    def _constant(self, value: object) -> None:
        if isinstance(value, CodeType):
            self._push("<code>", ATOM, "code", value)
        else:
            self._push("..." if value is Ellipsis else repr(value), ATOM, "constant", value)

    def _drop(self, value: Expression) -> None:
        if value.kind in ("", "yield", "inplace"):
            self.say(value.text)

    def _store(self, target: str) -> None:
        value = self.pop()
        if value.kind == "function" and value.parts[0] is None:
            self.spill()
            self.statements.append(Statement(f"def {target}", self._line, *value.parts[1:]))
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

    def _raise(self, ins: Instruction) -> None:
        name, arg = (ins.raw.name, ins.raw.arg)
        if name == "RAISE_VARARGS" and isinstance(arg, int) and arg:
            raised = [value.text for value in self.take(arg)]
            self.statements.append(Statement("raise " + " from ".join(raised), self._line))
        else:
            self.statements.append(Statement("raise", self._line))

    def _opaque(self, name: str, arg: Any) -> None:
        found = getattr(self, f"_{name.lower()}", None)
        if found is not None:
            found(arg)
        elif name in _UNARY:
            self._push(f"{_UNARY[name]}{self.pop().inside(UNARY)}", UNARY)
        elif name not in _SILENT:
            raise Unreadable(name)

    # What computes

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

    def _named(self, arg: Any) -> None:
        self._push(plain(arg[1] if isinstance(arg, tuple) else arg), kind="name")

    _load_deref = _load_classderef = _load_name = _load_closure = _load_fast = _named
    _load_fast_check = _named

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
        self._push(f"{target.inside(ATOM)}[{_bound(start)}:{_bound(stop)}]")

    def _build_slice(self, arg: int) -> None:
        self._push(":".join(map(_bound, self.take(arg))), ATOM, "slice")

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
        if target.kind == "function" and target.text.startswith("\0"):
            self._push(target.text[1:].replace("\0", arguments[0].inside(1)))
            return
        plain_count = len(arguments) - len(names)
        texts = [value.text for value in arguments[:plain_count]]
        rest = zip(names, arguments[plain_count:], strict=True)
        texts += [f"{name}={value.text}" for name, value in rest]
        self._push(f"{target.inside(ATOM)}({', '.join(texts)})")

    def _call_function_ex(self, arg: int) -> None:
        keywords = self.pop() if arg & 1 else None
        positional = self.pop()
        first, second = self.take(2)
        target = second if first is NULL else first
        texts = (
            list(positional.parts) if positional.kind in _DISPLAYS else [f"*{positional.inside(5)}"]
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

    def _call_intrinsic_1(self, arg: Any) -> None:
        if getattr(arg, "name", "") == "INTRINSIC_LIST_TO_TUPLE":
            self._list_to_tuple(None)
        elif getattr(arg, "name", "") == "INTRINSIC_UNARY_POSITIVE":
            self._push(f"+{self.pop().inside(UNARY)}", UNARY)
        else:
            raise Unreadable(f"CALL_INTRINSIC_1 {arg}")

    # Displays

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
        if self.stack[-arg].kind in _DISPLAYS:
            self._joined(arg, [text], "")
            return
        self.say(f"{self.stack[-arg].text}.{form.format(text)}")

    def _joined(self, arg: int, parts: list[str], method: str) -> None:
        target = self.stack[-arg]
        if target.kind not in _DISPLAYS:
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

    # What writes

    def _store_named(self, arg: Any) -> None:
        self._store(plain(arg))

    _store_deref = _store_global = _store_name = _store_named

    def _delete_named(self, arg: Any) -> None:
        self.say(f"del {plain(arg)}")

    _delete_deref = _delete_global = _delete_name = _delete_named

    def _store_attr(self, arg: Any) -> None:
        target = self.pop()
        self._place(f"{target.inside(ATOM)}.{arg}")

    def _store_subscr(self, _: Any) -> None:
        target, key = self.take(2)
        self._place(f"{target.inside(ATOM)}[{key.text}]")

    def _store_slice(self, _: Any) -> None:
        target, start, stop = self.take(3)
        self._place(f"{target.inside(ATOM)}[{_bound(start)}:{_bound(stop)}]")

    def _place(self, target: str) -> None:
        value = self.pop()
        if value.kind == "unpacked":
            self._unpacked(value, target)
        elif value.kind == "inplace" and value.parts[0] == target:
            self.say(f"{target} {value.parts[1]}= {value.parts[2]}")
        else:
            self.say(f"{target} = {value.text}")

    def _delete_attr(self, arg: Any) -> None:
        self.say(f"del {self.pop().inside(ATOM)}.{arg}")

    def _delete_subscr(self, _: Any) -> None:
        target, key = self.take(2)
        self.say(f"del {target.inside(ATOM)}[{key.text}]")

    def _unpack_sequence(self, count: int) -> None:
        source, names = self.pop(), list[str]()
        parts = (names, count, source)
        self.stack += [Expression("", kind="unpacked", parts=parts) for _ in range(count)]

    def _unpack_ex(self, arg: int) -> None:
        before, after = arg & 0xFF, arg >> 8
        source, names = self.pop(), list[str]()
        parts = (names, before + 1 + after, source)
        texts = [*[""] * before, "*", *[""] * after]
        self.stack += [Expression(t, kind="unpacked", parts=parts) for t in reversed(texts)]

    # `with` and `except`

    def _before_with(self, _: Any) -> None:
        value = self.pop()
        self.stack.append(Expression(value.text, kind="exit"))
        self.stack.append(Expression(f"{value.inside(ATOM)}.__enter__()", kind="entered"))

    def _push_exc_info(self, _: Any) -> None:
        self.stack.insert(len(self.stack) - 1, Expression("", kind="iterator"))

    def _pop_except(self, _: Any) -> None:
        self.pop()

    def _check_exc_match(self, _: Any) -> None:
        kind = self.pop()
        self._push(f"isinstance({self.stack[-1].text}, {kind.text})", ATOM, "match", kind.text)


_LATER = ("iterated", "unpacked", "entered", "text", "converted")
_DISPLAYS = ("tuple", "list", "set", "dict")
_SILENT = {
    "RESUME", "PRECALL", "MAKE_CELL", "COPY_FREE_VARS", "NOP",
    "SETUP_ANNOTATIONS", "CACHE", "EXTENDED_ARG",
}  # fmt: skip


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


def _defaults(given: dict[int, Expression]) -> Defaults:
    """A function's defaults, by the flags of `MAKE_FUNCTION`."""
    found: dict[str, tuple[str, ...]] = {}
    for flag, name in ((1, "positional"), (2, "keyword")):
        value = given.get(flag)
        if value is not None:
            known = value.kind == "constant"
            found[name] = tuple(map(repr, value.parts[0])) if known else tuple(value.parts)
    return found


def _spread(value: Expression, *, known: bool) -> list[str]:
    """What extends a display."""
    return list(map(repr, value.parts[0])) if known else [f"*{value.inside(5)}"]


def _bound(value: Expression) -> str:
    return "" if value.kind == "constant" and value.parts[0] is None else value.text


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
