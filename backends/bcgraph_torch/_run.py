"""Running a captured graph with Python's control flow: each operator runs the way it takes only.

Gradients are autograd's own, whatever the loops do.
"""

from __future__ import annotations

import builtins
import copy
from typing import Any

import torch
from torch.fx import GraphModule


def cond(predicate: Any, true: Any, false: Any, operands: Any) -> Any:
    """`torch.cond`, deciding in Python."""
    return true(*operands) if predicate else false(*operands)


def while_loop(test: Any, body: Any, carried: Any, additional: Any) -> Any:
    """`torch.while_loop`, deciding in Python."""
    while test(*carried, *additional):
        carried = body(*carried, *additional)
    return carried


def printed(form: str, end: str, *values: Any) -> None:
    """`print` of tensors as they are when the graph runs."""
    builtins.print(form.format(*values), end=end)


_IN_PYTHON = {
    torch.ops.higher_order.cond: cond,
    torch.ops.higher_order.while_loop: while_loop,
}


def in_python(graph: GraphModule) -> GraphModule:
    """The graph with Python's control flow in place of its operators; the tensors are shared."""
    held = [*graph.parameters(), *graph.buffers()]
    made = copy.deepcopy(graph, {id(tensor): tensor for tensor in held})
    for module in made.modules():
        if isinstance(module, GraphModule):
            for node in module.graph.nodes:
                if node.op == "call_function" and node.target in _IN_PYTHON:
                    node.target = _IN_PYTHON[node.target]
            module.recompile()
    return made
