"""Lowering: a captured graph through Inductor, its control flow included.

Inductor wants of the subgraphs of `cond` and `while_loop` that no output is an input or a view of
one, nor two inputs views of one, and of a loop that its first values are nobody else's. What it
cannot take, or takes and gets wrong, is told by `obstacle`; such a graph runs with Python's control
flow.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch._inductor.exc import InvalidCxxCompiler
from torch.fx import GraphModule, Node

from ._graphs import (
    COND,
    WHILE,
    clone,
    draws,
    has_unknown_size,
    is_effect,
    operations,
    origin,
    own_operands,
    own_outputs,
    parts,
    raises,
    written,
)
from ._select import select_cheap

NO_COMPILER = InvalidCxxCompiler


def obstacle(graph: GraphModule) -> str | None:
    """Why a graph has to run with Python's control flow, if it has to."""
    for part, node in operations(graph):
        if is_effect(node):
            return "it may raise" if raises(node) else "it prints"
        if part is not graph and draws(node):
            return f"`{node.target}` draws random numbers in a branch or loop"
        origins = set(map(origin, written(node)))
        if "operator" in origins:
            return f"`{node.target}` writes what a branch or loop may have handed on"
        if "argument" in origins and part is not graph:
            return f"`{node.target}` writes a tensor in a branch or loop"
    return "it has sizes that only the running graph knows" if has_unknown_size(graph) else None


def compiled(graph: GraphModule, inputs: list[Any]) -> Callable[..., Any]:
    """The graph compiled by Inductor, for inputs like these; no gradients.

    Where control flow is left, C++ drives it; a straight graph is called as fast without.
    """
    held = [*graph.parameters(), *graph.buffers()]
    lowered = copy.deepcopy(graph, {id(tensor): tensor for tensor in held})
    select_cheap(lowered)
    for module in parts(lowered):
        for node in list(module.graph.nodes):
            if node.op == "call_function" and node.target is WHILE:
                _own_first_values(module, node)
            if node.op == "call_function" and node.target in (COND, WHILE):
                own_operands(module, node)
        if module is not lowered:
            own_outputs(module)
        module.recompile()
    drives = any(node.target in (COND, WHILE) for _, node in operations(lowered))
    return torch._inductor.compile(lowered, inputs, options={"cpp_wrapper": drives})


def _own_first_values(module: GraphModule, node: Node) -> None:
    test, body, carried, additional = node.args
    with module.graph.inserting_before(node):
        fresh = tuple(clone(module, value) for value in carried)
    node.args = (test, body, fresh, additional)
