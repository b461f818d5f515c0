"""Modules: PyTorch calls their `forward`, which is the user's."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from . import _calls, _record

_BY_ITSELF = (
    "bcgraph captures control flow by itself, not through Dynamo: export with `strict=False`, "
    "compile with `bcgraph.compile`"
)

Convert = Callable[[Any], Any]


def called(module: torch.nn.Module, convert: Convert) -> Callable[..., Any]:
    """What to call instead of a module, so that its forward and those of its parts are converted.

    Hooks, and whatever else `Module.__call__` does, stay as they are.
    """

    def call(*arguments: Any, **keywords: Any) -> Any:
        with _forwards(module.modules(), convert):
            return module(*arguments, **keywords)

    call.__wrapped__ = module  # type: ignore[attr-defined]  # whose other methods are seen so
    return call


def twin(
    module: torch.nn.Module,
    convert: Convert,
    finished: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> torch.nn.Module:
    """A module that shares all that `module` holds; its forward is the converted one."""
    made = copy.copy(module)
    forward = finished(convert(made.forward))

    @torch.compiler.disable(reason=_BY_ITSELF)
    @functools.wraps(module.forward)
    def call(*arguments: Any, **keywords: Any) -> Any:
        with _forwards((part for part in made.modules() if part is not made), convert):
            result = forward(*arguments, **keywords)
        if _calls.is_recording():
            _record.check_writes(result)
        return result

    made.__dict__["forward"] = call
    return made


@contextmanager
def _forwards(modules: Iterable[torch.nn.Module], convert: Convert) -> Iterator[None]:
    """Inside, the modules' own `forward` is the converted one."""
    changed = []
    for part in modules:
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
