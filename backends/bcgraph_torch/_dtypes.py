"""Dtypes, devices and shapes: what a value is, and what holds two of them.

A Python number is weak: it takes dtype, device and shape of the tensor it meets, and a wider kind
if it must, by the rules of `torch.result_type`. Tensors of different dtypes are promoted. A size
that differs is known only when the graph runs; ranks and devices must be the same.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import _disable_current_modes

from bcgraph.backend import Spec, StagedNumber, unfit

_CPU = torch.device("cpu")
_WEAK = {bool: torch.bool, int: torch.int64, float: torch.float64, complex: torch.complex128}


@dataclass(frozen=True)
class Kind:
    """What the core calls a dtype: a tensor's dtype and where it lies."""

    dtype: torch.dtype
    device: torch.device

    @property
    def name(self) -> str:
        """As an error message tells it."""
        name = str(self.dtype).removeprefix("torch.")
        return name if self.device.type == "cpu" else f"{name} {self.device}"


class Symbol:
    """A size that is a symbol; two of them compare by what they say, and leave no guard."""

    __slots__ = ("expression", "size")

    def __init__(self, size: torch.SymInt) -> None:
        self.size, self.expression = size, size.node.expr

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symbol) and bool(self.expression == other.expression)

    def __hash__(self) -> int:
        return hash(self.expression)

    def __repr__(self) -> str:
        return str(self.expression)


def spec(value: Any) -> Spec | None:
    """The spec of a tensor or Python number."""
    if isinstance(value, StagedNumber):
        return value.spec
    if isinstance(value, np.generic):
        value = value.item()
    dtype = _WEAK.get(type(value))
    if dtype is not None:
        if type(value) is int and not -(2**63) <= value < 2**63:
            return None
        return Spec(Kind(dtype, _CPU), (), weak=True)
    if isinstance(value, torch.SymInt):
        return Spec(Kind(torch.int64, _CPU), (), weak=True)
    if isinstance(value, torch.Tensor):
        shape = tuple(map(_size, value.shape))
        if is_list(value):
            shape = (None, *shape[1:])
        return Spec(Kind(value.dtype, value.device), shape)
    return None


def join(first: Spec, second: Spec) -> Spec | None:
    """The narrowest spec that holds both."""
    if first.weak != second.weak:
        weak, strong = (first, second) if first.weak else (second, first)
        dtype = _yielded(weak.dtype.dtype, strong.dtype.dtype)
        return Spec(Kind(dtype, strong.dtype.device), strong.shape)
    one, other = first.dtype, second.dtype
    if one.device != other.device or len(first.shape or ()) != len(second.shape or ()):
        return None
    pairs = zip(first.shape or (), second.shape or (), strict=True)
    shape = tuple(a if a == b else None for a, b in pairs)
    return Spec(Kind(_promoted(one.dtype, other.dtype), one.device), shape, weak=first.weak)


@functools.cache
def _promoted(first: torch.dtype, second: torch.dtype) -> torch.dtype:
    with _disable_current_modes():  # nothing of it belongs into a graph
        return torch.promote_types(first, second)


def _yielded(weak: torch.dtype, strong: torch.dtype) -> torch.dtype:
    """The dtype of a number of dtype `weak` beside a tensor."""
    wider = _rank(weak)
    if wider <= _rank(strong):
        return strong
    if wider < 3:
        return torch.int64 if wider == 1 else torch.get_default_dtype()
    base = strong if strong.is_floating_point else torch.get_default_dtype()
    return {torch.float64: torch.complex128, torch.float16: torch.complex32}.get(
        base, torch.complex64
    )


def _rank(dtype: torch.dtype) -> int:
    if dtype.is_complex:
        return 3
    if dtype.is_floating_point:
        return 2
    return 0 if dtype == torch.bool else 1


def _size(size: Any) -> Any:
    return Symbol(size) if isinstance(size, torch.SymInt) else size


def same_size(one: Any, other: Any) -> bool:
    """Whether two sizes are known to be equal."""
    return bool(_size(one) == _size(other))


def dims(shape: tuple[Any, ...]) -> list[Any]:
    """The sizes of a spec's shape as PyTorch takes them; None for an unknown one."""
    return [n.size if isinstance(n, Symbol) else n for n in shape]


def convert(value: Any, spec: Spec) -> Any:
    """A value as a tensor of the spec's dtype, device and rank."""
    dtype, device = spec.dtype.dtype, spec.dtype.device
    if isinstance(value, StagedNumber):
        value = value.tensor
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float | complex | torch.SymInt):
        return torch.full(dims(spec.shape or ()), value, dtype=dtype, device=device)
    if isinstance(value, list):
        value = torch.as_tensor(value)
    made = value
    if value.dtype != dtype or value.device != device:
        made = value.to(device=device, dtype=dtype)
    if spec.shape and not made.shape and None not in spec.shape:
        made = made.expand(dims(spec.shape))
    return mark_list(made) if is_list(value) else made


def common(values: Any) -> list[Any]:
    """Values as tensors of one spec."""
    whole = None
    for value in values:
        own = spec(value)
        if own is None:
            raise unfit(f"{value!r}, which is none")
        joined = own if whole is None else join(whole, own)
        if joined is None:
            raise unfit("values of several shapes or devices")
        whole = joined
    assert whole is not None
    return [convert(value, whole) for value in values]


def filler(spec: Spec) -> Any:
    """Zeros, unknown sizes taken as zero."""
    shape = [n if n is not None else 0 for n in dims(spec.shape or ())]
    made = torch.zeros(shape, dtype=spec.dtype.dtype, device=spec.dtype.device)
    return mark_list(made) if spec.shape and spec.shape[0] is None else made


def is_list(value: Any) -> bool:
    """Whether a tensor stands for a staged list: its rows are the elements, its length grows."""
    return getattr(value, "_bcgraph_list", False) is True


def mark_list(tensor: Any) -> Any:
    """The tensor, known to stand for a staged list."""
    tensor._bcgraph_list = True
    return tensor
