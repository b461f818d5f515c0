"""Calls in the graph that is being captured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import get_proxy_mode, track_tensor_tree


def is_recording() -> bool:
    """Whether a graph is being captured in this thread.

    PyTorch keeps the modes in front of dispatch for the process; the dispatch key is the thread's.
    """
    mode = get_proxy_mode()
    if mode is None:
        return False
    if torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.PROXY) is not None:
        return True
    return torch._C._dispatch_tls_is_dispatch_key_included(torch._C.DispatchKey.PreDispatch)


def call(
    operator: Any,
    arguments: tuple[Any, ...],
    results: list[Any],
    meta: dict[str, Any] | None = None,
) -> list[Any]:
    """Records a call that gives these tensors, which are its results from now on."""
    tracer = get_proxy_mode().tracer
    proxies = torch.utils._pytree.tree_map(tracer.unwrap_proxy, arguments)
    proxy = tracer.create_proxy("call_function", operator, proxies, {})
    proxy.node.meta.update(meta or {})
    with torch._C.DisableTorchFunction():
        track_tensor_tree(results, proxy, constant=None, tracer=tracer)
    return results


def effect(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Records a call that gives nothing."""
    call(function, arguments, [])
