"""What the demo needs of a framework: its tensors, its `stack`, and the size of a graph.

The demo stands on the user's side of bcgraph, so it uses the frameworks themselves. Nothing here
is imported before a backend is shown.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bcgraph


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework as a user has it at hand."""

    version: str
    seconds: float
    """How long its import took."""
    tensor: Callable[[Any], Any]
    """A tensor of a number, or of nested lists of numbers."""
    stack: Callable[[Any], Any]
    graph_size: Callable[[Callable[..., Any], tuple[Any, ...]], int] | None
    """Counts the operations of a function's graph for given tensors; None: there is no graph."""


def load(name: str) -> Framework | None:
    """Imports the framework of the backend `name`; None where the demo doesn't know the backend."""
    start = time.perf_counter()
    tensor: Any
    stack: Any
    size: Any
    match name:
        case "numpy":
            import numpy

            version, tensor, stack, size = numpy.__version__, numpy.array, numpy.stack, None
        case "tensorflow":
            # Else the lack of a GPU is reported as an error.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            import tensorflow

            version, tensor, stack, size = (
                tensorflow.__version__,
                tensorflow.constant,
                tensorflow.stack,
                _tensorflow_graph_size,
            )
        case "torch":
            import torch

            version, tensor, stack, size = (
                torch.__version__,
                torch.tensor,
                torch.stack,
                _torch_graph_size,
            )
        case _:
            return None
    return Framework(version, time.perf_counter() - start, tensor, stack, size)


def _torch_graph_size(function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    """The operations of the captured graph, those of its branches and bodies included."""
    compiled = bcgraph.compile(function, backend="torch", compiler="python")
    compiled(*arguments)
    modules = compiled.graphs()[0].modules()
    graphs = [module.graph for module in modules if hasattr(module, "graph")]
    return sum(node.op == "call_function" for graph in graphs for node in graph.nodes)


def _tensorflow_graph_size(function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    """The operations of the graph, those in the bodies of its conds and loops included."""
    import tensorflow

    traced = tensorflow.function(
        bcgraph.convert(function, backend="tensorflow"), autograph=False
    ).get_concrete_function(*arguments)
    definition = traced.graph.as_graph_def()
    bodies = sum(len(body.node_def) for body in definition.library.function)
    return len(definition.node) + bodies
