"""Writes as new values: what branches and loops write, they give, and the graph around them writes.

Inductor's operators lose writes to what subgraphs are given. After this, subgraphs write nothing
but what they have made; arguments and parameters are written by the graph itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing
from torch.fx.node import map_arg

from ._graphs import (
    COND,
    WHILE,
    is_operator,
    operands,
    operations,
    outputs,
    part,
    parts,
    placeholders,
    subgraphs,
    written,
)
from ._memory import Memory, Place, Untold, storage

_GIVEN = "bcgraph_given"  # of a write: it puts there what an operator has given for it

aten = torch.ops.aten


def functional(graph: GraphModule) -> frozenset[Node]:
    """Changes a graph so that only itself writes what it is given, and gives what is written so.

    Raises:
        Untold: if a write cannot be told as a new value.
    """
    drives = any(is_operator(node) for _, node in operations(graph))
    writes = any(written(node) for _, node in operations(graph))
    if not drives or not writes:
        return _outer_writes(graph)
    _forward(graph)
    _Isolation(graph).of(graph)
    for module in parts(graph):
        module.graph.lint()
        module.recompile()
    return _outer_writes(graph)


def give_writes(ways: Sequence[GraphModule]) -> list[int]:
    """Has the ways of a recorded branch give what they write of what they are given.

    Returns which arguments: one more result for each. Raises `Untold`.
    """
    changed = [_isolated(way) for way in ways]
    numbers = sorted({number for of in changed for number in of})
    for number in numbers:
        for way, of in zip(ways, changed, strict=True):
            _give(way, of.get(number, placeholders(way)[number]))
    for way in ways:
        way.recompile()
    return numbers


def carry_writes(test: GraphModule, body: GraphModule, count: int) -> tuple[list[int], list[int]]:
    """Has a recorded loop of `count` values carry what it writes besides.

    Returns which of its values are its first ones, written; and which additional arguments it
    carries now. Raises `Untold`.
    """
    if _isolated(test):
        raise Untold("the test of a loop writes a tensor")
    _forward(body)
    taken = placeholders(body)
    stays = [place is value for place, value in zip(taken, outputs(body), strict=False)]
    changed = _isolated(body)
    numbers = sorted(number for number in changed if number >= count)
    for more, number in enumerate(numbers):
        _carry(taken[number], (test, body), count + more)
        _give(body, changed[number])
    test.recompile()
    body.recompile()
    kept = [number for number in sorted(changed) if number < count and stays[number]]
    return kept, [number - count for number in numbers]


def _isolated(graph: GraphModule) -> dict[int, Node]:
    """Makes the writes of a subgraph local; the last values of arguments that it wrote."""
    if not any(written(node) for _, node in operations(graph)):
        return {}
    with disable_proxy_modes_tracing(), torch._C.DisableTorchFunction():
        _forward(graph)
        found = _Isolation(graph, inside=True).of(graph)
    taken = placeholders(graph)
    return {taken.index(place): value for place, value in found.items()}


def _forward(graph: GraphModule) -> None:
    """Uses of what is handed on as it was become uses of what it was."""
    for node in graph.graph.nodes:
        if is_operator(node):
            for module in subgraphs(graph, node):
                _forward(module)
            whole = _handed(graph, node)
            for user in list(node.users):
                if user.args[1] in whole:
                    user.replace_all_uses_with(whole[user.args[1]])
        elif _gives_what_it_writes(node):
            node.replace_all_uses_with(node.args[0])


def _handed(graph: GraphModule, node: Node) -> dict[Any, Node]:
    """The operands that an operator gives as they were, whatever it does, by number of result."""
    one, other = ((placeholders(part), outputs(part)) for part in subgraphs(graph, node))
    if node.target is WHILE:
        pairs = zip(*other, strict=False)
        return {i: operands(node)[i] for i, (place, value) in enumerate(pairs) if place is value}
    numbers = [[_number(taken, value) for value in given] for taken, given in (one, other)]
    found = enumerate(zip(*numbers, strict=True))
    return {i: operands(node)[a] for i, (a, b) in found if a is not None and a == b}


def _number(places: list[Node], value: Any) -> int | None:
    return places.index(value) if value in places else None


def _gives_what_it_writes(node: Node) -> bool:
    target = node.target
    if node.op != "call_function" or not isinstance(target, torch._ops.OpOverload):
        return False
    first, given = target._schema.arguments[:1], target._schema.returns
    return (
        len(given) == 1
        and torch.Tag.inplace_view not in target.tags
        and given[0].alias_info is not None
        and given[0].alias_info.is_write
        and first[0].alias_info is not None
        and first[0].alias_info.is_write
    )


class _Isolation:
    """Makes the writes of subgraphs local. Raises `Untold`, before it changes anything."""

    def __init__(self, graph: GraphModule, *, inside: bool = False) -> None:
        self._whole = None if inside else graph
        self._memory = Memory(graph, inside=inside)
        modes = (node for _, node in operations(graph) if "autocast" in str(node.target))
        self._casts = next(modes, None) is not None or any(
            map(torch.is_autocast_enabled, ("cpu", "cuda"))
        )

    def of(self, graph: GraphModule) -> dict[Node, Node]:
        """Isolates a graph; the last values of its arguments that it wrote."""
        for node in list(graph.graph.nodes):
            if is_operator(node) and node.target is COND:
                self._give_writes(graph, node)
            elif is_operator(node):
                self._carry_writes(graph, node)
        groups: dict[Place, list[Node]] = {}
        writes: dict[Place, list[Node]] = {}
        for node in graph.graph.nodes:
            place = self._memory.place(node)
            if place is not None:
                groups.setdefault(place, []).append(node)
            for value in written(node) if node.op == "call_function" else ():
                writes.setdefault(self._memory.place(value), []).append(node)  # type: ignore[arg-type]
        found: dict[Node, Node] = {}
        for place, calls in writes.items():
            root, *others = groups[place]
            is_given = root.op in ("placeholder", "get_attr")
            if is_given and graph is self._whole:
                continue
            views = [node for node in others if node not in calls and node.users]
            if not self._casts and not views and _is_whole(root, calls):
                value = _renamed(graph, root, calls)
            elif is_given:
                value = _copied(graph, root)
            else:
                continue
            if is_given:
                found[root] = value
        return found

    def _give_writes(self, graph: GraphModule, node: Node) -> None:
        ways = subgraphs(graph, node)
        given = operands(node)
        changed = [self.of(way) for way in ways]
        taken = [placeholders(way) for way in ways]
        numbers = {of.index(n) for of, new in zip(taken, changed, strict=True) for n in new}
        back = []
        for number in sorted(numbers):
            for way, of, new in zip(ways, taken, changed, strict=True):
                old = of[number]
                _give(way, new[old] if old in new else _contiguous(way, old, _end(way)))
            back.append((given[number], _added(node, given[number])))
        _write_back(graph, node, back)

    def _carry_writes(self, graph: GraphModule, node: Node) -> None:
        modules = _, body = subgraphs(graph, node)
        carried, additional = list(node.args[2]), list(node.args[3])  # type: ignore[arg-type]
        count = len(carried)
        taken = placeholders(body)
        stays = [i >= count or outputs(body)[i] is place for i, place in enumerate(taken)]
        _merge([*carried, *additional], stays, modules)
        back = []
        for place, value in self.of(body).items():
            number = taken.index(place)
            if number < count:
                back += [(carried[number], number)] if stays[number] else []
                continue
            operand = additional[number - count]
            given = _contiguous(graph, operand, node)
            _carry(place, modules, len(carried))
            _give(body, value)
            back.append((operand, _added(node, operand)))
            carried.append(given)
        moved = {operand for operand, number in back if number >= count}
        left = [value for value in additional if value not in moved]
        node.args = (*node.args[:2], tuple(carried), tuple(left))
        _write_back(graph, node, back)


def _merge(given: list[Any], stays: list[bool], modules: Sequence[GraphModule]) -> None:
    """What a loop is given twice, as the same tensor each turn, is one argument of its graphs."""
    first: dict[Any, int] = {}
    for number, value in enumerate(given):
        if not stays[number] or not isinstance(value, Node):
            continue
        kept = first.setdefault(value, number)
        for module in modules if kept != number else ():
            taken = placeholders(module)
            taken[number].replace_all_uses_with(taken[kept])


def _carry(place: Node, modules: Sequence[GraphModule], count: int) -> None:
    """Makes an additional argument one that is carried, behind `count` others."""
    number = placeholders(modules[1]).index(place)
    for module in modules:
        taken = placeholders(module)
        with module.graph.inserting_before(taken[count]):
            made = module.graph.placeholder(f"carried_{count}")
        made.meta["val"] = _fresh(place)
        taken[number].replace_all_uses_with(made)
        module.graph.erase_node(taken[number])


def _give(module: GraphModule, value: Node) -> None:
    """A subgraph gives one value more."""
    _end(module).args = ((*outputs(module), value),)


def _added(node: Node, like: Node) -> int:
    """The number of the result that an operator gives more."""
    values = tuple(node.meta.get("val") or ())
    node.meta["val"] = (*values, _fresh(like))
    return len(values)


def _write_back(graph: GraphModule, node: Node, back: list[tuple[Node, int]]) -> None:
    """Writes what an operator gives for operands to them."""
    following = node.next
    for operand, number in back:
        with graph.graph.inserting_before(following):
            given = part(node, number)
            write = graph.graph.call_function(aten.copy_.default, (operand, given))
        write.meta.update({"val": operand.meta["val"], _GIVEN: True})


def _is_whole(root: Node, calls: list[Node]) -> bool:
    """Whether all calls write a value as a whole, and have counterparts that give a new one."""
    return root.meta["val"].is_contiguous() and all(
        not call.users
        and call.args[:1] == (root,)
        and written(call) == [root]
        and _counterpart(call) is not None
        for call in calls
    )


def _counterpart(call: Node) -> Any:
    """The operation that gives what this one writes to its first argument."""
    schema = call.target._schema  # type: ignore[union-attr]
    name = schema.name.removeprefix("aten::")
    if not _gives_what_it_writes(call) or not name.endswith("_") or name.endswith("__"):
        return None
    found = getattr(getattr(aten, name[:-1], None), schema.overload_name or "default", None)
    if found is None or found._schema.is_mutable:
        return None
    pairs = ((a.name, str(a.type)) for a in schema.arguments)
    same = list(pairs) == [(a.name, str(a.type)) for a in found._schema.arguments]
    return found if same else None


def _renamed(graph: GraphModule, root: Node, calls: list[Node]) -> Node:
    """Each write makes a new value, which later uses get; the last one."""
    current = root
    for node in list(graph.graph.nodes):
        if current is not root:
            node.replace_input_with(root, current)
        if node not in calls:
            continue
        if node.meta.get(_GIVEN):
            current = node.args[1]  # type: ignore[assignment]
        else:
            with graph.graph.inserting_before(node):
                current = _called(graph, _counterpart(node), node.args, node.kwargs)
                dtype = root.meta["val"].dtype
                if current.meta["val"].dtype != dtype:
                    current = _called(graph, aten.to.dtype, (current, dtype), {})
                if not current.meta["val"].is_contiguous():
                    current = _clone(graph, current)
        graph.graph.erase_node(node)
    return current


def _copied(graph: GraphModule, place: Node) -> Node:
    """A subgraph works on a copy of an argument."""
    first = next(node for node in graph.graph.nodes if node.op != "placeholder")
    with graph.graph.inserting_before(first):
        copy = _clone(graph, place)
    place.replace_all_uses_with(copy, delete_user_cb=lambda user: user is not copy)
    return copy


def _end(module: GraphModule) -> Node:
    return module.graph.output_node()


def _contiguous(graph: GraphModule, value: Node, before: Node) -> Node:
    if value.meta["val"].is_contiguous():
        return value
    with graph.graph.inserting_before(before):
        return _clone(graph, value)


def _clone(graph: GraphModule, value: Node) -> Node:
    keywords = {"memory_format": torch.contiguous_format}
    return _called(graph, aten.clone.default, (value,), keywords)


def _called(graph: GraphModule, target: Any, args: Any, keywords: Any) -> Node:
    made = graph.graph.call_function(target, args, keywords)
    args, keywords = map_arg((args, dict(keywords)), lambda node: node.meta["val"])
    with torch.no_grad():
        made.meta["val"] = target(*args, **keywords)
    return made


def _fresh(value: Node) -> torch.Tensor:
    """What stands for a new tensor like a value."""
    with torch.no_grad():
        return torch.empty_like(value.meta["val"], memory_format=torch.contiguous_format)


def _outer_writes(graph: GraphModule) -> frozenset[Node]:
    """The arguments and tensors from outside that the graph itself writes, or views of them."""
    nodes = [node for node in graph.graph.nodes if node.op == "call_function"]
    places = {storage(value) for node in nodes for value in written(node)}
    outside = (node for node in graph.graph.nodes if node.op in ("placeholder", "get_attr"))
    return frozenset(node for node in outside if storage(node) in places - {None})
