"""Reading a TensorFlow graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Graph = Any


def nodes(graph: Graph) -> Iterator[Any]:
    """Every node of a graph, those in the functions that it reaches included."""
    library = {function.signature.name: function for function in graph.library.function}
    seen: set[str] = set()
    work = [graph.node]
    while work:
        for node in work.pop():
            yield node
            for value in node.attr.values():
                for name in (value.func.name, *(f.name for f in value.list.func)):
                    if name in library and name not in seen:
                        seen.add(name)
                        work.append(library[name].node_def)
