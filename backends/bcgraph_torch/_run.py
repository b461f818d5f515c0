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

import torch
from torch.fx import Graph, GraphModule, Node

from bcgraph.backend import Errors

from . import _growth as growth
from ._graphs import COND, WHILE, operations, written


def cond(predicate: Any, true: Any, false: Any, operands: Any) -> Any:
    """`torch.cond`, deciding in Python."""
    return (true if predicate else false).forward(*operands)


def while_loop(test: Any, body: Any, carried: Any, additional: Any) -> Any:
    """`torch.while_loop`, deciding in Python."""
    holds, turn = test.forward, body.forward
    while holds(*carried, *additional):
        carried = turn(*carried, *additional)
    return carried


def joined(rows: list[Any]) -> Any:
    """The tensor of rows that a loop has made one by one."""
    return torch.cat(rows) if len(rows) > 1 else rows[0]


def with_row(rows: list[Any], row: Any) -> list[Any]:
    """What a turn makes of the rows so far."""
    rows.append(row)
    return rows


def with_copy(rows: list[Any], row: Any) -> list[Any]:
    """The same, where a later write may change what the row shares memory with."""
    return with_row(rows, row.clone())


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
    writes = any(written(node) for _, node in operations(graph))
    add = with_copy if writes else with_row
    function: Callable[..., Any] = _holder(graph, add, frozenset()).forward
    return function


def _holder(
    module: GraphModule, add: Callable[..., Any], growing: frozenset[str]
) -> SimpleNamespace:
    """What a graph's code finds under `self`; `growing` are nodes that join a row to others."""
    graph = copy.deepcopy(module.graph)
    holder = SimpleNamespace()
    grown: dict[str, frozenset[str]] = {}
    for original, node in zip(module.graph.nodes, list(graph.nodes), strict=True):
        if node.op != "call_function":
            continue
        if node.target is WHILE:
            cats = dict(growth.growing(module, original))
            grown[str(node.args[1].target)] = frozenset(cat.name for cat in cats.values())
            _carry_rows(graph, node, set(cats))
        if node.target in _IN_PYTHON:
            node.target = _IN_PYTHON[node.target]
        if original.name in growing:
            node.target, node.args = add, tuple(node.args[0])
    for node in graph.nodes:
        if node.op == "get_attr":
            name = str(node.target)
            value = getattr(module, name)
            is_graph = isinstance(value, GraphModule)
            held = _holder(value, add, grown.get(name, frozenset())) if is_graph else value
            setattr(holder, name, held)
    code = graph.python_code("self")
    namespace = dict(code.globals)
    exec(compile(code.src, "<captured graph>", "exec"), namespace)
    holder.forward = functools.partial(namespace["forward"], holder)
    return holder


def _carry_rows(graph: Graph, node: Node, numbers: set[int]) -> None:
    """A loop carries lists of rows, which are joined behind it."""
    test, body, carried, additional = node.args
    with graph.inserting_before(node):
        first = [
            graph.call_function(list, ((value,),)) if i in numbers else value
            for i, value in enumerate(carried)  # type: ignore[arg-type]
        ]
    node.args = (test, body, tuple(first), additional)
    for user in [user for user in node.users if user.args[1] in numbers]:
        with graph.inserting_after(user):
            whole = graph.call_function(joined, (user,))
        user.replace_all_uses_with(whole, delete_user_cb=lambda n, own=whole: n is not own)
