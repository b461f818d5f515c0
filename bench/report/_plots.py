"""Plots of results, as PNG files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from bench.clock import Spread, ratios
from bench.competitors import AUTOGRAPH, BY_HAND, COMPETITORS, OURS
from bench.frameworks import FRAMEWORKS
from bench.results import Results

_UNITS = {"s": "seconds", "bytes": "bytes", "nodes": "nodes"}


def draw(results: Results, folder: Path) -> list[Path]:
    """The files; none without matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        return []
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figures: dict[str, Any] = {}
    for framework in FRAMEWORKS:
        figure = _calls(results, framework, pyplot)
        if figure is not None:
            figures[f"calls-{framework}"] = figure
    for name, make in (("ratios", _ratios), ("curves", _curves)):
        figure = make(results, pyplot)
        if figure is not None:
            figures[name] = figure
    files = []
    for name, figure in figures.items():
        file = folder / f"{name}.png"
        figure.savefig(file, dpi=110, bbox_inches="tight")
        pyplot.close(figure)
        files.append(file)
    return files


def _calls(results: Results, framework: str, pyplot: Any) -> Any:
    """A dot for each competitor in each program's row; to the left is faster."""
    names = [c.name for c in COMPETITORS if c.framework == framework]
    samples = [s for s in results.of("call") if s.competitor in names]
    if not samples:
        return None
    cases = list(dict.fromkeys(s.case for s in samples))[::-1]
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.3 * len(cases)))
    for name in names:
        mine = [s for s in samples if s.competitor == name]
        times = [Spread.of(s.values).middle for s in mine]
        marks = {"marker": "D" if OURS in name else "o", "label": name.partition(": ")[2]}
        axes.scatter(times, [cases.index(s.case) for s in mine], alpha=0.8, **marks)
    axes.set(xscale="log", xlabel="seconds a call", title=framework)
    axes.set_yticks(range(len(cases)), cases)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _ratios(results: Results, pyplot: Any) -> Any:
    """Ours against by hand and AutoGraph on TensorFlow, with quartiles."""
    cases = [s.case for s in results.of("call") if s.competitor == f"tensorflow: {OURS}"][::-1]
    if not cases:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 1.5 + 0.3 * len(cases)))
    for shift, other in ((0.12, BY_HAND), (-0.12, AUTOGRAPH)):
        for place, case in enumerate(cases):
            ours = results.find("call", case, f"tensorflow: {OURS}")
            theirs = results.find("call", case, f"tensorflow: {other}")
            if ours is not None and theirs is not None:
                found = ratios(ours.values, theirs.values)
                errors = [[found.middle - found.low], [found.high - found.middle]]
                colour = "C0" if other == BY_HAND else "C1"
                axes.errorbar(found.middle, place + shift, xerr=errors, fmt="o", color=colour)
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(cases)), cases)
    axes.set(xlabel=f"a call: {OURS} / {BY_HAND} (blue), / {AUTOGRAPH} (orange)")
    axes.grid(axis="x", alpha=0.3)
    return figure


def _curves(results: Results, pyplot: Any) -> Any:
    """Each measure that has sizes, on logarithmic axes."""
    curves = [s for s in results.samples if s.size is not None]
    measures = list(dict.fromkeys(s.measure for s in curves))
    if not measures:
        return None
    figure, grid = pyplot.subplots(
        len(measures), 1, figsize=(9, 4.5 * len(measures)), squeeze=False
    )
    for axes, measure in zip(grid[:, 0], measures, strict=True):
        samples = [s for s in curves if s.measure == measure]
        for case, competitor in dict.fromkeys((s.case, s.competitor) for s in samples):
            line = [s for s in samples if (s.case, s.competitor) == (case, competitor)]
            way = competitor.rpartition(": ")[2]
            style = {OURS: "-", BY_HAND: "--", AUTOGRAPH: ":"}.get(way, "-.")
            colour = f"C{list(dict.fromkeys(s.case for s in samples)).index(case) % 10}"
            axes.plot(
                [s.size for s in line],
                [Spread.of(s.values).middle for s in line],
                style, color=colour, marker=".", label=f"{case}: {way}",
            )  # fmt: skip
        unit = _UNITS[samples[0].unit]
        axes.set(xscale="log", yscale="log", title=measure, xlabel="size", ylabel=unit)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
