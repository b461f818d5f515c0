"""Python's builtins on tensors."""

from __future__ import annotations

import builtins
import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import torch

from bcgraph.backend import PythonValueNeeded, StagedNumber, StagedText, formatted, pieces

from . import _calls, _dtypes, _gradients, _outer, _record, _run
from ._copies import copied


class _Rows:
    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def length(self) -> Any:
        known = self.tensor.shape[0]
        return known if isinstance(known, int) else torch.full((), known, dtype=torch.int64)

    def at(self, index: Any) -> Any:
        if isinstance(index, int):
            return self.tensor[index]
        count, *shape = self.tensor.shape
        if isinstance(count, int) and count == 0:  # never asked for, but Inductor would refuse it
            return self.tensor.new_zeros(shape)
        index = index.tensor if isinstance(index, StagedNumber) else index
        return copied(self.tensor.index_select(0, index.reshape(1)).squeeze(0))


def items(value: Any) -> Any:
    """The rows of a tensor; None for a scalar."""
    return _Rows(value) if isinstance(value, torch.Tensor) and value.dim() else None


def meanings(backend: Any) -> dict[Any, Callable[..., Any]]:
    """What each builtin does when an argument is staged."""

    def pair(
        python: Any, better: Callable[[Any, Any], Any], reduction: Callable[[Any], Any]
    ) -> Callable[..., Any]:
        def meaning(*arguments: Any, default: Any = None) -> Any:
            if len(arguments) == 1 and not isinstance(arguments[0], list | tuple):
                values = _tensor(arguments[0])
                if isinstance(values.shape[0], int):
                    if values.shape[0] == 0 and default is not None:
                        return default
                    if values.shape[0] == 0:
                        backend.check(False, _empty(python))
                        return torch.zeros(values.shape[1:], dtype=values.dtype)
                    return reduction(values)
                return _reduced(backend, python, values, reduction, default)
            values = _dtypes.common(arguments[0] if len(arguments) == 1 else arguments)
            found = values[0]
            for value in values[1:]:
                found = torch.where(better(value, found), value, found)
            return found

        return meaning

    def total(values: Any, start: Any = 0) -> Any:
        if isinstance(values, list | tuple):
            for value in values:
                start = start + value
            return start
        tensor = _tensor(values)
        found = tensor.sum(0, dtype=None if tensor.dtype == torch.bool else tensor.dtype)
        return found if isinstance(start, int) and start == 0 else found + start

    def reduce(reduction: Callable[..., Any]) -> Callable[..., Any]:
        def meaning(values: Any) -> Any:
            if isinstance(values, list | tuple):
                return reduction(torch.stack([backend.predicate(v) for v in values]))
            return reduction(_tensor(values) != 0)

        return meaning

    def ordered(values: Any, *, key: Any = None, reverse: bool = False) -> Any:
        if isinstance(values, list | tuple):
            values = torch.stack(_dtypes.common(values))
        rows = _tensor(values)
        if key is None:
            return torch.sort(rows, dim=0, descending=reverse, stable=True).values
        if not isinstance(rows.shape[0], int):
            raise PythonValueNeeded("how many values are sorted by a key is not known")
        keys = torch.stack(_dtypes.common([key(row) for row in rows.unbind(0)]))
        return rows[torch.argsort(keys, descending=reverse, stable=True)]

    def rounded(value: Any, digits: int | None = None) -> Any:
        if digits is not None:
            return torch.round(value, decimals=digits)
        return value if not value.dtype.is_floating_point else torch.round(value).to(torch.int64)

    def integer(value: Any = 0) -> Any:
        return value if value.dtype == torch.int64 else value.to(torch.int64).reshape(())

    def floating(value: Any = 0.0) -> Any:
        return value if value.dtype == torch.float64 else value.to(torch.float64).reshape(())

    return {
        builtins.print: _print,
        torch.autograd.backward: _gradients.backward,
        builtins.abs: torch.abs,
        builtins.min: pair(min, torch.less, functools.partial(_extreme, torch.argmin, math.inf)),
        builtins.max: pair(
            max, torch.greater, functools.partial(_extreme, torch.argmax, -math.inf)
        ),
        builtins.sum: total,
        builtins.any: reduce(torch.any),
        builtins.all: reduce(torch.all),
        builtins.int: integer,
        builtins.float: floating,
        builtins.bool: backend.predicate,
        builtins.round: rounded,
        builtins.sorted: ordered,
        copy.copy: lambda x: x.view_as(x),
        copy.deepcopy: torch.clone,
        torch.manual_seed: _seed,
        torch.stack: _stack,
        torch.cat: _cat,
        torch.concat: _cat,
    }


def _extreme(argument: Callable[..., Any], worst: float, values: Any) -> Any:
    """The first extreme, as Python finds it: what is not a number is it if it comes first only."""
    numbers = values.to(torch.uint8) if values.dtype == torch.bool else values
    if values.is_floating_point():
        none = values.isnan()
        numbers = torch.where(none, worst, values)
        numbers = torch.cat([torch.where(none[:1], -worst, numbers[:1]), numbers[1:]])
    return values.gather(0, argument(numbers, dim=0, keepdim=True)).squeeze(0)


def _reduced(
    backend: Any, python: Any, values: Any, reduction: Callable[[Any], Any], default: Any
) -> Any:
    """A reduction of rows of which there may be none."""
    count = torch.full((), values.shape[0], dtype=torch.int64)
    spare = torch.zeros((1, *values.shape[1:]), dtype=values.dtype, device=values.device)
    if default is None:
        backend.check(count > 0, _empty(python))
        default = 0
    filled = _dtypes.convert(default, _dtypes.Spec(_dtypes.Kind(values.dtype, values.device), ()))

    def some() -> list[Any]:
        return [reduction(values)]

    def none() -> list[Any]:
        return [(spare[0] + filled).to(values.dtype)]

    (found,) = _record.cond(count > 0, some, none, lambda one, other: (lambda: one, lambda: other))
    return found


def _empty(function: Any) -> ValueError:
    """What this Python says of `min` or `max` of nothing."""
    try:
        function([])
    except ValueError as error:
        return error
    raise AssertionError(function)


def _tensor(value: Any) -> Any:
    return value if isinstance(value, torch.Tensor) else value.stack()


def _stack(tensors: Any, dim: int = 0, **_: Any) -> Any:
    if isinstance(tensors, list | tuple):
        return torch.stack(tensors, dim)
    stacked = _tensor(tensors)
    return stacked if dim == 0 else stacked.movedim(0, dim)


def _cat(tensors: Any, dim: int = 0, **_: Any) -> Any:
    if isinstance(tensors, list | tuple):
        return torch.cat(tensors, dim)
    if dim != 0:
        raise TypeError("a list of unknown length can be joined along the first axis only")
    return _tensor(tensors).flatten(0, 1)


def _print(*values: Any, sep: str | None = " ", end: str | None = "\n", **_: Any) -> None:
    """Prints when the graph runs."""
    sep, end = " " if sep is None else sep, "\n" if end is None else end
    texts = [formatted(value, "", "s") if _is_staged(value) else value for value in values]
    texts = [text if isinstance(text, StagedText) else StagedText([str(text)]) for text in texts]
    told = [piece for text in texts for piece in pieces(text)]
    numbers = tuple(i for i, piece in enumerate(told) if piece.is_number)
    form = sep.replace("{", "{{").replace("}", "}}").join(text.template for text in texts)
    _calls.effect(_run.printed, (form, end, numbers, *(piece.value for piece in told)))


def _seed(seed: Any) -> Any:
    """Seeds when the graph runs; one of `torch.export` cannot do that."""
    if not _outer.is_own():
        return torch.manual_seed(seed)
    _calls.effect(_run.seeded, (seed.tensor if isinstance(seed, StagedNumber) else seed,))
    return torch.default_generator


_seed.always = True  # type: ignore[attr-defined]


def _is_staged(value: Any) -> bool:
    return isinstance(value, StagedNumber | StagedText | torch.Tensor)
