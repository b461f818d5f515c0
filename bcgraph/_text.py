"""A text of which parts are known only when the graph runs."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from ._number import StagedNumber, number_tensor
from .errors import PythonValueNeeded

Known = Callable[[Any], bool]


@dataclass(frozen=True, eq=False)
class Piece:
    """A staged value in a text: as `{value!conversion:spec}` says.

    `is_number`: to the program it is a Python number.
    """

    value: Any
    is_number: bool
    conversion: str = ""
    spec: str = ""

    def __repr__(self) -> str:
        return "…"

    @property
    def field(self) -> str:
        """The replacement field, for `str.format`."""
        conversion = self.conversion and f"!{self.conversion}"
        return "{" + conversion + (self.spec and f":{self.spec}") + "}"


class StagedText:
    """What an f-string with a staged value gives: a text to print, or for an exception to tell.

    A `+` joins it with others. Python cannot look at it.
    """

    __slots__ = ("parts",)

    parts: tuple[str | Piece, ...]

    def __init__(self, parts: Iterable[str | Piece]) -> None:
        self.parts = tuple(parts)

    @property
    def template(self) -> str:
        """What `str.format` makes the text of, given the values of the pieces."""
        return "".join(
            part.field if isinstance(part, Piece) else part.replace("{", "{{").replace("}", "}}")
            for part in self.parts
        )

    def __add__(self, other: Any) -> Any:
        return _joined(self, other)

    def __radd__(self, other: Any) -> Any:
        return _joined(other, self)

    def __str__(self) -> str:
        return "".join(map(str, self.parts))

    def __repr__(self) -> str:
        return f"<a text of the running graph: {self}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.refuse()

    def refuse(self, *_: Any) -> NoReturn:
        """Raises the error of who looks at it."""
        raise PythonValueNeeded(
            "a text with the value of a tensor is known only when the graph runs",
            mend="print it, raise it in an exception, or return the tensor itself",
        )

    def __eq__(self, other: object) -> NoReturn:
        self.refuse()

    def __hash__(self) -> NoReturn:
        self.refuse()

    def __bool__(self) -> NoReturn:
        self.refuse()


for _name in ("ne", "lt", "le", "gt", "ge", "len", "iter", "contains", "getitem", "mod", "mul"):
    setattr(StagedText, f"__{_name}__", StagedText.refuse)


def pieces(value: Any) -> list[Piece]:
    """The staged values of a text, or of an argument of an exception."""
    parts = value.parts if isinstance(value, StagedText) else (value,)
    return [part for part in parts if isinstance(part, Piece)]


def emptied(value: Any) -> Any:
    """A text, or an argument of an exception, without its staged values."""
    if isinstance(value, StagedText):
        return StagedText(map(emptied, value.parts))
    return replace(value, value=None) if isinstance(value, Piece) else value


def filled(value: Any, values: Iterator[Any]) -> Any:
    """What a text, or an argument of an exception, is when the values of its pieces are known."""
    found = [next(values) for _ in pieces(value)]
    if isinstance(value, StagedText):
        return value.template.format(*found)
    return found[0] if found else value


def _joined(first: Any, second: Any) -> Any:
    if not isinstance(first, str | StagedText) or not isinstance(second, str | StagedText):
        return NotImplemented
    return text_of([first, second])


def text_of(parts: Iterable[Any]) -> Any:
    """Texts joined: a string where all of them are known."""
    flat: list[Any] = []
    for part in parts:
        flat += part.parts if isinstance(part, StagedText) else [part]
    if all(isinstance(part, str) for part in flat):
        return "".join(flat)
    return StagedText(flat)


def formatted(value: Any, spec: str, conversion: str) -> StagedText:
    """`{value!conversion:spec}` of a staged value."""
    if isinstance(value, StagedText):
        if conversion in ("r", "a"):
            value.refuse()  # only its characters tell which quotes it takes
        if not spec:
            return value
        (piece, *rest) = value.parts
        if rest or not isinstance(piece, Piece) or piece.spec:
            value.refuse()
        return StagedText([replace(piece, conversion=piece.conversion or "s", spec=spec)])
    return StagedText([piece_of(value, conversion, spec)])


def piece_of(value: Any, conversion: str = "", spec: str = "") -> Piece:
    """A staged value as a part of a text."""
    return Piece(number_tensor(value), isinstance(value, StagedNumber), conversion, spec)


def told(value: Any, is_staged: Known, given: Callable[[Any], Any]) -> Any:
    """A list, tuple or dict as the text that `str` makes of it, if it holds what is staged.

    Any other value is itself. `given` says which tensor tells of a staged value.
    """
    return _shown(value, is_staged, given) if _holds(value, is_staged) else value


def _holds(value: Any, is_staged: Known, depth: int = 5) -> bool:
    parts = _parts(value)
    return bool(depth) and any(is_staged(p) or _holds(p, is_staged, depth - 1) for p in parts)


def _parts(value: Any) -> list[Any]:
    if type(value) is dict:
        return list(value.values())
    plain = type(value) in (list, tuple) or hasattr(type(value), "_fields")
    return list(value) if plain and isinstance(value, list | tuple) else []


def _shown(value: Any, is_staged: Known, given: Callable[[Any], Any]) -> Any:
    if is_staged(value):
        return formatted(given(value), "", "r")
    if not _holds(value, is_staged):
        return repr(value)
    names = [""] * len(value)
    first, last = ("[", "]") if isinstance(value, list) else ("(", ",)"[len(value) > 1 :])
    if type(value) is dict:
        names, (first, last) = [f"{key!r}: " for key in value], "{}"
    elif hasattr(type(value), "_fields"):
        names = [f"{name}=" for name in value._fields]
        first, last = f"{type(value).__name__}(", ")"
    texts: list[Any] = []
    for name, part in zip(names, _parts(value), strict=True):
        texts += [", " if texts else "", name, _shown(part, is_staged, given)]
    return text_of([first, *texts, last])


_FIELD = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?P<digits>\.\d+)?(?P<kind>[diouxXeEfFgGcrsa%])"
)


def percent_formatted(template: str, values: tuple[Any, ...], is_staged: Known) -> Any:
    """`template % values`, some of which are staged. Raises as Python does on too few or many."""
    parts: list[Any] = []
    end, rest = 0, iter(values)
    for found in _FIELD.finditer(template):
        parts.append(template[end : found.start()])
        end = found.end()
        if found["kind"] == "%":
            parts.append("%")
            continue
        try:
            value = next(rest)
        except StopIteration:
            raise TypeError("not enough arguments for format string") from None
        parts.append(_field(value, found) if is_staged(value) else found[0] % (value,))
    for _ in rest:
        raise TypeError("not all arguments converted during string formatting")
    return text_of([*parts, template[end:]])


def _field(value: Any, found: re.Match[str]) -> StagedText:
    kind, flags = found["kind"].replace("i", "d").replace("u", "d"), found["flags"]
    conversion = kind if kind in "sra" else ""
    align = "<" if "-" in flags else ">" if found["width"] and "0" not in flags else ""
    sign = "+" if "+" in flags else " " if " " in flags else ""
    zeros = "0" if "0" in flags and not align and not conversion else ""
    digits = found["digits"] or ""
    return formatted(
        value,
        f"{align}{sign}{zeros}{found['width']}{digits}{'' if conversion else kind}",
        conversion,
    )


def template_formatted(
    template: str,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    is_staged: Known,
) -> Any:
    """`template.format(*arguments, **keywords)`, some of which are staged."""
    formatter, parts, count = string.Formatter(), [], 0
    for literal, field, spec, conversion in formatter.parse(template):
        parts.append(literal)
        if field is None:
            continue
        if not field or field[0] in ".[":
            field, count = f"{count}{field}", count + 1
        value, _ = formatter.get_field(field, arguments, keywords)
        if is_staged(value):
            parts.append(formatted(value, spec or "", conversion or ""))
        else:
            value = formatter.convert_field(value, conversion)  # type: ignore[arg-type]
            parts.append(format(value, (spec or "").format(*arguments, **keywords)))
    return text_of(parts)
