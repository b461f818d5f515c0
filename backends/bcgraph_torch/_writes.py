"""What a captured call leaves in Python objects: buffers, attributes, lists that outlive it.

A buffer keeps its tensor, which the graph writes. Elsewhere the graph gives the value, and each run
puts it there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from bcgraph.backend import UnsupportedEffect, Write


class Kept(NamedTuple):
    """A write that each run does; `guarded` where the graph may depend on what was there."""

    write: Write
    guarded: bool

    def stands(self) -> bool:
        """Whether the graph still holds."""
        return not self.guarded or self.write.stands()

    @property
    def values(self) -> tuple[Any, Any]:
        """What is put there, and whether it is there: else it is None."""
        return self.write.new, True if self.write.there is None else self.write.there

    def apply(self, values: tuple[Any, Any]) -> None:
        """Puts there what the graph has given."""
        value, there = values
        self.write.apply(value if there else None)


def kept(
    writes: list[Write],
    arguments: set[int],
    fake: Callable[[torch.Tensor], torch.Tensor],
    is_read: Callable[[Write], bool],
) -> list[Kept]:
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
            found.append(Kept(write, is_read(write)))
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
