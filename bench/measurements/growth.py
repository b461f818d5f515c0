"""How costs grow: with length, sites, nesting, variables and turns."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from programs.sized import continues, in_sequence, made, nested, nested_loops, returns, variables

import bcgraph
from bench import graphs
from bench.clock import rounds, turns
from bench.competitors import AUTOGRAPH, BY_HAND, OURS
from bench.frameworks import prepared
from bench.memory import peak_bytes, python_bytes
from bench.programs import Function
from bench.progress import shown
from bench.results import Remark, Sample

from . import _by_hand
from ._selection import Selection

ORIGINAL = "original"
Found = Iterator[Sample | Remark]


@dataclass(frozen=True, slots=True)
class Shape:
    """A family of functions.

    Attributes:
        name: what tables call it.
        source: of a size, the text of a function `f` of two numbers.
        sizes: how many sites (lines, variables) it is converted with.
        staged: how many it is recorded with when each is staged.
        by_hand: of a size, the same with TensorFlow's operators.
        autograph: the largest size that AutoGraph is given (it takes seconds, or gives up).
    """

    name: str
    source: Callable[[int], str]
    sizes: tuple[int, ...]
    staged: tuple[int, ...]
    by_hand: Callable[[int], Function]
    autograph: int


SHAPES = (
    Shape("if in sequence", in_sequence, (100, 300, 1000), (10, 20, 40, 80, 160),
          _by_hand.in_sequence, 40),
    Shape("early return", returns, (50, 100, 200, 400), (10, 20, 40, 80), _by_hand.returns, 0),
    Shape("continue in one loop", continues, (50, 100, 200, 400), (10, 20, 40, 80),
          _by_hand.continues, 20),
    Shape("if nested", nested, (5, 10, 20, 40), (5, 10, 20, 40), _by_hand.nested, 10),
    Shape("while nested, with break", nested_loops, (5, 10, 20), (3, 6, 12, 18),
          _by_hand.nested_loops, 6),
    Shape("variables of a loop", variables, (10, 30, 100, 300), (4, 8, 16, 32, 64),
          _by_hand.variables, 64),
)  # fmt: skip


def measure(selection: Selection) -> Found:
    """Converts each shape at each size, runs it with numbers, and records it with tensors."""
    for shape in shown("growth", [(shape.name, shape) for shape in SHAPES]):
        yield from _converted(shape, selection)
        if selection.has("tensorflow"):
            prepared("tensorflow")
            yield from _recorded(shape, selection)


def _converted(shape: Shape, selection: Selection) -> Found:
    """The time and the memory to convert, and what the guards cost a run with numbers."""
    sizes = shape.sizes[: 2 if selection.quick else None]
    texts = {size: shape.source(size) for size in sizes}

    def convert(size: int) -> Function:
        return bcgraph.convert(made(texts[size]), backend="numpy")

    convert(sizes[0])
    runs = [lambda s=size: convert(s) for size in sizes]
    times = turns(runs, selection.builds, selection.clock)
    for size, found in zip(sizes, times, strict=True):
        yield Sample("convert", shape.name, OURS, "s", tuple(found), size)
    for size in sizes:
        peak, kept = python_bytes(lambda s=size: convert(s))
        yield Sample("convert, peak", shape.name, OURS, "bytes", (peak,), size)
        yield Sample("convert, kept", shape.name, OURS, "bytes", (kept,), size)
        original = made(texts[size])
        runs = [lambda f=f: f(7, 9) for f in (original, convert(size))]
        for name, found in zip((ORIGINAL, OURS), rounds(runs, selection.pace), strict=True):
            yield Sample("run, nothing staged", shape.name, name, "s", tuple(found), size)


def _recorded(shape: Shape, selection: Selection) -> Found:
    """The time, the memory and the nodes of the graph, if all is staged, and the time of a call."""
    tf = importlib.import_module("tensorflow")
    number = tf.TensorSpec((), tf.int32)
    arguments = tf.constant(7), tf.constant(9)

    def ours(size: int) -> Any:
        return bcgraph.compile(made(shape.source(size)), backend="tensorflow", jit=False)

    def theirs(size: int) -> Any:
        return tf.function(made(shape.source(size)))

    def by_hand(size: int) -> Any:
        return tf.function(shape.by_hand(size), autograph=False)

    sizes = shape.staged[: 2 if selection.quick else None]
    ways = [(OURS, ours, size) for size in sizes] + [(BY_HAND, by_hand, size) for size in sizes]
    if not selection.quick:
        ways += [(AUTOGRAPH, theirs, size) for size in sizes if size <= shape.autograph]
    usable = []
    for way, make, size in ways:
        try:
            expected = int(made(shape.source(size))(7, 9))
            found = int(make(size)(*arguments))
            assert found == expected, f"{found} instead of {expected}"
            usable.append((way, make, size))
        except Exception as error:
            text = f"{type(error).__name__} at size {size}"
            yield Remark("failed", shape.name, f"tensorflow: {way}", text)

    def record(make: Callable[[int], Any], size: int) -> None:
        make(size).get_concrete_function(number, number)

    runs = [lambda m=make, s=size: record(m, s) for _, make, size in usable]
    times = turns(runs, selection.builds, selection.clock)
    functions = [make(size) for _, make, size in usable]
    calls = [lambda f=function: f(*arguments) for function in functions]
    for call in calls:
        call()
    called = rounds(calls, selection.pace)
    for (way, make, size), recorded, each, function in zip(
        usable, times, called, functions, strict=True
    ):
        name = f"tensorflow: {way}"
        yield Sample("record", shape.name, name, "s", tuple(recorded), size)
        yield Sample("call, all staged", shape.name, name, "s", tuple(each), size)
        graph = graphs.tensorflow_graph(function, arguments)
        yield Sample("nodes", shape.name, name, "nodes", (graphs.size(graph),), size)
        peak = peak_bytes(lambda m=make, s=size: record(m, s))
        if peak is not None:
            yield Sample("record, peak", shape.name, name, "bytes", (peak,), size)
