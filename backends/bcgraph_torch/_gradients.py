"""Gradients that a program takes itself, and optimizers that it steps, while it is captured.

Each run gives the leaves that outlive the call their gradients, as `backward` would have. What
would depend on gradients or on an optimizer's state of the call before is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx import Node
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from bcgraph.backend import BackendLimit, Write

from ._settings import PLAIN, Setting

_OUTSIDE = "compile what gives the loss, and call `backward` (and `step`) outside of it"


def mark(leaf: torch.Tensor) -> torch.Tensor:
    """A leaf, known to stand for what a branch or loop gives."""
    leaf._bcgraph_output = True  # type: ignore[attr-defined]
    return leaf


def refuse_through(outputs: Iterable[Any], inputs: Iterable[Any] = ()) -> None:
    """Raises `BackendLimit` where gradients of outputs go back through a branch or loop."""
    seen = {value.grad_fn for value in inputs if isinstance(value, torch.Tensor)}
    left = [value.grad_fn for value in outputs if isinstance(value, torch.Tensor)]
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(getattr(node, "variable", None), "_bcgraph_output"):
            raise BackendLimit(
                "the gradient of a branch or loop that a tensor decides is taken inside of the "
                "compiled function",
                mend=_OUTSIDE,
            )
        left += [following for following, _ in node.next_functions]


def gradients(outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
    """`torch.autograd.grad`."""
    refuse_through(_several(outputs), _several(inputs))
    found = torch.autograd.grad(outputs, inputs, *rest, **keywords)
    if keywords.get("create_graph"):
        return found
    return tuple(value if value is None else value.detach() for value in found)


def backward(tensors: Any, *rest: Any, inputs: Any = None, **keywords: Any) -> None:
    """`torch.autograd.backward`."""
    refuse_through(_several(tensors), _several(() if inputs is None else inputs))
    torch.autograd.backward(tensors, *rest, inputs=inputs, **keywords)


def backward_of(tensor: Any, gradient: Any = None, *rest: Any, **keywords: Any) -> None:
    """`torch.Tensor.backward`."""
    backward(tensor, gradient, *rest, **keywords)


def _several(values: Any) -> Sequence[Any]:
    return (values,) if isinstance(values, torch.Tensor) else tuple(values)


class Leaf(NamedTuple):
    """A leaf that a capture was given, and the gradient that it had.

    An argument has no `real` tensor: it differs by the call. `node` is the gradient in the graph.
    """

    fake: torch.Tensor
    real: torch.Tensor | None
    old: torch.Tensor | None
    node: Node | None

    def writes(self) -> Iterator[Gradient]:
        """The gradient that it has got. Raises `BackendLimit` where that cannot be told."""
        with torch._C.DisableTorchFunction():
            new = self.fake.grad
        is_changed, is_used = new is not self.old, self.node is not None and self.node.users
        if is_used or (is_changed and self.real is None):
            raise BackendLimit(
                f"the gradient {'that a tensor has already' if is_used else 'of an argument'} is "
                "used or changed inside of the compiled function",
                mend=f"{_OUTSIDE}; or take gradients by `torch.autograd.grad`",
            )
        if is_changed and self.real is not None:
            yield Gradient(old=self.old, new=new, leaf=self.real)


@dataclass(frozen=True, eq=False, kw_only=True)
class Gradient(Write):
    """A leaf gets a gradient."""

    leaf: torch.Tensor

    @property
    def target(self) -> Any:
        return self.leaf

    @property
    def key(self) -> str:
        return "grad"

    @property
    def identity(self) -> Any:
        return self.key, id(self.leaf)

    def now(self) -> Gradient:
        return Gradient(old=self.leaf.grad, new=None, leaf=self.leaf)

    def stands(self) -> bool:
        return (self.leaf.grad is None) == (self.old is None)

    def apply(self, value: Any) -> None:
        self.leaf.grad = value if value is None else value.detach()

    def __str__(self) -> str:
        return "the gradient of a tensor"


@contextmanager
def steps(stepped: list[torch.optim.Optimizer]) -> Iterator[None]:
    """Notes the optimizers that are stepped inside.

    Raises `BackendLimit` if one makes state of its own: it would be of the trace.
    """
    before: list[dict[Any, Any]] = []

    def start(optimizer: Any, *_: Any) -> None:
        before.append({of: dict(state) for of, state in optimizer.state.items()})

    def end(optimizer: Any, *_: Any) -> None:
        old = before.pop()
        values = [value for state in optimizer.state.values() for value in state.values()]
        if any(isinstance(value, FakeTensor) for value in values):
            optimizer.state.clear()
            optimizer.state.update(old)
            raise BackendLimit(
                f"`step` of {type(optimizer).__name__} makes state that outlives the call",
                mend=_OUTSIDE,
            )
        stepped.append(optimizer)

    handles = [register_optimizer_step_pre_hook(start), register_optimizer_step_post_hook(end)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def options(stepped: list[torch.optim.Optimizer]) -> list[Setting]:
    """What optimizers are told, such as the learning rate: graphs hold it as it was."""
    return [
        (group, name, value)
        for optimizer in stepped
        for group in optimizer.param_groups
        for name, value in group.items()
        if type(value) in PLAIN
    ]


def refuse_in_branch(*_: Any, **__: Any) -> None:
    """Stands for what changes gradients, where a branch or loop is recorded."""
    raise BackendLimit(
        "gradients are changed in a branch or loop that a tensor decides", mend=_OUTSIDE
    )
