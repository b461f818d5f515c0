"""How large the staged graphs are, against AutoGraph's, and what their loops carry."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from programs.graphs import nodes

import bcgraph
from bench.measure import table

Graph = Any


def main(*, quick: bool) -> None:
    """Traces each reference program both ways, on the arguments of its first case."""
    try:
        import tensorflow as tf
        from programs.ops import HARNESSES, ops
        from programs.reference import PROGRAMS, with_source
    except ImportError as error:
        print(f"not measured: {error}")
        return
    tf.get_logger().setLevel("ERROR")
    rows, loops = [], []
    harness = HARNESSES["tensorflow"]()
    with ops.of(harness), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for program in PROGRAMS[: 8 if quick else None]:
            if "tensorflow" not in program.backends:
                continue
            arguments = harness.arguments(program.cases[0].arguments)
            ours, theirs = (
                _traced(make, with_source(program), arguments) for make in (_compiled, tf.function)
            )
            rows.append([program.name, _size(ours), _size(theirs), *_ratio(ours, theirs)])
            loops += [[program.name, *_loops(ours, theirs)]] * (bool(_carried(ours)))
    print(table(["nodes", "bcgraph", "AutoGraph", "ratio"], rows))
    print()
    print(table(["state of each loop, changed + kept", "bcgraph", "AutoGraph"], loops))


def _compiled(function: Callable[..., Any]) -> Any:
    return bcgraph.compile(function, backend="tensorflow")


def _traced(make: Callable[..., Any], function: Callable[..., Any], arguments: Any) -> Graph | str:
    """The graph, or the name of the exception that there was instead."""
    try:
        with redirect_stdout(None):
            concrete = make(function).get_concrete_function(*arguments)
        return concrete.graph.as_graph_def()
    except Exception as error:
        return type(error).__name__


def _size(graph: Graph | str) -> object:
    return graph if isinstance(graph, str) else sum(1 for _ in nodes(graph))


def _ratio(ours: Graph | str, theirs: Graph | str) -> list[str]:
    one, other = _size(ours), _size(theirs)
    numbers = isinstance(one, int) and isinstance(other, int)
    return [f"{one / other:.2f}" if numbers else ""]


def _carried(graph: Graph | str) -> list[str]:
    """For each `While` of a graph how many values its body changes and how many it hands on."""
    if isinstance(graph, str):
        return []
    library = {function.signature.name: function for function in graph.library.function}
    found = []
    for node in nodes(graph):
        if node.op in ("While", "StatelessWhile"):
            body = library[node.attr["body"].func.name]
            kept = sum(
                body.ret[out.name] == given.name
                for given, out in zip(
                    body.signature.input_arg, body.signature.output_arg, strict=True
                )
            )
            found.append(f"{len(node.input) - kept}+{kept}")
    return found


def _loops(ours: Graph | str, theirs: Graph | str) -> list[str]:
    return [
        graph if isinstance(graph, str) else ", ".join(_carried(graph)) for graph in (ours, theirs)
    ]
