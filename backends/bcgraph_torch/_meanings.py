"""What PyTorch's functions mean while a graph is captured, where they would look at a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

from bcgraph.backend import PythonValueNeeded, StagedNumber

from . import _copies, _dtypes, _gradients, _hooks, _indexing


class Meanings(TorchFunctionMode):
    """While it is active, the functions below have meanings of their own.

    `x.item()` gives what `number` makes of a scalar: a Python number of the running graph.
    """

    number: ClassVar[Callable[[Any], Any]]

    def __init__(self, *, in_branch: bool = False) -> None:
        super().__init__()
        self._meanings = _IN_BRANCHES if in_branch else _MEANINGS

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        _copies.refuse_writing(function, args, kwargs or {})
        special = self._meanings.get(function)
        if special is not None:
            found = special(*args, **(kwargs or {}))
            if found is not NotImplemented:
                return found
        return function(*args, **(kwargs or {}))


def item(x: Any) -> Any:
    """`x.item()`: the Python number that the graph has at this point."""
    if x.numel() != 1:
        raise RuntimeError(f"a Tensor with {x.numel()} elements cannot be converted to Scalar")
    scalar = x.reshape(())
    if x.dtype == torch.bool:
        return scalar
    wide = torch.float64 if x.dtype.is_floating_point else torch.int64
    return Meanings.number(scalar if x.dtype.is_complex else scalar.to(wide))


def equal(x: Any, other: Any) -> Any:
    """`torch.equal`, as a boolean scalar of the running graph."""
    if x.dim() != other.dim() or any(a != b for a, b in zip(x.shape, other.shape, strict=True)):
        return False
    return (x == other).all()


def allclose(x: Any, other: Any, *rest: Any, **keywords: Any) -> Any:
    """`torch.allclose`, as a boolean scalar of the running graph."""
    return torch.isclose(x, other, *rest, **keywords).all()


def is_nonzero(x: Any) -> Any:
    """`torch.is_nonzero`, as a boolean scalar of the running graph."""
    if x.numel() != 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    return x.reshape(()) != 0


def tensor(data: Any, *, dtype: Any = None, device: Any = None, **rest: Any) -> Any:
    """`torch.tensor` and `torch.as_tensor` of data that holds staged values."""
    if not any(isinstance(v, torch.Tensor | StagedNumber) for v in _leaves(data)):
        return NotImplemented
    made = _joined(data)
    spec = _dtypes.spec(made)
    if dtype is None and spec is not None and spec.weak:
        dtype = torch.get_default_dtype() if spec.dtype.dtype.is_floating_point else None
    made = made.tensor if isinstance(made, StagedNumber) else made
    made = made.to(device=device or made.device, dtype=dtype or made.dtype).clone()
    return made.requires_grad_() if rest.get("requires_grad") else made


def new_tensor(x: Any, data: Any, *, dtype: Any = None, device: Any = None, **rest: Any) -> Any:
    """`x.new_tensor` of data that holds staged values."""
    return tensor(data, dtype=dtype or x.dtype, device=device or x.device, **rest)


def _leaves(data: Any) -> list[Any]:
    if isinstance(data, list | tuple):
        return [leaf for value in data for leaf in _leaves(value)]
    return [data]


def _joined(data: Any) -> Any:
    """Nested lists of scalars as one tensor; numbers alone stay numbers."""
    if not isinstance(data, list | tuple):
        return data
    values = [_joined(value) for value in data]
    weak = all(spec is not None and spec.weak for spec in map(_dtypes.spec, values))
    stacked = torch.stack(_dtypes.common(values))
    return Meanings.number(stacked) if weak else stacked


def refused(what: str, mend: str) -> Callable[..., Any]:
    """A function that would give Python what only the running graph knows."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise PythonValueNeeded(f"{what} known only when the graph runs", mend=mend)

    return refuse


def sized(function: Any) -> Any:
    """A method of a tensor, or a function, that gets staged numbers as sizes if it wants such."""
    plain = getattr(torch, function.__name__, None) is function
    if not plain and not isinstance(function.__self__, torch.Tensor):
        return function

    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except TypeError:
            numbers = [v for v in _leaves([*arguments, *keywords.values()]) if _is_number(v)]
            if not numbers:
                raise
            arguments, keywords = pytree.tree_map_only(StagedNumber, _size, (arguments, keywords))
            return function(*arguments, **keywords)

    return call


def _is_number(value: Any) -> bool:
    return isinstance(value, StagedNumber)


def _size(number: StagedNumber) -> Any:
    return torch.ops.aten._local_scalar_dense.default(number.tensor)


_TEXT = refused("the text of a tensor is", "print the tensor itself, or return it")
_NUMPY = refused(
    "the array of a tensor is",
    "use PyTorch's functions, or `bcgraph.disable` what needs NumPy and call it outside",
)


_MEANINGS: dict[Any, Callable[..., Any]] = {
    torch.Tensor.__getitem__: _indexing.get,
    torch.Tensor.__setitem__: _indexing.put,
    torch.tensor: tensor,
    torch.as_tensor: tensor,
    torch.Tensor.new_tensor: new_tensor,
    torch.Tensor.item: item,
    torch.equal: equal,
    torch.Tensor.equal: equal,
    torch.allclose: allclose,
    torch.Tensor.allclose: allclose,
    torch.is_nonzero: is_nonzero,
    torch.Tensor.is_nonzero: is_nonzero,
    torch.Tensor.__format__: _TEXT,
    torch.Tensor.numpy: _NUMPY,
    torch.Tensor.__array__: _NUMPY,
    torch.Tensor.backward: _gradients.backward_of,
    torch.autograd.grad: _gradients.gradients,
    torch.Tensor.register_hook: _hooks.register_hook,
    torch.Tensor.retain_grad: _hooks.retain_grad,
    torch.Tensor.register_post_accumulate_grad_hook: _hooks.refuse,
    torch.Tensor.data_ptr: refused("the place of a tensor in memory is", "leave it to PyTorch"),
}

_IN_BRANCHES = _MEANINGS | {
    torch.Tensor.backward: _gradients.refuse_in_branch,
    torch.Tensor.grad.__set__: _gradients.refuse_in_branch,
}
