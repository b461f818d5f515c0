"""What can be told of a captured graph, and the copies that its users may need."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.symbolic_shapes import free_unbacked_symbols

COND, WHILE = torch.ops.higher_order.cond, torch.ops.higher_order.while_loop

HANDED = "bcgraph_handed"  # of an operator's node: of which operands its outputs are copies

_HIDDEN = {"running_mean", "running_var"}  # what normalisations write; their schemas do not tell


def parts(graph: GraphModule) -> list[GraphModule]:
    """A graph and all its subgraphs."""
    return [module for module in graph.modules() if isinstance(module, GraphModule)]


def operations(graph: GraphModule) -> Iterator[tuple[GraphModule, Node]]:
    """The calls of a graph and its subgraphs, each with the one it stands in."""
    for part in parts(graph):
        for node in part.graph.nodes:
            if node.op == "call_function":
                yield part, node


def constants(graph: GraphModule) -> Iterator[Any]:
    """What a graph and its subgraphs hold."""
    for part in parts(graph):
        for node in part.graph.nodes:
            if node.op == "get_attr":
                yield getattr(part, str(node.target))


def placeholders(graph: GraphModule) -> list[Node]:
    """What a graph takes."""
    return [node for node in graph.graph.nodes if node.op == "placeholder"]


def outputs(graph: GraphModule) -> list[Any]:
    """What a subgraph gives."""
    values = graph.graph.output_node().args[0]
    return list(values) if isinstance(values, list | tuple) else [values]


def is_operator(node: Node) -> bool:
    """Whether a node is a branch or a loop."""
    return node.op == "call_function" and node.target in (COND, WHILE)


def subgraphs(graph: GraphModule, node: Node) -> list[GraphModule]:
    """The two of an operator: the ways of a `cond`, test and body of a `while_loop`."""
    names = node.args[1:3] if node.target is COND else node.args[:2]
    return [getattr(graph, str(name.target)) for name in names]  # type: ignore[union-attr]


def operands(node: Node) -> list[Any]:
    """What an operator hands to its subgraphs."""
    if node.target is COND:
        return list(node.args[3])  # type: ignore[arg-type]
    return [*node.args[2], *node.args[3]]  # type: ignore[misc]


def part(node: Node, number: int) -> Node:
    """One of the results of an operator, at the place where the graph is being written."""
    made = node.graph.call_function(operator.getitem, (node, number))
    made.meta["val"] = node.meta["val"][number]
    return made


def effect(node: Node) -> str | None:
    """What a call does that gives nothing."""
    if isinstance(node.target, torch._ops.OpOverload):
        return "it may raise" if "assert" in node.target.name() else None
    if getattr(node.target, "__module__", "") != "bcgraph_torch._run":
        return None
    told = {"printed": "it prints", "seeded": "it seeds", "hooked": "it tells autograd of a hook"}
    return told.get(getattr(node.target, "__name__", ""), "it may raise")


def draws(node: Node) -> bool:
    """Whether a call draws random numbers."""
    target = node.target
    is_operator = isinstance(target, torch._ops.OpOverload)
    return is_operator and torch.Tag.nondeterministic_seeded in target.tags


def written(node: Node) -> list[Node]:
    """The values that a call writes."""
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        return []
    declared = target._schema.arguments
    names = [argument.name for argument in declared]
    given = dict(node.kwargs) | dict(zip(names, node.args, strict=False))
    changed = {a.name for a in declared if a.alias_info is not None and a.alias_info.is_write}
    if given.get("training") or given.get("use_input_stats"):
        changed |= _HIDDEN
    found: list[Any] = []
    for name in changed & given.keys():
        value = given[name]
        found += value if isinstance(value, list | tuple) else [value]
    return [value for value in found if isinstance(value, Node)]


def origin(value: Node) -> str | None:
    """Whose memory a value is: an "argument" of its graph, of an "operator", or its own (None)."""
    while value.op == "call_function":
        if not isinstance(value.target, torch._ops.OpOverload):
            return "operator"
        source = value.args[0] if value.args else None
        if not is_alias(value) or not isinstance(source, Node):
            return None
        value = source
    return "argument"


def is_alias(node: Node) -> bool:
    """Whether a node's value may share memory with an argument of its graph."""
    if node.op != "call_function":
        return True
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        return False  # a part of what an inner operator gives
    maybe = target in (torch.ops.aten.to.dtype, torch.ops.aten.contiguous.default)
    return maybe or any(r.alias_info is not None for r in target._schema.returns)


def has_unknown_size(graph: GraphModule) -> bool:
    """Whether a size of a tensor is known only when the graph runs."""
    values = (node.meta.get("val") for part in parts(graph) for node in part.graph.nodes)
    return any(
        isinstance(size, torch.SymInt) and free_unbacked_symbols(size)
        for value in values
        if isinstance(value, torch.Tensor)
        for size in value.shape
    )


def own_outputs(graph: GraphModule) -> list[set[Node]]:
    """Copies what a subgraph hands on, so that no two of its inputs and outputs share memory.

    Returns for each output the placeholders of which it is a copy, or may be.
    """
    node = graph.graph.output_node()
    outputs = node.args[0]
    several = isinstance(outputs, list | tuple)
    values = list(outputs) if several else [outputs]
    handed = [_sources(value) for value in values]
    seen: set[Node] = set()
    fresh = []
    with graph.graph.inserting_before(node):
        for value in values:
            owned = not is_alias(value) and value not in seen and _is_contiguous(value)
            fresh.append(value if owned else clone(graph, value))
            seen.add(value)
    node.args = (tuple(fresh),) if several else (fresh[0],)
    return handed


def written_arguments(graph: GraphModule) -> set[int]:
    """The numbers of the arguments whose memory a subgraph writes."""
    roots = {_root(value) for node in graph.graph.nodes for value in written(node)}
    return {number for number, place in enumerate(placeholders(graph)) if place in roots}


def own_operands(graph: GraphModule, node: Node) -> None:
    """Copies what an operator hands to its subgraphs where two of them share memory."""
    *given, operands = node.args
    seen: set[Node] = set()
    fresh = []
    with graph.graph.inserting_before(node):
        for value in operands:  # type: ignore[union-attr]
            held = isinstance(value, Node) and isinstance(value.meta.get("val"), torch.Tensor)
            root = _root(value) if held else None
            fresh.append(clone(graph, value) if root in seen else value)
            seen |= {root} if root is not None else set()
    node.args = (*given, tuple(fresh))


def _is_contiguous(value: Node) -> bool:
    found = value.meta.get("val")
    return not isinstance(found, torch.Tensor) or found.is_contiguous()


def _sources(value: Node) -> set[Node]:
    """The placeholders whose memory a value was meant to share."""
    root = _root(value)
    if root.op == "placeholder":
        return {root}
    return {found for source in _handed(root) for found in _sources(source)}


def _root(value: Node) -> Node:
    while value.op == "call_function" and is_alias(value) and isinstance(value.args[0], Node):
        value = value.args[0]
    return value


def _handed(part: Node) -> set[Node]:
    """The operands that a part of what an operator gives is a copy of, or may be."""
    if part.op != "call_function" or part.target is not operator.getitem:
        return set()
    source, number = part.args
    handed: list[set[Node]] = source.meta.get(HANDED, [])  # type: ignore[union-attr]
    return handed[number] if number < len(handed) else set()  # type: ignore[index,operator]


def written_copy(graph: Graph, results: list[Node]) -> Node | None:
    """A call that writes one of two values that share memory in the program, but not in the graph.

    `results` are used when the graph ends. None where there is no such call.
    """
    places = {node: i for i, node in enumerate(graph.nodes)}
    last = {_root(node): len(places) for node in results}  # where a root's memory is used last
    for node in graph.nodes:
        for user in node.users:
            root = _root(node)
            last[root] = max(last.get(root, 0), places[user])
    pairs = [(part, _root(source)) for part in graph.nodes for source in _handed(part)]
    for node in graph.nodes:
        roots = {_root(value) for value in written(node)} if node.op == "call_function" else set()
        for copy, source in pairs:
            if node.target is torch.ops.aten.copy_.default and node.args[1] is copy:
                continue  # after which they are the same
            outlives = source.op != "call_function" or last.get(source, 0) > places[node]
            if copy in roots and outlives:
                return node
            late = places[node] > places[copy]
            if late and source in roots and last.get(copy, 0) > places[node]:
                return node
    return None


def clone(graph: GraphModule, value: Node) -> Node:
    """A copy of a value, with the strides of a fresh one, where the graph is being written."""
    keywords = {"memory_format": torch.contiguous_format}
    made = graph.graph.call_function(torch.ops.aten.clone.default, (value,), keywords)
    made.meta.update(value.meta)
    return made
