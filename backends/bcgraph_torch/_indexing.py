"""Indexing by staged integers: `x[i]` and `x[i] = v`, without a look at `i`."""

from __future__ import annotations

from typing import Any

import torch

from bcgraph.backend import StagedNumber

from ._copies import copied

_INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8)


def _is_scalar(key: Any) -> bool:
    return isinstance(key, StagedNumber) or (
        isinstance(key, torch.Tensor) and key.dim() == 0 and key.dtype in _INTEGERS
    )


def _split(x: Any, key: Any) -> tuple[tuple[Any, ...], list[Any]] | None:
    """An index as one without scalar tensors, and the tensors by dimension of what that gives."""
    keys = key if isinstance(key, tuple) else (key,)
    if not any(_is_scalar(k) or _is_staged_slice(k) for k in keys):
        return None
    used = sum(k is not None and k is not Ellipsis for k in keys)
    plain: list[Any] = []
    where: list[Any] = []
    for k in keys:
        if _is_scalar(k):
            plain.append(slice(None))
            where.append(k.tensor if isinstance(k, StagedNumber) else k)
        elif k is Ellipsis:
            rest = x.dim() - used
            plain += [slice(None)] * rest
            where += [None] * rest
        elif isinstance(k, int) and not isinstance(k, bool):
            plain.append(k)
        elif k is None or isinstance(k, slice):
            plain.append(_sized(k) if isinstance(k, slice) else k)
            where.append(None)
        else:
            return None
    return tuple(plain), where


def _is_staged_slice(key: Any) -> bool:
    bounds = (key.start, key.stop, key.step) if isinstance(key, slice) else ()
    return any(isinstance(b, StagedNumber | torch.Tensor) for b in bounds)


def _sized(key: slice) -> slice:
    """A slice whose staged bounds have become sizes that only the running graph knows."""

    def bound(value: Any) -> Any:
        value = value.tensor if isinstance(value, StagedNumber) else value
        return value.item() if isinstance(value, torch.Tensor) else value

    return slice(bound(key.start), bound(key.stop), bound(key.step))


def _wrapped(index: Any, size: Any) -> Any:
    return torch.where(index < 0, index + size, index)


def get(x: Any, key: Any) -> Any:
    """`x[key]` where the key holds scalar tensors."""
    split = _split(x, key)
    if split is None:
        return NotImplemented
    plain, where = split
    found = x[plain]
    for dim in reversed(range(len(where))):
        if where[dim] is not None:
            index = _wrapped(where[dim], found.shape[dim]).reshape(1)
            found = copied(found.index_select(dim, index).squeeze(dim))
    return found


def put(x: Any, key: Any, value: Any) -> Any:
    """`x[key] = value` where the key holds scalar tensors."""
    split = _split(x, key)
    if split is None:
        return NotImplemented
    plain, where = split
    part = x[plain]
    indices = [
        None if index is None else _wrapped(index, part.shape[dim])
        for dim, index in enumerate(where)
    ]
    if isinstance(value, StagedNumber):
        value = value.tensor
    if not isinstance(value, torch.Tensor):
        value = torch.full((), value, dtype=x.dtype, device=x.device)
    if any(index is not None for index in indices):
        torch.ops.aten.index_put_.default(part, indices, value.to(x.dtype))
    else:
        part.copy_(value)
    return None
