"""Lowering: a captured graph through Inductor, its control flow included.

Inductor wants of the subgraphs of `cond` and `while_loop` that no output is an input or a view of
one, and of a loop that its first values are nobody else's. What it cannot take, or takes and gets
wrong, is told by `obstacle`; such a graph runs with Python's control flow.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch._inductor.exc import InvalidCxxCompiler
from torch.fx import GraphModule, Node

NO_COMPILER = InvalidCxxCompiler
COND, WHILE = torch.ops.higher_order.cond, torch.ops.higher_order.while_loop


def obstacle(graph: GraphModule) -> str | None:
    """Why a graph has to run with Python's control flow, if it has to."""
    inner = [m for m in graph.modules() if isinstance(m, GraphModule)]
    for module in inner:
        for node in module.graph.nodes:
            if node.op != "call_function" or node.target in (COND, WHILE):
                continue
            if not isinstance(node.target, torch._ops.OpOverload):
                if getattr(node.target, "__module__", "") == "bcgraph_torch._run":
                    return "it prints"
                continue
            if "_assert_async" in node.target.name():
                return "it may raise"
            if module is not graph and torch.Tag.nondeterministic_seeded in node.target.tags:
                return f"`{node.target}` draws random numbers in a branch or loop"
            written = _written(node)
            if written == "operator":
                return f"`{node.target}` writes what a branch or loop may have handed on"
            if written == "argument" and module is not graph:
                return f"`{node.target}` writes a tensor in a branch or loop"
    if any(map(_has_unknown_size, inner)):
        return "it has sizes that only the running graph knows"
    return None


def compiled(graph: GraphModule, inputs: list[Any]) -> Callable[..., Any]:
    """The graph compiled by Inductor, for inputs like these; no gradients."""
    held = [*graph.parameters(), *graph.buffers()]
    lowered = copy.deepcopy(graph, {id(tensor): tensor for tensor in held})
    for module in [m for m in lowered.modules() if isinstance(m, GraphModule)]:
        for node in list(module.graph.nodes):
            if node.op == "call_function" and node.target is WHILE:
                _own_first_values(module, node)
        if module is not lowered:
            own_outputs(module)
        module.recompile()
    return torch._inductor.compile(lowered, inputs, options={"cpp_wrapper": True})


def _own_first_values(module: GraphModule, node: Node) -> None:
    test, body, carried, additional = node.args
    with module.graph.inserting_before(node):
        fresh = tuple(_clone(module, value) for value in carried)
    node.args = (test, body, fresh, additional)


def own_outputs(module: GraphModule) -> None:
    """Copies what a subgraph hands on, so that no two of its inputs and outputs share memory."""
    node = module.graph.output_node()
    outputs = node.args[0]
    several = isinstance(outputs, list | tuple)
    seen: set[Node] = set()
    fresh = []
    with module.graph.inserting_before(node):
        for value in outputs if several else [outputs]:
            fresh.append(_clone(module, value) if _is_alias(value) or value in seen else value)
            seen.add(value)
    node.args = (tuple(fresh),) if several else (fresh[0],)


def _clone(module: GraphModule, value: Node) -> Node:
    made = module.graph.call_function(torch.ops.aten.clone.default, (value,))
    made.meta.update(value.meta)
    return made


def _is_alias(node: Node) -> bool:
    """Whether a node's value may share memory with an argument of its graph."""
    if node.op != "call_function":
        return True
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        return False  # a part of what an inner operator gives
    maybe = target in (torch.ops.aten.to.dtype, torch.ops.aten.contiguous.default)
    return maybe or any(r.alias_info is not None for r in target._schema.returns)


_HIDDEN_WRITES = ("batch_norm", "instance_norm")  # their schemas do not tell


def _written(node: Node) -> str | None:
    """What a node writes: an "argument" of its graph, what an "operator" has handed on, or None."""
    if any(name in node.target.name() for name in _HIDDEN_WRITES):
        return "argument"
    for given, declared in zip(node.args, node.target._schema.arguments, strict=False):
        if declared.alias_info is not None and declared.alias_info.is_write:
            return _origin(given)
    return None


def _origin(value: Any) -> str | None:
    while isinstance(value, Node) and value.op == "call_function":
        if not isinstance(value.target, torch._ops.OpOverload):
            return "operator"
        if not _is_alias(value):
            return None
        value = value.args[0]
    return "argument"


def _has_unknown_size(module: GraphModule) -> bool:
    for node in module.graph.nodes:
        value = node.meta.get("val")
        if isinstance(value, torch.Tensor):
            for size in value.shape:
                if isinstance(size, torch.SymInt) and size.node.expr.free_symbols & {
                    s for s in size.node.expr.free_symbols if str(s).startswith("u")
                }:
                    return True
    return False
