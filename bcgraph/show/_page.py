"""The page of an explanation: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from ._drawing import drawing, shipped

if TYPE_CHECKING:
    from bcgraph._history import Compilation

    from ._record import Explanation, SiteReport

_LEGEND = (
    '<span class="legend"><i class="staged"></i>a tensor decides'
    '<i class="python"></i>Python decides</span>'
)


def page(told: Explanation) -> str:
    """The whole page."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(told.name)} — bcgraph</title><style>{shipped('page.css')}</style></head>"
        f"<body><main>{''.join(_body(told))}</main><script>{shipped('page.js')}</script></body></html>\n"
    )


def framed(told: Explanation) -> str:
    """The page in a frame of its own, for a notebook: nothing of it meets the notebook's style."""
    height = 420 + 21 * min(len(told.source), 30)
    return (
        f'<iframe srcdoc="{escape(page(told), quote=True)}" width="100%" height="{height}"'
        f' style="border:0" title="{escape(told.name, quote=True)}"></iframe>'
    )


def _body(told: Explanation) -> Iterator[str]:
    staged = sum(site.staged for site in told.sites)
    rest = len(told.sites) - staged
    yield f"<h1>{escape(told.name)}</h1>"
    yield f'<p class="sub">{escape(told.filename)}</p><div class="pills">'
    if not told.sites:
        yield '<span class="pill">no branch and no loop: nothing to stage</span>'
    if staged:
        yield f'<span class="pill staged">{staged} staged</span>'
    if rest:
        many = "branches and loops" if rest > 1 else "branch or loop"
        state = "ran as Python" if told.has_run else f"{many}, none staged so far"
        yield f'<span class="pill">{rest} {state}</span>'
    count = len(told.compilations)
    if count:
        yield f'<span class="pill">{count} graph{"s" * (count != 1)} compiled</span>'
    yield '</div><div class="columns"><div>'
    title = "Listing, from bytecode: there is no source" if told.is_listing else "Source"
    yield f'<section><h2>{title}</h2><div class="scroll"><div class="code">'
    yield from _code(told)
    yield "</div></div></section>"
    yield f'</div><section><h2>Control flow{_LEGEND}</h2><div class="scroll picture">'
    yield f"{drawing(told)}</div></section></div>"
    yield from _sites(told)
    yield from _compilations(told.compilations)
    yield from _graphs(told.graphs)


def _code(told: Explanation) -> Iterator[str]:
    at: dict[int | None, list[SiteReport]] = {}
    for site in told.sites:
        at.setdefault(site.line, []).append(site)
    seen = set()
    for number, text in told.source:
        sites = at.get(number, []) if number not in seen else []
        seen.add(number)
        kind = "" if not sites else "staged" if any(s.staged for s in sites) else "python"
        said = "; ".join(dict.fromkeys(_said(site) for site in sites))
        line = f' data-line="{number}"' if number else ""
        yield (
            f'<div class="row {kind}"{line}><span class="n">{number or ""}</span>'
            f"<pre>{escape(text) or ' '}</pre>"
            + (f'<span class="say">{escape(said)}</span>' if said else "")
            + "</div>"
        )


def _said(site: SiteReport) -> str:
    if site.staged:
        return site.would_be
    return "ran as Python" if site.ran else f"{site.would_be}, if a tensor decides it"


def _sites(told: Explanation) -> Iterator[str]:
    sites = told.sites
    if not sites:
        return
    yield "<section><h2>Branches and loops</h2><div class='scroll'><table>"
    yield _heads("line", "what", "became", "carries", "exits", "why")
    for site in sites:
        became = _said(site)
        yield f'<tr data-line="{site.line}"><td>{site.line or ""}</td>'
        yield f'<td class="names what">{escape(site.text or site.kind)}</td>'
        yield f"<td>{escape(became)}</td>"
        yield f'<td class="names">{escape(", ".join(site.carries))}</td><td>{site.exits}</td>'
        yield f"<td>{escape(site.why)}</td></tr>"
    yield "</table></div></section>"


def _graphs(found: tuple[str, ...]) -> Iterator[str]:
    if not found:
        return
    yield "<section><h2>Graphs, and what runs them</h2><div class='scroll'><table>"
    for one in found:
        yield f"<tr><td>{escape(one)}</td></tr>"
    yield "</table></div></section>"


def _heads(*names: str) -> str:
    return f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"


def _compilations(found: tuple[Compilation, ...]) -> Iterator[str]:
    if not found:
        return
    longest = max(one.seconds for one in found) or 1.0
    kinds = {"convert": "c", "trace": "t", "build and run": "b"}
    yield "<section><h2>Compiled, in order</h2><div class='scroll'><table>"
    yield _heads("when", "backend", "why", "arguments", "steps")
    for one in found:
        arguments = "<br>".join(escape(f"{name}: {t}") for name, t in one.arguments.items())
        bars = "".join(
            f'<i class="{kinds[name]}" style="width:{100 * seconds / longest:.2f}%"></i>'
            for name, seconds in one.steps
        )
        steps = " ".join(
            f'<span><i class="{kinds[name]}"></i>{name} {1000 * seconds:.1f} ms</span>'
            for name, seconds in one.steps
        )
        yield (
            f'<tr><td title="{one.at}">{one.at[11:19]}</td><td>{escape(one.backend)}</td>'
            f'<td>{escape(one.cause)}</td><td class="names one">{arguments}</td>'
            f'<td><span class="key">{steps}</span><div class="bar">{bars}</div></td></tr>'
        )
    yield "</table></div></section>"
