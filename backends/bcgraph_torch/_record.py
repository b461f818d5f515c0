"""Recording: branches and bodies become subgraphs of the graph that is being captured.

A branch is a function of nothing: tensors of the surrounding graph that it uses are found when it
is recorded, and become operands of the operator. The second branch is recorded inside the first's
recording, so that both are still open when their outputs are agreed on, and neither has to be
recorded twice. Needs `reenter_make_fx`, `track_tensor_tree` and the operators' node signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch._guards import detect_fake_mode
from torch._higher_order_ops.utils import reenter_make_fx, unique_graph_id
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import (
    disable_proxy_modes_tracing,
    get_proxy_mode,
)

from bcgraph.backend import Spec, UnsupportedEffect

from . import _outer as outer
from ._calls import call
from ._dtypes import dims, is_list, mark_list, same_size
from ._functional import carry_writes, give_writes
from ._gradients import mark
from ._graphs import (
    COND,
    HANDED,
    WHILE,
    draws,
    effect,
    operations,
    own_outputs,
    placeholders,
    written_arguments,
    written_copy,
)
from ._meanings import Meanings
from ._memory import Untold, storage_of


def cond(
    predicate: Any,
    true: Callable[[], Any],
    false: Callable[[], Any],
    agree: Callable[[Any, Any], tuple[Callable[[], list[Any]], Callable[[], list[Any]]]],
) -> list[Any]:
    """Records a `cond` and returns its outputs."""
    sizes = _sizes()
    graphs: dict[bool, GraphModule] = {}
    outputs: dict[bool, tuple[Any, ...]] = {}

    def record_true(*_: Any) -> tuple[Any, ...]:
        first = true()
        makers: list[Callable[[], list[Any]]] = []

        def record_false(*_: Any) -> tuple[Any, ...]:
            makers.extend(agree(first, false()))
            outputs[False] = tuple(_output(value) for value in makers[1]())
            return outputs[False]

        graphs[False] = _subgraph(record_false, sizes)
        outputs[True] = tuple(_output(value) for value in makers[0]())
        return outputs[True]

    graphs[True] = _subgraph(record_true, sizes)
    operands = _lifted([graphs[True], graphs[False]], sizes)
    meta = {}
    back: list[Any] = []
    if not outer.is_own():
        with _told():
            numbers = give_writes([graphs[True], graphs[False]])
        back = [operands[number] for number in numbers]
        handed = [_operands(graphs[way], operands) for way in (True, False)]
        meta[HANDED] = [one | other for one, other in zip(*handed, strict=True)]
        operands = _own(operands, list(graphs.values()))
    pairs = zip(outputs[True], outputs[False], strict=True)
    results = [_either(one, other) for one, other in pairs]
    count = len(results)
    sources = [value for value in operands if isinstance(value, torch.Tensor)]
    results += [_empty(value.shape, value, sources) for value in back]
    mode = get_proxy_mode()
    number, name = unique_graph_id(mode, prefix="true_graph")
    mode.tracer.root.register_module(name, graphs[True])
    mode.tracer.root.register_module(f"false_graph_{number}", graphs[False])
    made = call(
        COND,
        (predicate, graphs[True], graphs[False], tuple(operands)),
        results,
        meta,
    )
    for value, new in zip(back, made[count:], strict=True):
        value.copy_(new)
    return made[:count]


def while_loop(
    test: Callable[[list[Any]], Any],
    body: Callable[[list[Any]], list[Any]],
    values: Sequence[Any],
    specs: Sequence[Spec],
) -> list[Any]:
    """Records a `while_loop` and returns what it carries at its end."""
    sizes = _sizes()
    count = len(values)
    started = list(values)
    values = [_output(value) if outer.is_own() else value.clone() for value in values]
    given = [_empty(spec.shape, value, [value]) for spec, value in zip(specs, values, strict=True)]
    after: list[Any] = []

    def record_test(*leaves: Any) -> Any:
        return test(list(leaves[:count]))

    def record_body(*leaves: Any) -> tuple[Any, ...]:
        after[:] = [_output(value) for value in body(list(leaves[:count]))]
        return tuple(after)

    graphs = [_subgraph(record, [*given, *sizes]) for record in (record_test, record_body)]
    additional = _lifted(graphs, sizes, first=count)
    meta = {}
    back: list[Any] = []
    kept: list[int] = []
    if not outer.is_own():
        with _told():
            kept, numbers = carry_writes(graphs[0], graphs[1], count)
        back = [additional[number] for number in numbers]
        additional = [v for number, v in enumerate(additional) if number not in numbers]
        values += [value.clone() for value in back]
        operands = [*started, *back, *additional]
        _operands(graphs[0], operands)
        turned = _operands(graphs[1], operands)
        nodes = _proxied([*started, *back])
        meta[HANDED] = [{node} | one for node, one in zip(nodes, turned, strict=True)]
        additional = _own(additional, graphs, first=count)
    results = [
        _empty(spec.shape, value, [value, end])
        for spec, value, end in zip(specs, values[:count], after, strict=True)
    ]
    sources = [value for value in (*values, *additional) if isinstance(value, torch.Tensor)]
    results += [_empty(value.shape, value, sources) for value in back]
    mode = get_proxy_mode()
    number, name = unique_graph_id(mode, prefix="while_loop_cond_graph")
    mode.tracer.root.register_module(name, graphs[0])
    mode.tracer.root.register_module(f"while_loop_body_graph_{number}", graphs[1])
    made = call(
        WHILE,
        (graphs[0], graphs[1], tuple(values), tuple(additional)),
        results,
        meta,
    )
    for value, new in zip(back, made[count:], strict=True):
        value.copy_(new)
    for number in kept:
        if not _is_filled(started[number]):
            started[number].copy_(made[number])
    return made[:count]


@contextmanager
def _told() -> Iterator[None]:
    """Inside, a write that a graph captured by others cannot have is an error of the program's."""
    try:
        yield
    except Untold as failure:
        raise UnsupportedEffect(
            str(failure),
            mend="write a copy (`x = x.clone()`), or use the operation that gives a new tensor",
        ) from failure


def is_pure(record: Callable[[], Any]) -> bool:
    """Records into a graph that is thrown away; whether it may run once more or less."""

    def recorded(*_: Any) -> list[Any]:
        record()
        return []

    nodes = [node for _, node in operations(_subgraph(recorded, _sizes()))]
    return not any(effect(node) or draws(node) or _writes(node) for node in nodes)


def _writes(node: Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable


def _subgraph(record: Callable[..., Any], arguments: Sequence[Any]) -> GraphModule:
    with disable_proxy_modes_tracing(), Meanings(in_branch=True), _untold_buffers():
        made: GraphModule = reenter_make_fx(record)(*arguments)
    return made


@contextmanager
def _untold_buffers() -> Iterator[None]:
    """Inside, `torch.export` is not told of buffers' new tensors: they are a subgraph's own.

    It is told of what the operator gives in their place.
    """
    hooks = torch.nn.modules.module._global_buffer_registration_hooks
    held = dict(hooks)
    hooks.clear()
    try:
        yield
    finally:
        hooks.update(held)


def _sizes() -> list[Any]:
    """The symbolic sizes of the surrounding graph, for its subgraphs to know."""
    known = get_proxy_mode().tracer.sympy_expr_tracker.values()
    sizes = [entry.value for entry in known if isinstance(entry.value, torch.SymInt)]
    return [size for size in sizes if size.node.expr.is_symbol]


def _lifted(graphs: list[GraphModule], sizes: list[Any], first: int = 0) -> list[Any]:
    """Makes what graphs use of the surrounding one their arguments, the same for all.

    Their placeholders are `first` of their own, then `sizes`; sizes that none uses go. Returns the
    operands: the sizes that stay, and the tensors.
    """
    reads = [_outer_reads(graph) for graph in graphs]
    found = {id(value): value for read in reads for _, value in read}
    kept = [
        any(placeholders(graph)[first + i].users for graph in graphs) for i in range(len(sizes))
    ]
    for graph, read in zip(graphs, reads, strict=True):
        places = placeholders(graph)
        for stays, node in zip(kept, places[first:], strict=True):
            if not stays:
                graph.graph.erase_node(node)
        made: dict[int, Node] = {}
        body = next(n for n in graph.graph.nodes if n.op != "placeholder")
        with graph.graph.inserting_before(body):
            for number, (identity, value) in enumerate(found.items()):
                made[identity] = graph.graph.placeholder(f"outer_{number}")
                made[identity].meta["val"] = value
        for node, value in read:
            node.replace_all_uses_with(made[id(value)])
            graph.graph.erase_node(node)
        for name in {str(node.target) for node, _ in read}:
            delattr(graph, name)
        graph.recompile()
    return [*(s for s, stays in zip(sizes, kept, strict=True) if stays), *found.values()]


def _outer_reads(graph: GraphModule) -> list[tuple[Node, torch.Tensor]]:
    """The nodes that read a tensor of the surrounding graph, kept as an attribute so far."""
    nodes = [node for node in graph.graph.nodes if node.op == "get_attr"]
    values = [(node, getattr(graph, str(node.target))) for node in nodes]
    return [(node, value) for node, value in values if isinstance(value, torch.Tensor)]


def _operands(graph: GraphModule, operands: Sequence[Any]) -> list[set[Node]]:
    """Makes a subgraph's outputs its own; for each, the operands that it is a copy of."""
    given = dict(zip(placeholders(graph), _proxied(operands), strict=True))
    found = [{given[place] for place in sources} for sources in own_outputs(graph)]
    return [sources - {None} for sources in found]  # which stands for a constant


def _own(operands: list[Any], graphs: list[GraphModule], first: int = 0) -> list[Any]:
    """The operands, with copies of those that share memory with one before and are not written.

    In the graphs they are the arguments from the one numbered `first` on.
    """
    changed = {number - first for graph in graphs for number in written_arguments(graph)}
    seen: set[int] = set()
    fresh = []
    for number, value in enumerate(operands):
        memory = storage_of(value)
        copied = memory in seen and number not in changed
        fresh.append(value.clone() if copied else value)
        seen |= {memory} if memory is not None else set()
    return fresh


def _proxied(values: Sequence[Any]) -> list[Any]:
    tracer = get_proxy_mode().tracer
    return [getattr(tracer.unwrap_proxy(value), "node", None) for value in values]


def _output(value: Any) -> Any:
    """What a subgraph, or a loop's first turn, is handed on.

    A compiled function's own graph hands tensors on as the program does, so that writes reach them.
    For others strides are those of a fresh tensor, as a filled one's always are.
    """
    if value.is_contiguous() or (outer.is_own() and not _is_filled(value)):
        return value
    made = value.contiguous()
    return mark_list(made) if is_list(value) else made


def _is_filled(value: Any) -> bool:
    """Whether one element stands for several."""
    return any(type(stride) is int and stride == 0 for stride in value.stride())


def _either(one: Any, other: Any) -> Any:
    """A fresh tensor that stands for either of two outputs."""
    pairs = zip(one.shape, other.shape, strict=True)
    shape = [a if same_size(a, b) else None for a, b in pairs]
    if is_list(one):
        shape[0] = None
    return _empty(shape, one, [one, other])


def _empty(shape: Any, value: Any, sources: list[Any]) -> Any:
    """A fresh tensor that stands for an output; it requires a gradient if a source does."""
    grad = torch.is_grad_enabled() and any(source.requires_grad for source in sources)
    with disable_proxy_modes_tracing():
        sizes = [_unknown_size() if n is None else n for n in dims(shape)]
        made = torch.empty(sizes, dtype=value.dtype, device=value.device)
        if grad and (made.is_floating_point() or made.is_complex()):
            made = mark(
                made.requires_grad_()
            ).clone()  # no leaf, so that it can be written in place
    return mark_list(made) if is_list(value) else made


def _unknown_size() -> Any:
    env = detect_fake_mode().shape_env
    with env.ignore_fresh_unbacked_symbols():
        size = env.create_unbacked_symint()
    torch._check(size >= 0)
    return size


def check_writes(result: Any) -> None:
    """Raises `UnsupportedEffect` where a graph captured by others, of this result, writes a copy.

    Of what a branch or loop hands on, a graph has copies, so that its users can do what they want.
    """
    tensors = [v for v in torch.utils._pytree.tree_leaves(result) if isinstance(v, torch.Tensor)]
    results = [node for node in _proxied(tensors) if node is not None]
    node = written_copy(get_proxy_mode().tracer.graph, results)
    if node is not None:
        raise UnsupportedEffect(
            f"`{node.target}` writes a tensor that a branch or loop may have handed on as it was, "
            "and that is used under its other name too",
            mend="write a copy (`x = x.clone()`), or use the operation that gives a new tensor",
        )
