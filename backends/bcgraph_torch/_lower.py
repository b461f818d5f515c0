"""Lowering: a captured graph through Inductor, its control flow included.

Inductor wants of the subgraphs of `cond` and `while_loop` that no output is an input or a view of
one, nor two inputs views of one, and of a loop that its first values are nobody else's. What it
cannot take, or takes and gets wrong, is an `Obstacle`; such a graph runs with Python's control
flow.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch._inductor.exc import InvalidCxxCompiler
from torch.fx import GraphModule, Node

from ._custom import is_custom
from ._functional import functional
from ._graphs import (
    WHILE,
    clone,
    draws,
    effect,
    has_unknown_size,
    is_operator,
    operations,
    own_operands,
    own_outputs,
    parts,
    placeholders,
)
from ._growth import with_known_lengths
from ._loops import own_results
from ._memory import Untold
from ._select import select_cheap

NO_COMPILER = InvalidCxxCompiler


class Obstacle(Exception):
    """Why a graph has to run with Python's control flow."""


@dataclass
class Lowered:
    """A graph as Inductor takes it; `written` are the tensors from outside that it writes.

    Arguments are told by their number.
    """

    graph: GraphModule
    written: list[int | torch.Tensor]


def lowered(graph: GraphModule) -> Lowered:
    """A copy of a graph that Inductor can take. Raises `Obstacle` if there is none."""
    for module, node in operations(graph):
        told = effect(node)
        if told is not None:
            raise Obstacle(told)
        if is_custom(node):
            raise Obstacle(f"`{node.target.__name__}` has a gradient of its own")
        if module is not graph and draws(node):
            raise Obstacle(f"`{node.target}` draws random numbers in a branch or loop")
    held = [*graph.parameters(), *graph.buffers()]
    made = copy.deepcopy(graph, {id(tensor): tensor for tensor in held})
    with_known_lengths(made)
    if has_unknown_size(made):
        raise Obstacle("it has sizes that only the running graph knows")
    try:
        changed = functional(made)
    except Untold as failure:
        raise Obstacle(str(failure)) from failure
    numbers = {node: i for i, node in enumerate(placeholders(made))}
    told = [numbers.get(node, getattr(made, str(node.target), None)) for node in changed]
    return Lowered(made, [value for value in told if value is not None])


def compiled(lowered: Lowered, inputs: list[Any]) -> Callable[..., Any]:
    """The graph compiled by Inductor, for inputs like these; no gradients.

    Where control flow is left, C++ drives it; a straight graph is called as fast without.
    """
    graph = lowered.graph
    select_cheap(graph)
    for module in parts(graph):
        for node in list(module.graph.nodes):
            if node.op == "call_function" and node.target is WHILE:
                _own_first_values(module, node)
            if is_operator(node):
                own_operands(module, node)
        if module is not graph:
            own_outputs(module)
        module.recompile()
    drives = any(is_operator(node) for _, node in operations(graph))
    with own_results():
        return torch._inductor.compile(graph, inputs, options={"cpp_wrapper": drives})


def _own_first_values(module: GraphModule, node: Node) -> None:
    test, body, carried, additional = node.args
    with module.graph.inserting_before(node):
        fresh = tuple(clone(module, value) for value in carried)
    node.args = (test, body, fresh, additional)
