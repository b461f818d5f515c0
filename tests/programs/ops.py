"""The few operations that programs need under one name on every backend, and tensors as data."""

from __future__ import annotations

import dataclasses
import importlib.util
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class T:
    """A tensor among a program's arguments: its values and dtype, for any backend to make."""

    values: Any
    dtype: str = ""

    def array(self) -> np.ndarray[Any, Any]:
        """As a NumPy array; Python integers are `int32`, floats `float32`."""
        made = np.asarray(self.values)
        default = {"i": "int32", "f": "float32", "b": "bool"}[made.dtype.kind]
        return made.astype(self.dtype or default)


@dataclass(frozen=True)
class Harness:
    """A backend as the tests see it.

    Attributes:
        name: the backend's name in bcgraph.
        tensor: makes a tensor of a NumPy array.
        is_tensor: whether a value is one of the backend's.
        operations: what `ops.<name>` means on it.
        gradient: the gradient of a function's result by its first argument, if it has one.
        options: of `compile`, for tests that compile a great many functions.
    """

    name: str
    tensor: Callable[[np.ndarray[Any, Any]], Any]
    is_tensor: Callable[[Any], bool]
    operations: SimpleNamespace = field(repr=False)
    gradient: Callable[..., Any] | None = field(default=None, repr=False)
    options: dict[str, Any] = field(default_factory=dict)

    def arguments(self, values: Any) -> Any:
        """`values` with every `T` in it made a tensor."""
        return _mapped(
            values, lambda leaf: self.tensor(leaf.array()) if isinstance(leaf, T) else leaf
        )

    def plain(self, value: Any) -> Any:
        """`value` with every tensor in it made nested lists, a number or a text, for comparison."""
        return _mapped(value, lambda leaf: _plain(leaf) if self.numeric(leaf) else leaf)

    def numeric(self, value: Any) -> bool:
        """Whether `value` is a tensor, an array or a NumPy scalar."""
        return self.is_tensor(value) or isinstance(value, np.ndarray | np.generic)


def _plain(tensor: Any) -> Any:
    value = np.asarray(tensor).tolist()
    return value.decode() if isinstance(value, bytes) else value


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_mapped(item, change) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(_mapped(item, change) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type | T):
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return type(value)(**_mapped(parts, change))
    return change(value)


class _Ops:
    """Stands for the operations of the backend that is in use."""

    def __init__(self) -> None:
        self._active: SimpleNamespace | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_active"], name)

    @contextmanager
    def of(self, harness: Harness) -> Iterator[None]:
        """Use the operations of `harness` inside."""
        before, self._active = self._active, harness.operations
        yield
        self._active = before


ops = _Ops()

HARNESSES: dict[str, Callable[[], Harness]] = {}


def installed(name: str) -> bool:
    """Whether the framework behind the backend `name` can be imported."""
    return importlib.util.find_spec(name) is not None


def _numpy() -> Harness:
    operations = SimpleNamespace(
        constant=lambda value: T(value).array()[()],
        stack=lambda items: np.asarray(items),
        concat=np.concatenate,
        range=np.arange,
        zeros=lambda shape: np.zeros(shape, "float32"),
        sum=np.sum,
        mean=np.mean,
        square=np.square,
        relu=lambda x: np.maximum(x, 0),
        as_string=str,
        cast_float=np.float32,
    )
    return Harness("numpy", lambda array: array[()], lambda _: False, operations)


def _tensorflow() -> Harness:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow as tf
    operations = SimpleNamespace(
        constant=tf.constant,
        stack=tf.stack,
        concat=tf.concat,
        range=tf.range,
        zeros=tf.zeros,
        sum=tf.reduce_sum,
        mean=tf.reduce_mean,
        square=tf.square,
        relu=tf.nn.relu,
        as_string=tf.strings.as_string,
        cast_float=lambda x: tf.cast(x, tf.float32),
        tape=tf.GradientTape,
    )

    def gradient(function: Callable[..., Any], first: Any, *rest: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(first)
            result = tf.convert_to_tensor(function(first, *rest))
        return tape.gradient(result, first, unconnected_gradients="zero")

    return Harness("tensorflow", tf.constant, tf.is_tensor, operations, gradient)


def _torch() -> Harness:
    import torch

    operations = SimpleNamespace(
        constant=torch.tensor,
        stack=torch.stack,
        concat=torch.cat,
        range=torch.arange,
        zeros=torch.zeros,
        sum=torch.sum,
        mean=torch.mean,
        square=torch.square,
        relu=torch.relu,
        cast_float=lambda x: x.to(torch.float32),
    )

    def tensor(array: np.ndarray[Any, Any]) -> Any:
        return torch.from_numpy(array.copy())

    def gradient(function: Callable[..., Any], first: Any, *rest: Any) -> Any:
        first = first.requires_grad_()
        result = torch.as_tensor(function(first, *rest))
        if not result.requires_grad:
            return torch.zeros_like(first)
        (found,) = torch.autograd.grad(result.sum(), first, allow_unused=True)
        return torch.zeros_like(first) if found is None else found

    return Harness("torch", tensor, torch.is_tensor, operations, gradient, {"compiler": "python"})


HARNESSES.update(numpy=_numpy, tensorflow=_tensorflow, torch=_torch)
