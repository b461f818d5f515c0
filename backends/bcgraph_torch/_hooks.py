"""What autograd is told besides operations: hooks on tensors, retained gradients, inference mode.

A running graph tells it the same of its own tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils import _pytree as pytree

from bcgraph.backend import BackendLimit

from . import _calls, _run
from ._outer import is_own

_OUTSIDE = "register it outside of the compiled function"


class _Handle:
    """Of a hook that each run registers."""

    def remove(self) -> None:
        raise BackendLimit("a hook is removed inside of the compiled function", mend=_OUTSIDE)


def register_hook(tensor: Any, hook: Callable[[Any], Any]) -> Any:
    """`torch.Tensor.register_hook`."""
    if not is_own():
        return NotImplemented
    closure = getattr(hook, "__closure__", None) or ()
    held = pytree.tree_leaves([cell.cell_contents for cell in closure])
    if not isinstance(tensor, FakeTensor) or any(isinstance(v, FakeTensor) for v in held):
        raise BackendLimit(
            "a hook on a tensor from outside, or one that uses a tensor of the compiled function",
            mend=f"{_OUTSIDE}, or write a `torch.autograd.Function`",
        )
    with torch._C.DisableTorchFunction():
        tensor.register_hook(hook)  # for gradients that the program takes itself
    _calls.effect(_run.hooking("register_hook", hook), (tensor,))
    return _Handle()


def retain_grad(tensor: Any) -> Any:
    """`torch.Tensor.retain_grad`."""
    if not is_own() or not isinstance(tensor, FakeTensor):
        return NotImplemented
    _calls.effect(_run.hooking("retain_grad"), (tensor,))
    return None


def refuse(*_: Any, **__: Any) -> None:
    """Stands for what registers a hook that no graph has."""
    raise BackendLimit("a hook is registered inside of the compiled function", mend=_OUTSIDE)


def refuse_on_module(module: torch.nn.Module) -> None:
    """Raises `BackendLimit` for a module with hooks that autograd calls."""
    if torch.is_grad_enabled() and (module._backward_hooks or module._backward_pre_hooks):
        raise BackendLimit(
            f"`{type(module).__name__}` has a backward hook, which a graph would not call",
            mend="register hooks on its tensors, or write a `torch.autograd.Function`",
        )


@contextmanager
def without_inference() -> Iterator[None]:
    """Inside, `torch.inference_mode` is `torch.no_grad`, which a graph has."""
    enter = torch.inference_mode.__enter__

    def entered(mode: Any) -> None:
        if not _calls.is_recording():
            return enter(mode)
        guard = torch.no_grad() if mode.mode else torch.enable_grad()
        mode._inference_mode_context = guard  # which its own `__exit__` leaves
        return guard.__enter__()

    torch.inference_mode.__enter__ = entered  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.inference_mode.__enter__ = enter  # type: ignore[method-assign]
