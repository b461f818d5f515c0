"""What it costs to convert functions of some lengths, against AutoGraph."""

from __future__ import annotations

from collections.abc import Iterator

from programs.sized import made, mixed

import bcgraph
from bench.clock import turns
from bench.competitors import AUTOGRAPH, OURS
from bench.frameworks import prepared
from bench.progress import shown
from bench.results import Remark, Sample

from ._selection import Selection

BLOCKS = (1, 6, 33)
CASE = "lines"


def measure(selection: Selection) -> Iterator[Sample | Remark]:
    """Converts new functions of 6, 26 and 134 lines by turns."""
    if not selection.has("tensorflow"):
        yield Remark("left out", "conversion", "tensorflow", "not installed, or not selected")
        return
    prepared("tensorflow")
    import tensorflow as tf

    def ours(source: str) -> None:
        bcgraph.convert(made(source), backend="tensorflow")

    def theirs(source: str) -> None:
        tf.autograph.to_graph(made(source))

    ours(mixed(1))
    theirs(mixed(1))
    for source in shown("conversion", [(f"{4 * n + 2} lines", mixed(n)) for n in BLOCKS]):
        runs = [lambda s=source: ours(s), lambda s=source: theirs(s)]
        found = turns(runs, 1 + selection.builds, selection.clock)
        for way, times in zip((OURS, AUTOGRAPH), found, strict=True):
            name, lines = f"tensorflow: {way}", source.count("\n")
            yield Sample("convert", CASE, name, "s", tuple(times), lines)
