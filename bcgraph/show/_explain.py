"""Which branches and loops a function has, and what became of each."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from bcgraph.cfg import build
from bcgraph.dataflow import analyse
from bcgraph.instructions import Op, read
from bcgraph.regions import Cond, Site, plan, whole
from bcgraph.runtime import staged_sites


@dataclass(frozen=True)
class SiteReport:
    """One branch or `for`.

    `would_be`: what it is as part of a graph. `staged`: whether a staged value has decided it so
    far; else it ran as Python. `carries`: the variables that go in or come out.
    """

    line: int | None
    text: str
    kind: str
    would_be: str
    staged: bool
    carries: tuple[str, ...]

    def __str__(self) -> str:
        state = f"staged as a {self.would_be}" if self.staged else "ran as Python"
        carried = f" over {', '.join(self.carries)}" if self.staged and self.carries else ""
        return f"line {self.line}: {self.text or self.kind}: {state}{carried}"


@dataclass(frozen=True)
class Explanation:
    """What became of a function's sites.

    `graphs`: for each graph of a compiled function what runs it, and why, as its backend tells.
    """

    name: str
    sites: tuple[SiteReport, ...]
    graphs: tuple[str, ...] = ()

    def __str__(self) -> str:
        count = sum(site.staged for site in self.sites)
        head = f"{self.name}: {count} of {len(self.sites)} branches and loops staged"
        if not self.sites:
            head = f"{self.name}: no branch and no loop; nothing to stage"
        return "\n".join([head, *(f"  {line}" for line in (*self.sites, *self.graphs))])


def explain(fn: Callable[..., Any]) -> Explanation:
    """Tells for each branch and loop of a function whether it was staged so far, and as what."""
    target = inspect.unwrap(fn)
    code = getattr(target, "__code__", None) or getattr(type(target).__call__, "__code__", None)
    if not isinstance(code, CodeType):
        raise TypeError(f"{fn!r} is no Python function")
    cfg = build(read(code))
    flow = whole(cfg, analyse(cfg))
    done = staged_sites(code)
    reports = []
    for block in cfg.blocks:
        if block.terminator not in (Op.BRANCH, Op.FOR):
            continue
        ins = cfg.instructions(block)[0]
        if ins.op is Op.BRANCH and ins.arg != "truth":
            continue
        site = plan(flow, block.id, repeatable=True)
        names = tuple(n for n in site.inputs if "~" not in n)
        reports.append(
            SiteReport(
                ins.line,
                linecache.getline(code.co_filename, ins.line or 0).strip().rstrip(":"),
                "for" if ins.op is Op.FOR else "branch",
                _told(site),
                (ins.op, ins.location) in done,
                names,
            )
        )
    told = getattr(type(fn), "notes", None)
    graphs = () if told is None else told(fn)
    sites = tuple(sorted(reports, key=lambda r: r.line or 0))
    return Explanation(code.co_qualname, sites, graphs)


def _told(site: Site) -> str:
    first = site.decisions[0]
    if isinstance(first, Cond):
        return "conditional"
    ways = len(first.ports)
    return "loop" if ways == 1 else f"loop with {ways} ways out"
