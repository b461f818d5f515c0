"""Modules: PyTorch calls their `forward`, which is the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

Convert = Callable[[Any], Any]


def called(module: torch.nn.Module, convert: Convert) -> Callable[..., Any]:
    """What to call instead of a module, so that its forward and those of its parts are converted.

    Hooks, and whatever else `Module.__call__` does, stay as they are.
    """

    def call(*arguments: Any, **keywords: Any) -> Any:
        with _forwards(module, convert):
            return module(*arguments, **keywords)

    return call


@contextmanager
def _forwards(module: torch.nn.Module, convert: Convert) -> Iterator[None]:
    """Inside, the modules' own `forward` is the converted one."""
    changed = []
    for part in module.modules():
        if "forward" in part.__dict__:
            continue  # the user has put one there, or an outer call this one
        converted = convert(part.forward)
        if converted is not part.forward:
            part.__dict__["forward"] = converted
            changed.append(part)
    try:
        yield
    finally:
        for part in changed:
            del part.__dict__["forward"]
