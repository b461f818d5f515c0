"""The tables of results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.clock import Spread, ratios
from bench.competitors import (
    ADAPTED,
    AUTOGRAPH,
    AUTOGRAPH_XLA,
    BY_HAND,
    BY_HAND_XLA,
    COMPETITORS,
    EAGER,
    OURS,
    OURS_AUTO,
    OURS_REASSOCIATED,
    OURS_XLA,
)
from bench.frameworks import FRAMEWORKS
from bench.results import Results, Sample

from . import _units
from ._targets import verdicts

PAIRS = {
    "tensorflow": (
        (OURS, BY_HAND), (OURS, AUTOGRAPH), (OURS, ADAPTED), (OURS, EAGER),
        (OURS_XLA, BY_HAND_XLA), (OURS_XLA, AUTOGRAPH_XLA), (OURS_XLA, OURS), (OURS_AUTO, OURS),
        (OURS_REASSOCIATED, AUTOGRAPH), (OURS_REASSOCIATED, ADAPTED), (OURS_REASSOCIATED, BY_HAND),
        (OURS_REASSOCIATED, OURS),
    ),
    "torch": (
        (OURS, BY_HAND), (OURS, "by hand, C++"), (OURS, "torch.compile"), (OURS, "jit.script"),
        (OURS, EAGER),
    ),
}  # fmt: skip
MEASURES = {
    "call": "A call",
    "turn": "A turn of the innermost loop (the difference of two sizes)",
    "first call": "The first call of a new function (convert, trace, compile, run; tiny data)",
    "retrace": "The first call when the function has been converted (trace, compile, run)",
    "nodes": "Nodes of the graph",
    "peak, first call": "Growth of the process's memory in a first call, at most",
    "peak, call": "Growth of the process's memory in a call, at most",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first column is text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(results: Results) -> list[Table]:
    """All that have rows."""
    found = [
        _targets(results),
        *_of_programs(results),
        _remarks(results, "state of loops", "State of each loop, changed + kept"),
        _cases(results, "call, nothing staged", "A call that stages nothing"),
        *_curves(results),
        _remarks(results, "run by", "What runs a captured graph"),
        _remarks(results, "failed", "Failed"),
        _remarks(results, "left out", "Left out"),
    ]
    return [table for table in found if table.rows]


def _targets(results: Results) -> Table:
    rows = [
        (v.target, v.case, _units.ratio(v.ratio), f"{v.limit:g}", v.verdict)
        for v in verdicts(results)
    ]
    return Table("Targets", ("target", "case", "measured", "limit", "verdict"), tuple(rows))


def _of_programs(results: Results) -> Iterator[Table]:
    """For each framework and measure: every competitor's median, and how ours compares."""
    for framework in FRAMEWORKS:
        names = [c.name for c in COMPETITORS if c.framework == framework]
        for measure, title in MEASURES.items():
            samples = [s for s in results.of(measure) if s.competitor in names and s.size is None]
            there = [name for name in names if any(s.competitor == name for s in samples)]
            rows = [
                (case, *(_median(results.find(measure, case, name)) for name in there))
                for case in dict.fromkeys(s.case for s in samples)
            ]
            yield Table(f"{title}: {framework}", _head(there), tuple(rows))
            if measure in ("call", "turn", "first call", "retrace"):
                yield _pairs(results, framework, measure, title)


def _pairs(results: Results, framework: str, measure: str, title: str) -> Table:
    pairs = PAIRS.get(framework, ())
    cases = dict.fromkeys(s.case for s in results.of(measure))
    rows = []
    for case in cases:
        cells = []
        for one, other in pairs:
            first = results.find(measure, case, f"{framework}: {one}")
            second = results.find(measure, case, f"{framework}: {other}")
            both = first is not None and second is not None
            cells.append(_units.ratio(ratios(first.values, second.values)) if both else "")
        if any(cells):
            rows.append((case, *cells))
    head = ("", *(f"{one} / {other}" for one, other in pairs))
    return Table(f"{title}: {framework}, ratios by round: median (quartiles)", head, tuple(rows))


def _cases(results: Results, measure: str, title: str) -> Table:
    """Competitors side by side, and ours against the first that is there."""
    samples = list(results.of(measure))
    names = list(dict.fromkeys(s.competitor for s in samples))
    rows = []
    for case in dict.fromkeys(s.case for s in samples):
        rows.append((case, *(_median(results.find(measure, case, name)) for name in names)))
    return Table(title, ("", *names), tuple(rows))


def _curves(results: Results) -> Iterator[Table]:
    """Each measure that has sizes: a row for a size."""
    curves = [s for s in results.samples if s.size is not None]
    for measure in dict.fromkeys(s.measure for s in curves):
        samples = [s for s in curves if s.measure == measure]
        names = list(dict.fromkeys(s.competitor for s in samples))
        places = dict.fromkeys((s.case, s.size) for s in samples)
        rows = []
        for case, size in places:
            found = [results.find(measure, case, name, size) for name in names]
            ours = next((s for s in found if s is not None and s.competitor.endswith(OURS)), None)
            each = _units.shown(Spread.of(ours.values).middle / (size or 1), ours.unit)
            rows.append((case, f"{size:g}", *map(_median, found), each))
        yield Table(
            f"{measure[:1].upper()}{measure[1:]}", ("", "size", *names, "ours, each"), tuple(rows)
        )


def _remarks(results: Results, kind: str, title: str) -> Table:
    rows = [(r.case, r.competitor, r.text) for r in results.remarks if r.kind == kind]
    return Table(title, ("", "", ""), tuple(rows))


def _head(names: list[str]) -> tuple[str, ...]:
    return ("", *(name.partition(": ")[2] for name in names))


def _median(sample: Sample | None) -> str:
    return _units.shown(Spread.of(sample.values).middle, sample.unit) if sample else ""
