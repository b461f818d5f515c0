"""What PyTorch does for bcgraph, in terms of the graph that is being captured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType
from typing import Any

import torch
from torch.fx.experimental.symbolic_shapes import free_unbacked_symbols

from bcgraph.backend import BcgraphError, Errors, Items, Program, Spec, StagedNumber, number_of

from . import (
    _builtins,
    _calls,
    _dtypes,
    _function,
    _meanings,
    _modules,
    _outer,
    _record,
    _refusals,
    _run,
)
from ._meanings import Meanings


class Backend:
    """Records into the graph that `make_fx`, `torch.export` or a compiled function captures."""

    name = "torch"
    symbolic = True
    adds = False

    def __init__(self) -> None:
        self.errors = Errors()
        Meanings.number = staticmethod(lambda tensor: number_of(self, tensor))

    def owns(self, value: Any) -> bool:
        """Whether a value is a tensor or a module."""
        return isinstance(value, torch.Tensor | torch.nn.Module)

    def adopt(self, kind: type) -> None:
        """Lets PyTorch's functions take a staged number or list as the tensor it stands for."""
        kind.__torch_function__ = classmethod(_adopted)  # type: ignore[attr-defined]

    def is_marked(self, fn: Any) -> bool:
        """Never: PyTorch has no mark of its own that bcgraph obeys."""
        return False

    def mark(self, fn: Callable[..., Any]) -> None:
        """Nothing: PyTorch converts no function."""

    def called(self, target: Any, convert: Callable[[Any], Any]) -> Any:
        """A module with its forward, and its parts', converted; a function that takes sizes."""
        if isinstance(target, torch.nn.Module):
            return _modules.called(target, convert)
        return _meanings.sized(target) if isinstance(target, BuiltinFunctionType) else target

    def twin(
        self,
        target: Any,
        convert: Callable[[Any], Any],
        finished: Callable[[Callable[..., Any]], Callable[..., Any]],
    ) -> Any:
        """A module with the same parameters, buffers and parts, whose forward is converted."""
        if not isinstance(target, torch.nn.Module):
            return target
        return _modules.twin(target, convert, finished)

    def is_recording(self) -> bool:
        """Whether a graph is being captured."""
        return _calls.is_recording()

    def is_staged(self, value: Any) -> bool:
        """Every tensor, while a graph is captured, and a size that only the running graph knows."""
        if isinstance(value, StagedNumber):
            return True
        kinds = (torch.Tensor, torch.SymInt, torch.SymFloat, torch.SymBool)
        if not isinstance(value, kinds) or not _calls.is_recording():
            return False
        return isinstance(value, torch.Tensor) or bool(free_unbacked_symbols(value))

    def takes_heads(self) -> bool:
        """Yes."""
        return True

    def recipe(self, value: Any, leaves: Sequence[Any], fixed: Sequence[Any]) -> None:
        """None: conditions are carried."""

    def head(self, value: Any, *, goes_on: bool) -> None:
        """None: a test is recorded before the body."""

    def refusal(self, error: Exception) -> BcgraphError | None:
        """What an error of PyTorch's means that is no error of the program."""
        return _refusals.refusal(error)

    def compile(self, program: Program, options: Mapping[str, Any]) -> Any:
        """Captures the converted function once for each kind of arguments."""
        return _function.compile(program, options, self.errors)

    def spec(self, value: Any) -> Spec | None:
        """Dtype, device and shape."""
        return _dtypes.spec(value)

    def join(self, first: Spec, second: Spec) -> Spec | None:
        """Promotes dtypes; devices and shapes must be the same."""
        return _dtypes.join(first, second)

    def convert(self, value: Any, spec: Spec) -> Any:
        """A tensor of the spec's dtype, device and rank."""
        return _dtypes.convert(value, spec)

    def filler(self, spec: Spec) -> Any:
        """Zeros."""
        return _dtypes.filler(spec)

    def parts(self, value: Any) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Any]] | None:
        """No composites."""
        return None

    def predicate(self, value: Any) -> Any:
        """A scalar boolean tensor."""
        if isinstance(value, StagedNumber):
            value = value.tensor
        if isinstance(value, torch.SymInt | torch.SymFloat):
            value = value != 0
        if isinstance(value, torch.SymBool):
            return torch.full((), torch.sym_ite(value, 1, 0)) != 0
        if not isinstance(value, torch.Tensor):
            return torch.full((), bool(value))
        if value.dim() and not all(n == 1 for n in value.shape):
            raise ValueError(f"its shape is {tuple(value.shape)}")
        tensor = value if value.dtype == torch.bool else value != 0
        return tensor.reshape(()) if tensor.dim() else tensor

    def cond(
        self,
        predicate: Any,
        true: Callable[[], Any],
        false: Callable[[], Any],
        agree: Callable[[Any, Any], tuple[Callable[[], list[Any]], Callable[[], list[Any]]]],
    ) -> list[Any]:
        """One `cond` operator."""
        return _record.cond(predicate, true, false, agree)

    def while_loop(
        self,
        test: Callable[[list[Any]], Any],
        body: Callable[[list[Any]], list[Any]],
        values: list[Any],
        specs: list[Spec],
    ) -> list[Any]:
        """One `while_loop` operator."""
        return _record.while_loop(test, body, values, specs)

    def is_pure(self, record: Callable[[], Any], *, kept: bool = False) -> bool:
        """Whether recording draws no random number and writes nothing."""
        pure = _record.is_pure(record)
        if kept:
            record()
        return pure

    def check(self, condition: Any, error: BaseException) -> None:
        """An assertion whose message tells the error, which the compiled function raises."""
        predicate, pieces = self.predicate(condition), Errors.values(error)
        if pieces and _outer.is_own():
            check = _run.failing(self.errors.without_values(error))
            _calls.effect(check, (predicate, *(piece.value for piece in pieces)))
        else:
            torch._assert_async(predicate, self.errors.message(error))

    def all_of(self, conditions: Sequence[Any]) -> Any:
        """Conjunction."""
        found = self.predicate(conditions[0])
        for condition in conditions[1:]:
            found = torch.logical_and(found, condition)
        return found

    def logical_not(self, value: Any) -> Any:
        """Negated truth."""
        return torch.logical_not(self.predicate(value))

    def equal(self, first: Any, second: Any) -> Any:
        """Equality of scalars."""
        return _scalar(first) == _scalar(second)

    def less(self, first: Any, second: Any) -> Any:
        """`first < second` of integers."""
        return _scalar(first) < _scalar(second)

    def select(self, condition: Any, first: Any, second: Any) -> Any:
        """`torch.where` of integer scalars."""
        return torch.where(condition, _scalar(first), _scalar(second))

    def items(self, value: Any) -> Items | None:
        """Rows of a tensor."""
        return _builtins.items(value)

    def stream(self, value: Any) -> None:
        """PyTorch has none: Python iterates over a `DataLoader` by itself."""

    def range_length(self, start: Any, stop: Any, step: Any) -> Any:
        """As Python's `len(range(...))`."""
        if isinstance(start, int) and start == 0 and isinstance(step, int) and step == 1:
            return _scalar(stop)  # a negative one gives no turns either
        start, stop, step = map(_scalar, (start, stop, step))
        count = -torch.div(start - stop, step, rounding_mode="floor")
        return torch.clamp(count, min=0)

    def stack(self, values: list[Any]) -> Any:
        """`torch.stack`."""
        return torch.stack(_dtypes.common(values))

    def contains(self, item: Any, container: Any) -> Any:
        """Whether any element equals the item."""
        return (container == item).any()

    def unstack(self, value: Any, count: int) -> tuple[Any, ...]:
        """Rows, whose number is known."""
        known = value.shape[0] if value.dim() else 0
        if known != count:
            text = "too many" if known > count else "not enough"
            raise ValueError(f"{text} values to unpack (expected {count}, got {known})")
        return tuple(value.unbind(0))

    def builtins(self) -> Mapping[Any, Callable[..., Any]]:
        """Staged meanings of Python's builtins."""
        return _builtins.meanings(self)

    # A staged list is a tensor whose rows are its elements.

    def list_new(self, spec: Spec) -> Any:
        """No rows."""
        return _dtypes.filler(Spec(spec.dtype, (None, *(spec.shape or ()))))

    def list_push(self, handle: Any, value: Any, spec: Spec) -> Any:
        """A row more."""
        return _dtypes.mark_list(torch.cat([handle, value.unsqueeze(0)]))

    def list_pop(self, handle: Any, spec: Spec) -> tuple[Any, Any]:
        """A row less, and that row."""
        last = self.list_get(handle, -1, spec)
        return _dtypes.mark_list(handle.narrow(0, 0, handle.shape[0] - 1)), last

    def list_get(self, handle: Any, index: Any, spec: Spec) -> Any:
        """One row."""
        return handle.index_select(0, self._row(handle, index)).squeeze(0)

    def list_set(self, handle: Any, index: Any, value: Any, spec: Spec) -> Any:
        """A row replaced."""
        row = self._row(handle, index)
        return _dtypes.mark_list(handle.index_copy(0, row, value.unsqueeze(0)))

    def _row(self, handle: Any, index: Any) -> Any:
        index = _scalar(index)
        return torch.where(index < 0, index + handle.shape[0], index).reshape(1)

    def list_length(self, handle: Any) -> Any:
        """Number of rows."""
        return _scalar(handle.shape[0])

    def list_stack(self, handle: Any, spec: Spec) -> Any:
        """The rows."""
        return handle.clone()


def _scalar(value: Any) -> Any:
    """An integer as a scalar tensor."""
    if isinstance(value, StagedNumber):
        return value.tensor
    if isinstance(value, torch.Tensor):
        return value
    return torch.full((), value, dtype=torch.int64)


def _adopted(
    _: type, function: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
) -> Any:
    """A function of PyTorch that gets a staged number or list."""
    tensors = [v for v in torch.utils._pytree.tree_leaves((args, kwargs)) if _is_tensor(v)]
    other = _dtypes.spec(tensors[0]) if tensors else None

    def given(value: Any) -> Any:
        if isinstance(value, StagedNumber):
            return value.tensor if other is None else value.met(other)
        return (
            value.stack()
            if hasattr(type(value), "__torch_function__")
            and hasattr(type(value), "stack")
            and not _is_tensor(value)
            else value
        )

    args, kwargs = torch.utils._pytree.tree_map(given, (args, dict(kwargs or {})))
    return function(*args, **kwargs)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)
