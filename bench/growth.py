"""How the time to convert and to record grows with a function, and what its guards cost."""

from __future__ import annotations

from collections.abc import Callable

from programs.sized import continues, in_sequence, made, nested, nested_loops, returns

import bcgraph
from bench.measure import medians, seconds, table

Shape = tuple[str, Callable[[int], str], tuple[int, ...], int]
SHAPES: tuple[Shape, ...] = (
    ("if in sequence", in_sequence, (100, 300, 1000, 3000, 10_000), 1),
    ("early return", returns, (50, 100, 200, 400), 1),
    ("continue in one loop", continues, (50, 100, 200, 400), 1),
    ("if nested", nested, (5, 10, 20, 40), 1),
    ("while nested, with break", nested_loops, (5, 10, 20), 2),
)
STAGED: tuple[tuple[str, Callable[[int], str], tuple[int, ...]], ...] = (
    ("if in sequence", in_sequence, (10, 20, 40, 80, 160)),
    ("early return", returns, (10, 20, 40, 80)),
    ("if nested", nested, (5, 10, 20, 40)),
    ("while nested, with break", nested_loops, (3, 6, 12, 18)),
)


def main(*, quick: bool) -> None:
    """Converts each shape at each size; runs the original and the converted function by turns."""
    rows = []
    for name, shape, sizes, branches in SHAPES:
        for size in sizes[: 3 if quick else None]:
            source, count = shape(size), size * branches
            repeat = 1 if size > 1000 else 3 if quick else 7
            (cost,) = medians([lambda s=source: bcgraph.convert(made(s), backend="numpy")], repeat)
            original = made(source)
            converted = bcgraph.convert(original, backend="numpy")
            times = max(1, 3000 // count)
            native, guarded = medians(
                [lambda f=f, t=times: [f(7, 9) for _ in range(t)] for f in (original, converted)],
                7,
            )
            rows.append([
                name, size, seconds(cost), seconds(cost / count),
                seconds(native / times / count), f"{guarded / native:.2f}",
            ])  # fmt: skip
    head = ["shape", "size", "convert", "a branch", "run a branch", "guarded / original"]
    print(table(head, rows))
    if "tensorflow" in bcgraph.backends():
        print("\n# How the time to record a graph grows when every branch is staged.\n")
        _staging(quick=quick)


def _staging(*, quick: bool) -> None:
    import tensorflow as tf  # the core is measured without it

    number = tf.TensorSpec((), tf.int32)
    rows = []

    def record(source: str) -> None:
        converted = bcgraph.convert(made(source), backend="tensorflow")
        tf.function(converted, autograph=False).get_concrete_function(number, number)

    record(in_sequence(2))
    for name, shape, sizes in STAGED:
        for size in sizes[: 3 if quick else None]:
            (cost,) = medians([lambda s=shape(size): record(s)], 3)
            rows.append([name, size, seconds(cost), seconds(cost / size)])
    print(table(["shape", "size", "convert and record", "a branch"], rows))
