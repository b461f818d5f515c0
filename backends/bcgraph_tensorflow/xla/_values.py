"""What the copy of a graph knows of a value.

Value = np.ndarray    known now
      | tf.Tensor     a tensor of the copy
      | Numbers       the integers of a range, not made into a tensor
      | Elements      a list: a buffer, of which the first `length` are in it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ._kept import NotKept

Value = Any


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """`start`, `start + step`, … (`length` of them): scalar integers of one dtype."""

    start: Value
    step: Value
    length: Value


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """A list. `buffer`: `[capacity, *shape]`; None while the shape of an element is not known."""

    buffer: Value
    length: Value
    dtype: Any


def tensor(value: Value) -> Any:
    """A value as a tensor of the graph that is being made."""
    if isinstance(value, np.ndarray | np.generic):
        return tf.constant(value)
    if isinstance(value, Numbers):
        raise NotKept("it uses a range whose length only the running graph knows, as a tensor")
    if isinstance(value, Elements):
        raise NotKept("a list goes where XLA takes none")
    return value


def known(value: Value, what: str = "a size") -> np.ndarray:
    """A value that XLA must know when it compiles."""
    if isinstance(value, np.ndarray):
        return value
    raise NotKept(f"{what} is known to the running graph only")


def flattened(values: list[Value]) -> list[Any]:
    """The tensors that hold values."""
    flat = []
    for value in values:
        if isinstance(value, Elements):
            if value.buffer is None:
                raise NotKept("the shape of a list's elements is not known")
            flat += [tensor(value.buffer), tensor(value.length)]
        else:
            flat.append(tensor(value))
    return flat


def rebuilt(like: list[Value], flat: Any) -> list[Value]:
    """Values as `like`, of other tensors."""
    rest = iter(flat)
    return [
        Elements(next(rest), next(rest), value.dtype) if isinstance(value, Elements) else next(rest)
        for value in like
    ]


def shape(value: Value) -> tuple[int, ...]:
    """The shape of a tensor, all of whose sizes are known."""
    if isinstance(value, np.ndarray):
        return value.shape
    found = tensor(value).shape
    if not found.is_fully_defined():
        raise NotKept("a shape is known to the running graph only")
    return tuple(found.as_list())
