"""What a call costs that stages nothing: converted functions, and compiled ones."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import bcgraph
from bench.clock import rounds
from bench.competitors import OURS, fresh
from bench.frameworks import prepared
from bench.progress import shown
from bench.results import Remark, Sample

from ._selection import Selection

ORIGINAL, TF_FUNCTION, TORCH_COMPILE = "original", "tf.function", "torch.compile"
Ways = dict[str, Callable[[], Any]]


def branching(x: Any, y: Any) -> Any:
    """Three branches that Python values decide, and a loop."""
    if x > y:
        x, y = y, x
    for _ in range(3):
        x = x + 1
    if x == y and x > 10:
        return y
    return x


def straight(x: Any, y: Any) -> Any:
    """Nothing to decide."""
    return x + y


def measure(selection: Selection) -> Iterator[Sample | Remark]:
    """Calls the original, what is made of it, and what the framework makes, by turns."""
    pace = replace(selection.pace, rounds=101, budget_s=0.5 if selection.quick else 10.0)
    for case, ways in shown("calls", [(case, (case, ways)) for case, ways in _cases(selection)]):
        for run in ways.values():
            run()
        for way, times in zip(ways, rounds(list(ways.values()), pace), strict=True):
            yield Sample("call, nothing staged", case, way, "s", tuple(times))


def _cases(selection: Selection) -> Iterator[tuple[str, Ways]]:
    yield from _on_python()
    if selection.has("tensorflow"):
        yield from _on_tensorflow()
    if selection.has("torch"):
        yield from _on_torch()


def _on_python() -> Iterator[tuple[str, Ways]]:
    """Numbers: nothing can be staged, so that the original could be called."""
    for function in (straight, branching):
        name = function.__name__
        original, converted = fresh(function), bcgraph.convert(fresh(function), backend="numpy")
        compiled = bcgraph.compile(fresh(function), backend="numpy")
        yield (
            f"convert, {name}, numbers",
            {ORIGINAL: lambda f=original: f(3, 5), OURS: lambda f=converted: f(3, 5)},
        )
        yield (
            f"compile for numpy, {name}, numbers",
            {ORIGINAL: lambda f=original: f(3, 5), OURS: lambda f=compiled: f(3, 5)},
        )


def _on_tensorflow() -> Iterator[tuple[str, Ways]]:
    """Tensors and numbers: what is called is a graph, by `tf.function`'s own way."""
    prepared("tensorflow")
    tf = importlib.import_module("tensorflow")
    x, y = tf.constant(3.0), tf.constant(5.0)

    class Model:
        theirs = tf.function(lambda self, x, y: x + y, autograph=False)
        ours = bcgraph.compile(lambda self, x, y: x + y, backend="tensorflow")

    model = Model()
    theirs = tf.function(fresh(straight), autograph=False)
    ours = bcgraph.compile(fresh(straight), backend="tensorflow")
    chosen = bcgraph.compile(fresh(straight))
    yield (
        "compile for tensorflow, tensors",
        {
            ORIGINAL: lambda: straight(x, y),
            TF_FUNCTION: lambda: theirs(x, y),
            OURS: lambda: ours(x, y),
        },
    )
    yield (
        "compile, the backend by the arguments, tensors",
        {
            ORIGINAL: lambda: straight(x, y),
            TF_FUNCTION: lambda: theirs(x, y),
            OURS: lambda: chosen(x, y),
        },
    )
    yield (
        "compile for tensorflow, numbers",
        {
            ORIGINAL: lambda: straight(3, 5),
            TF_FUNCTION: lambda: theirs(3, 5),
            OURS: lambda: ours(3, 5),
        },
    )
    yield (
        "compile for tensorflow, method",
        {
            TF_FUNCTION: lambda: model.theirs(x, y),
            OURS: lambda: model.ours(x, y),
        },
    )
    signature = [tf.TensorSpec((), tf.float32)] * 2
    theirs_signed = tf.function(fresh(straight), autograph=False, input_signature=signature)
    ours_signed = bcgraph.compile(fresh(straight), backend="tensorflow", input_signature=signature)
    yield (
        "compile for tensorflow, input signature",
        {
            ORIGINAL: lambda: straight(x, y),
            TF_FUNCTION: lambda: theirs_signed(x, y),
            OURS: lambda: ours_signed(x, y),
        },
    )


def _on_torch() -> Iterator[tuple[str, Ways]]:
    """Tensors: what is called is a captured graph."""
    prepared("torch")
    torch = importlib.import_module("torch")
    x, y = torch.tensor(3.0), torch.tensor(5.0)
    theirs = torch.compile(fresh(straight), fullgraph=True, dynamic=False)
    ours = bcgraph.compile(fresh(straight), backend="torch")
    yield (
        "compile for torch, tensors",
        {
            ORIGINAL: lambda: straight(x, y),
            TORCH_COMPILE: lambda: theirs(x, y),
            OURS: lambda: ours(x, y),
        },
    )
