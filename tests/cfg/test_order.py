"""Dominators, post-dominators and natural loops of random graphs, against networkx."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from library.files import compiled, functions, sources

from bcgraph.cfg import build
from bcgraph.cfg._order import END, dominators, natural_loops, postdominators
from bcgraph.instructions import read

Edges = list[tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn) -> nx.DiGraph:
    """A graph of which every node is reached from node 0."""
    size = draw(st.integers(1, 10))
    nodes = st.integers(0, size - 1)
    graph = nx.DiGraph(draw(st.lists(st.tuples(nodes, nodes), max_size=2 * size)))
    graph.add_nodes_from(range(size))
    unreached = [node for node in range(1, size) if not nx.has_path(graph, 0, node)]
    graph.add_edges_from((draw(st.integers(0, node - 1)), node) for node in unreached)
    graph.remove_nodes_from(set(graph) - {0} - nx.descendants(graph, 0))
    return graph


def immediate(graph: nx.DiGraph, entry: int) -> dict[int, int]:
    """networkx' answer, without the entry (which it gives as None, or as itself)."""
    found = nx.immediate_dominators(graph, entry)
    return {node: above for node, above in found.items() if node != entry}


def ordered(graph: nx.DiGraph, node: int) -> list[int]:
    return sorted(graph.successors(node))


def check_loops(graph: nx.DiGraph, flow: nx.DiGraph) -> None:
    """The loops of `flow`'s back edges are those that the definition gives, smallest first."""
    loops, irreducible = natural_loops(
        0, lambda node: ordered(graph, node), lambda node: ordered(flow, node)
    )
    above = {0: 0, **immediate(graph, 0)}
    back = [(tail, head) for tail, head in flow.edges if dominates(above, head, tail)]
    expected: dict[int, set[int]] = {}
    for tail, head in back:
        without = graph.subgraph(set(graph) - {head})
        body = {tail} | nx.ancestors(without, tail) if tail != head else set()
        expected.setdefault(head, {head}).update(body)
    assert {loop.header: set(loop.blocks) for loop in loops} == expected
    sizes = [len(loop.blocks) for loop in loops]
    assert sizes == sorted(sizes)
    if graph.edges == flow.edges:
        forward = graph.copy()
        forward.remove_edges_from(back)
        assert irreducible == (not nx.is_directed_acyclic_graph(forward))


def dominates(above: dict[int, int], one: int, other: int) -> bool:
    while other not in (one, above[other]):
        other = above[other]
    return other == one


@settings(max_examples=120, derandomize=True, deadline=None)
@given(graphs())
def test_dominators(graph: nx.DiGraph) -> None:
    found = dominators(0, lambda node: ordered(graph, node))
    assert found.pop(0) == 0
    assert found == immediate(graph, 0)


@settings(max_examples=120, derandomize=True, deadline=None)
@given(graphs(), st.data())
def test_postdominators(graph: nx.DiGraph, data: st.DataObject) -> None:
    """What is common to some nodes is the nearest of the nodes that post-dominate them all."""
    ends = data.draw(st.sets(st.sampled_from(sorted(graph)), min_size=1))
    asked = data.draw(st.sets(st.sampled_from(sorted(graph)), min_size=1))
    tree = postdominators(graph, lambda node: ordered(graph, node), ends)
    backward = graph.reverse()
    backward.add_edges_from((END, end) for end in ends)
    above = immediate(backward, END)
    chains = [chain(above, node) for node in sorted(asked) if node in above]
    if not chains:
        assert tree.common(sorted(asked)) is None
        return
    shared = [node for node in chains[0] if all(node in other for other in chains)]
    assert tree.common(sorted(asked)) == shared[0]


def chain(above: dict[int, int], node: int) -> list[int]:
    found = [node]
    while found[-1] != END:
        found.append(above[found[-1]])
    return found


@settings(max_examples=120, derandomize=True, deadline=None)
@given(graphs())
def test_natural_loops(graph: nx.DiGraph) -> None:
    check_loops(graph, graph)


@settings(max_examples=120, derandomize=True, deadline=None)
@given(graphs(), st.data())
def test_no_loop_is_closed_by_an_exception(graph: nx.DiGraph, data: st.DataObject) -> None:
    edges = data.draw(st.sets(st.sampled_from(sorted(graph.edges)))) if graph.edges else set()
    flow = nx.DiGraph(edges)
    flow.add_nodes_from(graph)
    check_loops(graph, flow)


@pytest.mark.parametrize("module", ["dataclasses", "_strptime"])
def test_graphs_of_real_functions(module: str) -> None:
    path = next(path for path in sources() if path.stem == module)
    code = compiled(path)
    assert code is not None
    for function in functions(code):
        cfg = build(read(function))
        flow = nx.DiGraph((b.id, s) for b in cfg.blocks for s in b.successors)
        flow.add_nodes_from(block.id for block in cfg.blocks)
        graph = nx.DiGraph((p, b) for b, before in enumerate(cfg.predecessors) for p in before)
        graph.add_nodes_from(flow)
        check_loops(graph, flow)
        assert not cfg.irreducible
