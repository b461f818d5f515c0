"""How large graphs are, and what their loops carry."""

from __future__ import annotations

from typing import Any

from programs.graphs import nodes

Graph = Any


def tensorflow_graph(function: Any, arguments: tuple[Any, ...]) -> Graph:
    """The graph of a `tf.function`, or of what has its `get_concrete_function`."""
    return function.get_concrete_function(*arguments).graph.as_graph_def()


def size(graph: Graph) -> int:
    """The nodes of a TensorFlow graph, those in the functions that it reaches included."""
    return sum(1 for _ in nodes(graph))


def loops(graph: Graph) -> str:
    """Of each `While` of a TensorFlow graph, how many values its body changes + hands on."""
    library = {function.signature.name: function for function in graph.library.function}
    found = []
    for node in nodes(graph):
        if node.op in ("While", "StatelessWhile"):
            body = library[node.attr["body"].func.name]
            pairs = zip(body.signature.input_arg, body.signature.output_arg, strict=True)
            kept = sum(body.ret[out.name] == given.name for given, out in pairs)
            found.append(f"{len(node.input) - kept}+{kept}")
    return ", ".join(found)


def captured_size(function: Any) -> int:
    """The nodes of what bcgraph has captured on PyTorch, in branches and bodies, too."""
    return sum(
        len(module.graph.nodes)
        for graph in function.graphs()
        for module in graph.modules()
        if hasattr(module, "graph")
    )
