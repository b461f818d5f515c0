"""Tensors that a loop makes longer by a row each turn: staged lists, mostly.

For Inductor they become tensors of their last length, where the number of turns is known; where
Python drives the loop, lists of their rows. Either way nothing is joined turn by turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx import GraphModule, Node
from torch.fx.experimental.symbolic_shapes import free_unbacked_symbols
from torch.fx.node import map_arg
from torch.utils import _pytree as pytree

from ._graphs import (
    WHILE,
    is_operator,
    operations,
    outputs,
    parts,
    placeholders,
    subgraphs,
    written,
)
from ._memory import storage

_MOST = 1 << 20  # bytes: a turn copies the whole tensor

aten = torch.ops.aten


def with_known_lengths(graph: GraphModule) -> None:
    """Gives what grows in loops of a known number of turns its last length from the start."""
    for module in parts(graph):
        for node in list(module.graph.nodes):
            if is_operator(node) and node.target is WHILE:
                _lengthen(module, node)
        module.recompile()


def _lengthen(graph: GraphModule, node: Node) -> None:
    turns = _turns(graph, node)
    if turns is None:
        return
    counter, start, stop = turns
    _, body = subgraphs(graph, node)
    carried = list(node.args[2])  # type: ignore[arg-type]
    changed = False
    for number, cat in growing(graph, node):
        first, row = carried[number], cat.args[0][1]  # type: ignore[index]
        known, shape = first.meta["val"].shape[0], row.meta["val"].shape
        if any(type(n) is not int for n in (known, *shape)) or shape[0] != 1:
            continue
        length = known + max(stop - start, 0)
        if length * math.prod(shape) * first.meta["val"].element_size() > _MOST:
            continue
        with graph.graph.inserting_before(node):
            rest = (first, [length - known, *shape[1:]])
            carried[number] = _called(graph, aten.new_zeros.default, rest)
            both = ([first, carried[number]],)
            carried[number] = _called(graph, aten.cat.default, both) if known else carried[number]
        places = [placeholders(part)[number] for part in subgraphs(graph, node)]
        for place in places:
            place.meta["val"] = _again(aten.empty_like.default, (carried[number],), {})
        with body.graph.inserting_before(cat):
            at = _called(body, aten.add.Scalar, (placeholders(body)[counter], known - start))
            at = _called(body, aten.reshape.default, (at, [1]))
            made = _called(body, aten.index_copy.default, (places[1], 0, at, row))
        cat.replace_all_uses_with(made)
        body.graph.erase_node(cat)
        values = list(node.meta["val"])
        values[number] = _again(aten.empty_like.default, (carried[number],), {})
        node.meta["val"] = values
        changed = True
    node.args = (*node.args[:2], tuple(carried), node.args[3])
    body.recompile()
    if changed:
        _retell(graph, node)


def _turns(graph: GraphModule, node: Node) -> tuple[int, int, int] | None:
    """Of a loop whose turns are known: which value counts them, from where, to where."""
    test, body = subgraphs(graph, node)
    (goes,) = outputs(test)
    if goes.target not in (aten.lt.Tensor, aten.lt.Scalar) or goes.args[0].op != "placeholder":
        return None
    number = placeholders(test).index(goes.args[0])
    stop = _constant(goes.args[1])
    if number >= len(node.args[2]) or stop is None:  # type: ignore[arg-type]
        return None
    first, place = node.args[2][number], placeholders(body)[number]  # type: ignore[index,arg-type]
    start, end = _constant(first), outputs(body)[number]
    steps = end.args if getattr(end, "target", None) is aten.add.Tensor and not end.kwargs else ()
    others = [_constant(step) for step in steps if step is not place]
    if start is None or others != [1] or place not in steps:
        return None
    changed = {storage(v) for of in (graph, body) for _, n in operations(of) for v in written(n)}
    if {storage(first), storage(place), storage(end)} & changed:
        return None
    return number, start, stop


def _constant(value: Any) -> int | None:
    if isinstance(value, Node) and value.target is aten.full.default and not value.args[0]:
        value = value.args[1]
    return value if type(value) is int else None


def growing(graph: GraphModule, node: Node) -> Iterator[tuple[int, Node]]:
    """What a loop carries and does nothing with but join a row to it each turn."""
    test, body = subgraphs(graph, node)
    taken, ends = placeholders(body), outputs(body)
    for number, end in enumerate(ends):
        place = taken[number]
        if not isinstance(end, Node) or end.target is not aten.cat.default or len(end.args) != 1:
            continue
        values: Any = end.args[0]
        if len(values) != 2 or values[0] is not place or values[1] is place:
            continue
        first = node.args[2][number]  # type: ignore[index]
        same = first.meta["val"].dtype == end.meta["val"].dtype
        alone = len(place.users) == len(end.users) == 1 and ends.count(end) == 1
        if same and alone and not placeholders(test)[number].users:
            yield number, end


def _retell(graph: GraphModule, node: Node) -> None:
    """Tells anew what is of unknown size behind a loop, where that follows from operations."""
    for following in list(graph.graph.nodes):
        value = following.meta.get("val")
        if following.op != "call_function" or is_operator(following) or not _is_open(value):
            continue
        if following.args[:1] == (node,):
            following.meta["val"] = node.meta["val"][following.args[1]]
        elif isinstance(following.target, torch._ops.OpOverload):
            following.meta["val"] = _again(following.target, following.args, following.kwargs)


def _is_open(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return any(map(_is_open, value.shape))
    return isinstance(value, torch.SymInt) and bool(free_unbacked_symbols(value))


def _called(graph: GraphModule, target: Any, args: Any, keywords: Any = None) -> Node:
    made = graph.graph.call_function(target, args, keywords or {})
    made.meta["val"] = _again(target, args, keywords or {})
    return made


def _again(target: Any, args: Any, keywords: Any) -> Any:
    args, keywords = map_arg((args, keywords), lambda node: node.meta.get("val"))
    fakes = [v for v in pytree.tree_leaves((args, keywords)) if isinstance(v, FakeTensor)]
    with torch.no_grad(), fakes[0].fake_mode if fakes else nullcontext():
        return target(*args, **keywords)
