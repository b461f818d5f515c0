"""Running a captured graph with Python's control flow: each operator runs the way it takes only.

Gradients are autograd's own, whatever the loops do.
"""

from __future__ import annotations

import builtins
import copy
import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch.fx import GraphModule

from bcgraph.backend import Errors

from ._graphs import COND, WHILE


def cond(predicate: Any, true: Any, false: Any, operands: Any) -> Any:
    """`torch.cond`, deciding in Python."""
    return (true if predicate else false).forward(*operands)


def while_loop(test: Any, body: Any, carried: Any, additional: Any) -> Any:
    """`torch.while_loop`, deciding in Python."""
    holds, turn = test.forward, body.forward
    while holds(*carried, *additional):
        carried = turn(*carried, *additional)
    return carried


def printed(form: str, end: str, numbers: tuple[int, ...], *values: Any) -> None:
    """`print` of tensors as they are when the graph runs; `numbers` are Python's."""
    told = [v.item() if i in numbers else v for i, v in enumerate(values)]
    builtins.print(form.format(*told), end=end)


def failing(error: BaseException) -> Callable[..., None]:
    """What raises an exception, with the values of its texts, unless a condition holds."""

    def check(condition: Any, *values: Any) -> None:
        if not condition:
            pairs = zip(Errors.values(error), values, strict=True)
            raise Errors.filled(error, [v.item() if p.is_number else v for p, v in pairs])

    check.__qualname__ = check.__name__ = f"check_{type(error).__name__}"
    return check


_IN_PYTHON = {COND: cond, WHILE: while_loop}


def in_python(graph: GraphModule) -> Callable[..., Any]:
    """The graph as a function, with Python's control flow in place of its operators.

    It holds the graph's tensors, not its modules: while PyTorch captures a graph in one thread,
    modules that other threads call are not themselves.
    """
    function: Callable[..., Any] = _holder(graph).forward
    return function


def _holder(module: GraphModule) -> SimpleNamespace:
    """What a graph's code finds under `self`."""
    graph = copy.deepcopy(module.graph)
    holder = SimpleNamespace()
    for node in graph.nodes:
        if node.op == "call_function" and node.target in _IN_PYTHON:
            node.target = _IN_PYTHON[node.target]
        if node.op == "get_attr":
            value = getattr(module, str(node.target))
            held = _holder(value) if isinstance(value, GraphModule) else value
            setattr(holder, str(node.target), held)
    code = graph.python_code("self")
    namespace = dict(code.globals)
    exec(compile(code.src, "<captured graph>", "exec"), namespace)
    holder.forward = functools.partial(namespace["forward"], holder)
    return holder
