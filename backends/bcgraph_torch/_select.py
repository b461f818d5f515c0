"""Selection: a branch whose two ways cost less than the choice takes both, and selects.

Only ways that do nothing but compute few elements are taken: whatever they are given, they raise
nothing and write nothing. What the way not taken gives is thrown away.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.fx import GraphModule, Node

from ._graphs import COND, draws, written

_MOST = 1024  # elements that both ways compute together

aten = torch.ops.aten

_PLAIN = {aten.full.default, aten.clone.default, aten.to.device, aten.to.dtype, aten.to.other}
_DIVISIONS = {"div", "floor_divide", "remainder", "fmod"}


def select_cheap(module: GraphModule) -> None:
    """Takes both ways of the cheap branches of a graph and of its subgraphs, inner ones first."""
    for _, inner in module.named_children():
        if isinstance(inner, GraphModule):
            select_cheap(inner)
    for node in list(module.graph.nodes):
        if node.op == "call_function" and node.target is COND:
            _select(module, node)
    module.graph.eliminate_dead_code()
    _drop_unused(module)
    module.recompile()


def _drop_unused(module: GraphModule) -> None:
    used = {node.target for node in module.graph.nodes if node.op == "get_attr"}
    for name, _ in list(module.named_children()):
        if name not in used:
            delattr(module, name)


def _select(module: GraphModule, node: Node) -> None:
    predicate, *names, operands = node.args
    ways = [getattr(module, way.target) for way in names]  # type: ignore[union-attr]
    choice = _value(predicate)
    if choice is None or choice.shape or choice.dtype is not torch.bool:
        return
    costs = [_cost(way) for way in ways]
    if None in costs or sum(costs) > _MOST:  # type: ignore[arg-type]
        return
    with module.graph.inserting_before(node):
        taken = [_inlined(module, way, operands) for way in ways]
        results = [_selected(module, predicate, *pair) for pair in zip(*taken, strict=True)]
    for part in list(node.users):
        part.replace_all_uses_with(results[part.args[1]])  # type: ignore[index,call-overload]
        module.graph.erase_node(part)
    module.graph.erase_node(node)


def _inlined(module: GraphModule, way: GraphModule, operands: Any) -> list[Node]:
    taken = [node for node in way.graph.nodes if node.op == "placeholder"]
    values = dict(zip(taken, operands, strict=True))
    return list(module.graph.graph_copy(way.graph, values))  # type: ignore[arg-type]


def _selected(module: GraphModule, predicate: Any, true: Node, false: Node) -> Node:
    if true is false:
        return true
    made = module.graph.call_function(aten.where.self, (predicate, true, false))
    made.meta["val"] = true.meta["val"]
    return made


def _cost(way: GraphModule) -> int | None:
    """How many elements a way computes; None where it does more than that."""
    total = 0
    for node in way.graph.nodes:
        if node.op == "get_attr":
            return None
        if node.op == "call_function":
            value = _value(node)
            if value is None or not _only_computes(node):
                return None
            total += value.numel()
        elif node.op == "output" and not all(map(_is_plain, node.args[0])):
            return None
    return total


def _is_plain(value: Any) -> bool:
    found = _value(value)
    return found is not None and found.is_contiguous()


def _value(node: Any) -> torch.Tensor | None:
    value = node.meta.get("val") if isinstance(node, Node) else None
    return value if isinstance(value, torch.Tensor) else None


def _only_computes(node: Node) -> bool:
    target = node.target
    if not isinstance(target, torch._ops.OpOverload) or draws(node) or written(node):
        return False
    name = target._schema.name.removeprefix("aten::")
    if name in _DIVISIONS:
        return _is_safe(node)
    return torch.Tag.pointwise in target.tags or target in _PLAIN


def _is_safe(node: Node) -> bool:
    """Whether a division cannot fail: it is one of floats, or one by a positive number."""
    value, divisor = _value(node), node.args[1]
    if isinstance(divisor, Node) and divisor.target is aten.full.default:
        divisor = divisor.args[1]
    if isinstance(divisor, int | float) and divisor > 0:
        return True
    return value is not None and (value.is_floating_point() or value.is_complex())
