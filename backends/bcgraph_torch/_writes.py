"""What a captured call leaves in Python objects: buffers, attributes, lists that outlive it.

A buffer keeps its tensor, which the graph writes. Elsewhere the graph gives the value, and each run
puts it there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from bcgraph.backend import UnsupportedEffect, Write


def kept(
    writes: list[Write],
    arguments: set[int],
    fake: Callable[[torch.Tensor], torch.Tensor],
) -> list[Write]:
    """Records the writes to buffers, and gives the others.

    Raises:
        UnsupportedEffect: if a list or dict that is an argument is written: a graph gets its parts.
    """
    found = []
    for write in writes:
        if id(write.target) in arguments:
            raise UnsupportedEffect(
                f"{write} that is an argument is changed, which the caller would not see",
                mend="return what has changed",
            )
        if _is_buffer(write):
            fake(write.old).copy_(write.new)
        else:
            found.append(write)
    return found


def containers(value: Any) -> list[Any]:
    """The lists, tuples and dicts that arguments are made of."""
    if not isinstance(value, list | tuple | dict):
        return []
    inner = list(value.values()) if isinstance(value, dict) else list(value)
    return [value, *(found for v in inner for found in containers(v))]


def _is_buffer(write: Write) -> bool:
    target, old, new = write.target, write.old, write.new
    return (
        isinstance(target, torch.nn.Module)
        and write.key in target._buffers
        and isinstance(old, torch.Tensor)
        and isinstance(new, torch.Tensor)
        and (old.dtype, old.device, old.shape) == (new.dtype, new.device, new.shape)
    )
