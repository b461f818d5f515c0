"""Functions whose gradients are the user's own (`torch.autograd.Function`).

A graph calls such a function whole, so that its `backward` is the user's. What its `forward` has
recorded is there only for gradients that the program takes itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.utils import _pytree as pytree

from bcgraph.backend import BackendLimit, StagedNumber

from . import _calls
from ._graphs import parts
from ._outer import Outer

_FORWARD = "bcgraph_forward"  # of a node that a `forward` has recorded


class Applied:
    """A call of such a function: given its tensors, the tensors that it gives."""

    def __init__(self, function: Any, leaves: list[Any], structure: Any) -> None:
        self.function = function
        self.__name__ = function.__name__
        self._leaves = [None if isinstance(v, torch.Tensor) else v for v in leaves]
        self._at = [i for i, v in enumerate(leaves) if isinstance(v, torch.Tensor)]
        self._structure = structure

    def __call__(self, *tensors: torch.Tensor) -> list[torch.Tensor]:
        leaves = list(self._leaves)
        for i, tensor in zip(self._at, tensors, strict=True):
            leaves[i] = tensor
        arguments, keywords = pytree.tree_unflatten(leaves, self._structure)
        return _tensors(self.function.apply(*arguments, **keywords))


@contextmanager
def whole(outer: Outer) -> Iterator[None]:
    """Inside, a call of such a function, where gradients are wanted, is one call of the graph."""
    plain = torch.autograd.Function.__dict__["apply"]

    def apply(function: Any, *arguments: Any, **keywords: Any) -> Any:
        called = plain.__get__(None, function)
        if not _calls.is_recording() or not torch.is_grad_enabled():
            return called(*arguments, **keywords)
        leaves, structure = pytree.tree_flatten((arguments, keywords))
        leaves = [outer.fake(v) if isinstance(v, torch.Tensor) else v for v in leaves]
        arguments, keywords = pytree.tree_unflatten(leaves, structure)
        if not any(tensor.requires_grad for tensor in _tensors(leaves)):
            return called(*arguments, **keywords)
        if any(isinstance(value, StagedNumber) for value in leaves):
            raise BackendLimit(
                f"`{function.__name__}` is given a number that only the running graph knows",
                mend="hand it over as a tensor",
            )
        tracer = get_proxy_mode().tracer
        given = tuple(tracer.unwrap_proxy(tensor) for tensor in _tensors(leaves))
        nodes = tracer.graph.nodes
        last = next(reversed(nodes), None)
        result = called(*arguments, **keywords)
        for node in reversed(nodes):
            if node is last:
                break
            node.meta[_FORWARD] = True
        call = Applied(function, leaves, structure)
        _calls.call(call, given, _tensors(result))
        return pytree.tree_map_only(torch.Tensor, outer.real, result)

    torch.autograd.Function.apply = classmethod(apply)  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        torch.autograd.Function.apply = plain  # type: ignore[method-assign]


def without_forwards(graph: GraphModule) -> None:
    """Takes away what a `forward` has recorded and nobody uses, its effects too."""
    for part in parts(graph):
        for node in reversed(part.graph.nodes):
            if node.meta.get(_FORWARD) and not node.users:
                part.graph.erase_node(node)
        part.recompile()


def is_custom(node: Node) -> bool:
    """Whether a node calls such a function."""
    return isinstance(node.target, Applied)


def _tensors(values: Any) -> list[torch.Tensor]:
    return [v for v in pytree.tree_leaves(values) if isinstance(v, torch.Tensor)]
