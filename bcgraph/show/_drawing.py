"""The picture of a function's control flow: an SVG whose loops are boxes around what they repeat.

Control goes down. A condition parts it in two columns that come together below; a loop is a box,
with an arrow at its left from the end of the body back to its head; a rounded end returns, raises,
breaks or goes on. What a tensor decides is drawn in colour.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from ._expressions import Statement
from ._nodes import Guarded, If, Node, Repeat

if TYPE_CHECKING:
    from ._record import Explanation, SiteReport

_CHARACTER, _LINE = 6.7, 16.0  # width and height of monospaced text of 11 pixels
_PAD, _GAP, _BETWEEN = 10.0, 22.0, 26.0
_LONGEST, _TALLEST = 46, 9  # characters of a line, lines of a box
_ENDS = ("return", "raise", "break", "continue")


@dataclass(frozen=True)
class Shape:
    """A drawn piece: its size, where control enters at the top, and whether control goes on.

    `parts` are SVG elements with places relative to the upper left corner.
    """

    width: float
    height: float
    axis: float
    goes_on: bool
    parts: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn of it."""
        return not self.parts

    def at(self, x: float, y: float) -> str:
        """The piece at a place."""
        return f'<g transform="translate({x:g} {y:g})">{"".join(self.parts)}</g>'


@functools.cache
def shipped(name: str) -> str:
    """The text of a file of this package."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def drawing(told: Explanation) -> str:
    """The SVG of a function, with its style in it."""
    sites = {site.block: site for site in told.sites}
    nodes: tuple[Node, ...] = told.structure or tuple(
        Statement(line, None) for line in told.graph.splitlines()
    )
    start = _pill(told.name, "end")
    body = _column([start, *_shapes(nodes, sites)])
    width, height = body.width + 2 * _PAD, body.height + 2 * _PAD
    return (
        f'<svg class="cfg" xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-label="control flow of {escape(told.name, quote=True)}">'
        f"<style>{shipped('picture.css')}</style>{body.at(_PAD, _PAD)}</svg>"
    )


def _shapes(nodes: Sequence[Node], sites: dict[int, SiteReport]) -> Iterator[Shape]:
    """The pieces of a suite; statements that follow each other share a box."""
    held: list[Statement] = []
    for node in nodes:
        if isinstance(node, Statement) and node.text.partition(" ")[0] not in _ENDS:
            held.append(node)
            continue
        if held:
            yield _box(held, sites)
            held = []
        match node:
            case Statement():
                yield _pill(node.text, "end", _said([node], sites), goes_on=False, line=node.line)
            case If():
                yield _if(node, sites)
            case Repeat():
                yield _repeat(node, sites)
            case Guarded():
                yield _guarded(node, sites)
    if held:
        yield _box(held, sites)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{named} xml:space="preserve">{escape(text)}</text>'


def _rect(kind: str, width: float, height: float, radius: float = 3, y: float = 0) -> str:
    return f'<rect class="{kind}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"/>'


def _group(kind: str, line: int | None, parts: Iterable[str], title: str = "") -> str:
    data = f' data-line="{line}"' if line else ""
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<g class="{kind}"{data}>{told}{"".join(parts)}</g>'


def _wire(points: Sequence[tuple[float, float]], *, tip: bool) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    drawn = f'<polyline class="wire" points="{path}"/>'
    if tip:
        before, (x, y) = points[-2:]
        if before[0] == x:
            end = f"{x:g},{y:g} {x - 3.5:g},{y - 6:g} {x + 3.5:g},{y - 6:g}"
        else:
            end = f"{x:g},{y:g} {x - 6:g},{y - 3.5:g} {x - 6:g},{y + 3.5:g}"
        drawn += f'<polygon class="tip" points="{end}"/>'
    return drawn


def _said(statements: list[Statement], sites: dict[int, SiteReport]) -> tuple[str, str]:
    """The class and the tip of statements, by the expressions in them that decide."""
    lines = {statement.line for statement in statements}
    told = [s for s in sites.values() if s.kind == "expression" and s.line in lines]
    return _drawn(told)


def _headline(statement: Statement) -> str:
    if statement.code is None:
        return statement.text
    return f"{statement.text}: …" if statement.text.startswith("class ") else f"{statement.text}(…)"


def _box(statements: list[Statement], sites: dict[int, SiteReport]) -> Shape:
    lines = [_cut(_headline(statement)) for statement in statements]
    if len(lines) > _TALLEST:
        left = len(lines) - _TALLEST + 1
        lines = [*lines[: _TALLEST - 1], f"… {left} more"]
    width = max(map(len, lines)) * _CHARACTER + 2 * _PAD
    height = len(lines) * _LINE + _PAD
    texts = [_text(_PAD, (i + 1) * _LINE, line) for i, line in enumerate(lines)]
    numbers = [s.line for s in statements if s.line]
    kind, title = _said(statements, sites)
    line = numbers[0] if numbers else None
    parts = _group(kind, line, [_rect("box", width, height), *texts], title)
    return Shape(width, height, width / 2, True, (parts,))


def _pill(
    text: str,
    kind: str,
    said: tuple[str, str] = ("python", ""),
    *,
    goes_on: bool = True,
    line: int | None = None,
) -> Shape:
    text = _cut(text)
    width, height = len(text) * _CHARACTER + 3 * _PAD, _LINE + 8
    parts = [_rect(kind, width, height, height / 2), _text(1.5 * _PAD, _LINE, text)]
    return Shape(width, height, width / 2, goes_on, (_group(said[0], line, parts, said[1]),))


def _column(shapes: Sequence[Shape]) -> Shape:
    """Pieces below each other on one axis, with arrows between them."""
    if not shapes:
        return Shape(2, 6, 1, True, ())
    axis = max(shape.axis for shape in shapes)
    width = axis + max(shape.width - shape.axis for shape in shapes)
    parts, y = [], 0.0
    for i, shape in enumerate(shapes):
        if i:
            if shapes[i - 1].goes_on:
                parts.append(_wire([(axis, y), (axis, y + _GAP)], tip=True))
            y += _GAP
        parts.append(shape.at(axis - shape.axis, y))
        y += shape.height
    return Shape(width, y, axis, shapes[-1].goes_on, tuple(parts))


def _site(sites: dict[int, SiteReport], blocks: tuple[int, ...]) -> tuple[str, str]:
    """The class and the tip of a test."""
    return _drawn([sites[block] for block in blocks if block in sites])


def _drawn(told: list[SiteReport]) -> tuple[str, str]:
    kind = "staged" if any(site.staged for site in told) else "python"
    return kind, "\n".join(str(site) for site in told)


def _if(node: If, sites: dict[int, SiteReport]) -> Shape:
    kind, title = _site(sites, node.sites)
    text = _cut(f"if {node.test}")
    width, height = len(text) * _CHARACTER + 3 * _PAD, _LINE + 10
    head = [_rect("test", width, height, 2), _text(1.5 * _PAD, _LINE + 1, text)]
    then = _column(list(_shapes(node.then, sites)))
    other = _column(list(_shapes(node.other, sites)))
    left, right = then.axis, then.width + _BETWEEN + other.axis
    between = max(right - left, width * 0.6)
    right = left + between
    axis = left + between / 2
    shift = max(0.0, width / 2 - axis, other.axis - right)
    left, right, axis = left + shift, right + shift, axis + shift
    whole = max(axis + width / 2, right + other.width - other.axis, left + then.width - then.axis)
    top = height + _GAP
    below = top + max(then.height, other.height)
    moved = f'<g transform="translate({axis - width / 2:g} 0)" class="{kind}">'
    parts = [_group(kind, node.line, [moved, *head, "</g>"], title)]
    for x, word, arm in ((left, "yes", then), (right, "no", other)):
        corner = [(axis, height), (axis, height + 6), (x, height + 6), (x, top)]
        parts.append(_wire(corner, tip=not arm.is_empty))
        parts.append(_text(x + 4, top - 5, word, "way"))
    parts += [then.at(left - then.axis, top), other.at(right - other.axis, top)]
    goes_on = then.goes_on or other.goes_on
    end = below + 10 if goes_on else below
    for x, arm in ((left, then), (right, other)):
        if arm.goes_on:
            start = top if arm.is_empty else top + arm.height
            parts.append(_wire([(x, start), (x, end), (axis, end)], tip=False))
    return Shape(whole, end, axis, goes_on, tuple(parts))


def _headed(kind: str, text: str, inner: Shape, *, back: bool) -> Shape:
    """A box with a head around a piece."""
    text = _cut(text)
    side = 2 * _PAD + (14 if back else 0)
    head = len(text) * _CHARACTER + 3 * _PAD
    axis = max(side + inner.axis, head / 2)
    width = max(axis + inner.width - inner.axis + 2 * _PAD, head)
    strip = _LINE + 8
    height = strip + _GAP + inner.height + 2 * _PAD
    parts = [
        _rect(kind, width, height, 6),
        _rect("head", width, strip, 6),
        _text(1.5 * _PAD, _LINE, text),
        _wire([(axis, strip), (axis, strip + _GAP)], tip=True),
        inner.at(axis - inner.axis, strip + _GAP),
    ]
    if back and inner.goes_on:
        bottom = height - _PAD
        turn = [(axis, strip + _GAP + inner.height), (axis, bottom), (_PAD, bottom),
                (_PAD, strip + 12), (_PAD + 9, strip + 12)]  # fmt: skip
        parts.append(_wire(turn, tip=True))
    return Shape(width, height, axis, back or inner.goes_on, tuple(parts))


def _repeat(node: Repeat, sites: dict[int, SiteReport]) -> Shape:
    kind, title = _site(sites, node.sites)
    inner = _column(list(_shapes(node.body, sites)))
    loop = _headed("loop", node.head, inner, back=True)
    shape = Shape(
        loop.width, loop.height, loop.axis, True, (_group(kind, node.line, loop.parts, title),)
    )
    if not node.other:
        return shape
    other = _headed("guarded", "else", _column(list(_shapes(node.other, sites))), back=False)
    return _column([shape, other])


def _guarded(node: Guarded, sites: dict[int, SiteReport]) -> Shape:
    """The body, and beside it what handles its exceptions."""
    inner = _column(list(_shapes(node.body, sites)))
    tried = _headed("guarded", node.head, inner, back=False)
    parts, x, ends = [tried.at(0, 0)], tried.width, [(tried.axis, tried.height)] * tried.goes_on
    bottom = tried.height
    for head, body in node.handlers:
        suite = _column(list(_shapes(body, sites)))
        handler = _headed("guarded", head, suite, back=False)
        parts.append(_wire([(x, _LINE), (x + _BETWEEN, _LINE)], tip=True))
        parts.append(handler.at(x + _BETWEEN, 0))
        if suite.goes_on:
            ends.append((x + _BETWEEN + handler.axis, handler.height))
        x += _BETWEEN + handler.width
        bottom = max(bottom, handler.height)
    if len(ends) > 1:
        bottom += 10
        parts += [
            _wire([(end, y), (end, bottom), (tried.axis, bottom)], tip=False) for end, y in ends
        ]
    return Shape(x, bottom, tried.axis, bool(ends), tuple(parts))
