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

aten = torch.ops.aten

_COMMON = {
    "Tensor": ["add", "sub", "mul", "div", "lt", "le", "gt", "ge", "eq", "ne"],
    "Scalar": ["lt", "le", "gt", "ge", "eq", "ne"],
    "default": ["tanh", "sigmoid", "exp", "log", "sqrt", "abs", "neg", "logical_and", "logical_or",
                "logical_not", "unsqueeze", "stack"],
    "self": ["where"],
}  # fmt: skip

# A function of `torch` takes a microsecond less than the operation that was recorded for it.
_CALLED = {
    getattr(getattr(aten, name), overload): getattr(torch, name)
    for overload, names in _COMMON.items()
    for name in names
}


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


def element(x: Any, dim: int, index: Any) -> Any:
    """What there is at a scalar's place, without a copy."""
    return x.select(dim, index.item())


def printed(form: str, end: str, numbers: tuple[int, ...], *values: Any) -> None:
    """`print` of tensors as they are when the graph runs; `numbers` are Python's."""
    told = [v.item() if i in numbers else v for i, v in enumerate(values)]
    builtins.print(form.format(*told), end=end)


def seeded(seed: Any) -> None:
    """`torch.manual_seed`, each time the graph runs."""
    torch.manual_seed(int(seed))


def failing(error: BaseException) -> Callable[..., None]:
    """What raises an exception, with the values of its texts, unless a condition holds."""

    def check(condition: Any, *values: Any) -> None:
        if not condition:
            pairs = zip(Errors.values(error), values, strict=True)
            raise Errors.filled(error, [v.item() if p.is_number else v for p, v in pairs])

    check.__qualname__ = check.__name__ = f"check_{type(error).__name__}"
    return check


def hooking(method: str, *arguments: Any) -> Callable[..., None]:
    """What calls a method of a tensor that tells autograd something."""

    def hooked(tensor: Any) -> None:
        getattr(tensor, method)(*arguments)

    return hooked


_IN_PYTHON = {COND: cond, WHILE: while_loop}


def in_python(graph: GraphModule) -> Callable[..., Any]:
    """The graph as a function, with Python's control flow in place of its operators.

    It holds the graph's tensors, not its modules: while PyTorch captures a graph in one thread,
    modules that other threads call are not themselves.
    """
    writes = any(written(node) for _, node in operations(graph))
    function: Callable[..., Any] = _holder(graph, writes, frozenset()).forward
    return function


def _holder(module: GraphModule, writes: bool, growing: frozenset[str]) -> SimpleNamespace:
    """What a graph's code finds under `self`.

    `writes` tells whether any graph writes a tensor, so that copies have to be made where memory
    would be shared; `growing` are nodes that join a row to others.
    """
    graph = copy.deepcopy(module.graph)
    originals, copies = list(module.graph.nodes), list(graph.nodes)
    if not writes:
        _take_elements(graph)
    holder = SimpleNamespace()
    grown: dict[str, frozenset[str]] = {}
    for original, node in zip(originals, copies, strict=True):
        if node.op != "call_function":
            continue
        if node.target is WHILE:
            cats = dict(growth.growing(module, original))
            grown[str(node.args[1].target)] = frozenset(cat.name for cat in cats.values())
            _carry_rows(graph, node, set(cats))
        if node.target in _IN_PYTHON:
            node.target = _IN_PYTHON[node.target]
        node.target = _CALLED.get(node.target, node.target)
        if original.name in growing:
            node.target = with_copy if writes else with_row
            node.args = tuple(node.args[0])
    for node in graph.nodes:
        if node.op == "get_attr":
            name = str(node.target)
            value = getattr(module, name)
            is_graph = isinstance(value, GraphModule)
            held = _holder(value, writes, grown.get(name, frozenset())) if is_graph else value
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
            whole.meta.update(user.meta)
        user.replace_all_uses_with(whole, delete_user_cb=lambda n, own=whole: n is not own)


def _take_elements(graph: Graph) -> None:
    """Selects the elements at scalar places, which the graph has as copies of rows."""
    for node in list(graph.nodes):
        found = _element(node)
        if found is None:
            continue
        with graph.inserting_before(node):
            taken = graph.call_function(element, found[0])
        node.replace_all_uses_with(taken)
        for unused in found[1]:
            if not unused.users:
                graph.erase_node(unused)


def _element(node: Node) -> tuple[tuple[Any, ...], list[Node]] | None:
    """Of a node that gives an element: what of, by which dimension, and where; what it takes."""
    if node.target is not aten.squeeze.dim:
        return None
    row, dim = node.args
    if row.target is not aten.index_select.default or row.args[1] != dim:  # type: ignore[union-attr]
        return None
    x, _, places = row.args  # type: ignore[union-attr]
    if places.target is not aten.reshape.default or list(places.args[1]) != [1]:
        return None
    index, unused = places.args[0], [node, row, places]
    if index.target is aten.where.self:
        negative, wrapped, plain = index.args
        size = x.meta["val"].shape[dim]
        if (negative.target, negative.args) != (aten.lt.Scalar, (plain, 0)):
            return None
        if (wrapped.target, wrapped.args) != (aten.add.Tensor, (plain, size)):
            return None
        unused += [index, negative, wrapped]
        index = plain
    return (x, dim, index), unused  # type: ignore[return-value]
