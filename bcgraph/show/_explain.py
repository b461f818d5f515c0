"""Which branches and loops a function has, and what became of each."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import CodeType
from typing import Any

from bcgraph._history import Compilation
from bcgraph.cfg import Cfg
from bcgraph.dataflow import analyse
from bcgraph.instructions import Op
from bcgraph.regions import Loop, Site, plan, whole
from bcgraph.runtime import Staged, staged_sites

from ._code import code_of, graph_of, printed
from ._expressions import Statement, Unreadable
from ._nodes import Guarded, If, Node, Repeat
from ._record import Explanation, SiteReport
from ._structure import structure


def explain(fn: Callable[..., Any]) -> Explanation:
    """Tells for each branch and loop of a function whether it was staged so far, and as what.

    Args:
        fn: a function, compiled or not.

    Raises:
        TypeError: if `fn` is no Python function.
        UnreadableFunction, UnsupportedPython: if its bytecode cannot be read.
    """
    code = code_of(fn)
    cfg = graph_of(code)
    nodes = _structure(code)
    sites = tuple(sorted(_sites(code, cfg, nodes), key=lambda r: (r.line or 0, r.block)))
    source = tuple(_source(code))
    made = getattr(fn, "compilations", tuple) if hasattr(fn, "__wrapped__") else tuple
    compilations: tuple[Compilation, ...] = tuple(made())
    if not compilations and not any(site.staged for site in sites):
        sites = tuple(replace(site, ran=False) for site in sites)
    notes = getattr(type(fn), "notes", None)
    return Explanation(
        code.co_qualname,
        code.co_filename,
        source or tuple((line, text) for text, line in printed(code, _marks(sites))),
        not source,
        sites,
        compilations,
        () if notes is None else notes(fn),
        nodes,
        str(cfg),
    )


def marks_of(code: CodeType) -> dict[int, str]:
    """What to say beside the branches and loops of a function that were staged, by block."""
    return _marks(tuple(_sites(code, graph_of(code), _structure(code))))


def _marks(sites: tuple[SiteReport, ...]) -> dict[int, str]:
    found = {}
    for site in sites:
        if site.staged:
            over = f" over {', '.join(site.carries)}" if site.carries else ""
            found[site.block] = f"staged: {site.would_be}{over}"
    return found


def _structure(code: CodeType) -> tuple[Node, ...]:
    try:
        return structure(code)
    except Unreadable:
        return ()


def _source(code: CodeType) -> Iterator[tuple[int | None, str]]:
    """The function's own lines; nothing where they cannot be found."""
    numbers = [line for line in _lines(code) if line]
    first, last = min(numbers, default=0), max(numbers, default=0)
    texts = [linecache.getline(code.co_filename, line) for line in range(first, last + 1)]
    if all(text.strip() == "" for text in texts):
        return
    indent = min(len(t) - len(t.lstrip()) for t in texts if t.strip())
    for number, text in enumerate(texts, start=first):
        yield number, text[indent:].rstrip()


def _lines(code: CodeType) -> Iterator[int | None]:
    yield code.co_firstlineno
    yield from (end for _, end, _, _ in code.co_positions())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _lines(constant)


def _sites(code: CodeType, cfg: Cfg, nodes: tuple[Node, ...]) -> Iterator[SiteReport]:
    flow = whole(cfg, analyse(cfg))
    done = staged_sites(code)
    kinds: dict[int, str] = {}
    leading: dict[int, int] = {}  # of the branches that make one test
    for kind, blocks in _tests(nodes):
        kinds.update(dict.fromkeys(blocks, kind))
        leading.update(dict.fromkeys(blocks, blocks[0]))
    tests: dict[int, list[int]] = {}
    for block in cfg.blocks:
        ins = cfg.instructions(block)[0]
        if block.terminator is Op.FOR or (block.terminator is Op.BRANCH and ins.arg == "truth"):
            tests.setdefault(leading.get(block.id, block.id), []).append(block.id)
    for members in tests.values():
        found = [cfg.blocks[b] for b in members]
        as_what = [done.get((i.op, i.location)) for b in found for i in cfg.instructions(b)]
        staged = next((one for one in as_what if one is not None), None)
        block = found[0 if staged is None else as_what.index(staged)]
        ins = cfg.instructions(block)[0]
        site = plan(flow, block.id, repeatable=True)
        first = site.decisions[0]
        became = staged or Staged(isinstance(first, Loop), len(first.ports))
        yield SiteReport(
            ins.line,
            linecache.getline(code.co_filename, ins.line or 0).strip().rstrip(":"),
            kinds.get(block.id, "for" if ins.op is Op.FOR else "expression"),
            "refusal" if site.refusal is not None else str(became),
            staged is not None,
            _why(site, staged),
            tuple(dict.fromkeys(n for n in site.inputs if "~" not in n)),
            became.ways,
            block.id,
            became.turns,
        )


def _tests(nodes: tuple[Node, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The tests of `if`, `while` and `for`: which statement, and the blocks of its branches."""
    for node in nodes:
        match node:
            case If():
                yield "if", node.sites
                yield from _tests((*node.then, *node.other))
            case Repeat():
                if node.sites:
                    yield node.head.partition(" ")[0], node.sites
                yield from _tests((*node.body, *node.other))
            case Guarded():
                yield from _tests(node.body)
                for _, handled in node.handlers:
                    yield from _tests(handled)
            case Statement():
                pass


def _why(site: Site, staged: Staged | None) -> str:
    if staged is not None and staged.turns:
        return f"one loop of the graph could not hold it: {staged.because}"
    if staged is not None:
        return "a tensor decided it"
    if site.refusal is not None:
        return f"if a tensor decided it, that would be refused: {site.refusal}"
    return "no tensor has decided it so far"
