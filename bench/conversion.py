"""What it costs to convert a function, against AutoGraph."""

from __future__ import annotations

from programs.sized import made, mixed

import bcgraph
from bench.measure import medians, seconds, table

BLOCKS = (1, 6, 33)


def main(*, quick: bool) -> None:
    """Converts new functions of three sizes by turns."""
    try:
        import tensorflow as tf
    except ImportError:
        print("TensorFlow is not installed")
        return
    rows = []
    for blocks in BLOCKS:
        source = mixed(blocks)
        ours, theirs = medians(
            [
                lambda source=source: bcgraph.convert(made(source), backend="tensorflow"),
                lambda source=source: tf.autograph.to_graph(made(source)),
            ],
            3 if quick else 15,
        )
        lines = source.count("\n")
        rows.append([lines, seconds(ours), seconds(theirs), f"{theirs / ours:.1f}"])
    print(table(["lines", "bcgraph", "AutoGraph", "ratio"], rows))
