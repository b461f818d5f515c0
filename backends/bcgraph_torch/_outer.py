"""Tensors that a function uses and does not get as arguments: parameters, buffers, globals."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx.experimental.proxy_tensor import (
    disable_proxy_modes_tracing,
    get_proxy_mode,
    track_tensor_tree,
)
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

from bcgraph.backend import BackendLimit

from ._gradients import Leaf

_own = threading.local()


def is_own() -> bool:
    """Whether the graph being captured is a compiled function's, not one of `torch.export`.

    Such a graph hands tensors on as the program does; who else runs a graph wants copies.
    """
    return bool(getattr(_own, "depth", 0))


class Outer(TorchFunctionMode):
    """While it is active, real tensors stand for themselves in the captured graph.

    An operation gets a fake tensor in place of a real one, which it therefore never changes; the
    graph reads the real one when it runs. Where an operation gives back what it was given, so it
    does here.
    """

    def __init__(self, mode: FakeTensorMode) -> None:
        super().__init__()
        self._mode = mode
        self._tracer = get_proxy_mode().tracer
        self._real: dict[int, torch.Tensor] = {}  # by the identity of the fake one
        self._fakes: dict[int, torch.Tensor] = {}  # by the identity of the real one
        self.leaves: list[Leaf] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        args, kwargs = pytree.tree_map_only(torch.Tensor, self.fake, (args, kwargs or {}))
        return self.real(function(*args, **kwargs))

    def __enter__(self) -> Outer:
        _own.depth = getattr(_own, "depth", 0) + 1
        super().__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        _own.depth -= 1
        super().__exit__(*exception)

    def fake(self, tensor: torch.Tensor) -> torch.Tensor:
        """What operations get for a tensor."""
        if isinstance(tensor, FakeTensor) or tensor.is_meta:  # what fake tensors are made of
            return tensor
        found = self._fakes.get(id(tensor))
        if found is None:
            if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
                raise BackendLimit(
                    "`torch.func` transforms a function inside of the compiled one",
                    mend="transform the compiled function: `torch.func.grad(bcgraph.compile(f))`",
                )
            with disable_proxy_modes_tracing(), torch._C.DisableTorchFunction():
                found = self._mode.from_tensor(tensor, static_shapes=True)
            name = f"outer_{len(self._fakes)}"
            setattr(self._tracer.root, name, tensor)
            proxy = self._tracer.create_proxy("get_attr", name, (), {})
            track_tensor_tree(found, proxy, constant=None, tracer=self._tracer)
            self._fakes[id(tensor)], self._real[id(found)] = found, tensor
            if found.is_leaf and found.requires_grad:
                self._note_gradient(found, tensor)
        return found

    def _note_gradient(self, fake: torch.Tensor, real: torch.Tensor) -> None:
        old = None if real.grad is None else self.fake(real.grad)
        node = None if old is None else self._tracer.unwrap_proxy(old).node
        fake.grad = old
        self.leaves.append(Leaf(fake, real, old, node))

    def real(self, result: Any) -> Any:
        """What the program gets for an operation's result."""
        return self._real.get(id(result), result)
