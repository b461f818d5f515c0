"""Compiled functions: captured once for each kind of arguments, then run without the program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch._dynamo.source import LocalSource
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    ShapeEnv,
    StatelessSymbolicContext,
)
from torch.utils import _pytree as pytree

from . import _record, _run
from ._errors import Errors
from ._indexing import Indexing

_OPTIONS = {"compiler", "dynamic"}


def compile(
    fn: Callable[..., Any],
    original: Callable[..., Any],
    options: Mapping[str, Any],
    errors: Errors,
) -> Function:
    """Makes the compiled function. Raises `TypeError` on an option it does not know."""
    for name in options:
        if name not in _OPTIONS:
            raise TypeError(f"the torch backend has no option {name!r}")
    return Function(
        fn, errors, options.get("compiler", "python"), dynamic=options.get("dynamic", False)
    )


@dataclass
class Captured:
    """A graph, and how its results make the function's result.

    `alive` keeps the Python objects of the key, so that none of their identities is used again.
    """

    graph: GraphModule
    run: Callable[..., Any]
    structure: Any
    constants: dict[int, Any]
    alive: list[Any]
    guards: tuple[ShapeEnv, str] | None

    def serves(self, tensors: list[Any]) -> bool:
        """Whether the graph holds for tensors of these sizes."""
        if self.guards is None:
            return True
        env, expression = self.guards
        return bool(env.evaluate_guards_expression(expression, tensors))


class Function:
    """A call of it runs a captured graph; what the user's program raises is raised as itself."""

    def __init__(
        self, fn: Callable[..., Any], errors: Errors, compiler: str, *, dynamic: bool
    ) -> None:
        self._fn, self._errors, self._compiler = fn, errors, compiler
        self._dynamic = dynamic
        self._captured: dict[Any, list[Captured]] = {}
        self._lock = threading.RLock()

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if _record.is_recording():
            return self._fn(*arguments, **keywords)
        leaves, structure = pytree.tree_flatten((arguments, keywords))
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        key = (structure, _key(leaves, dynamic=self._dynamic), _state())
        captured = self._find(key, tensors)
        if captured is None:
            with self._lock:
                captured = self._find(key, tensors)
                if captured is None:
                    captured = self._capture(leaves, structure)
                    self._captured.setdefault(key, []).append(captured)
        try:
            results = captured.run(*tensors)
        except RuntimeError as failure:
            error = self._errors.find(failure)
            if error is None:
                raise
            raise error from failure
        found = iter(results)
        count = captured.structure.num_leaves
        flat = [
            captured.constants[i] if i in captured.constants else next(found) for i in range(count)
        ]
        return pytree.tree_unflatten(flat, captured.structure)

    def _find(self, key: Any, tensors: list[Any]) -> Captured | None:
        for captured in self._captured.get(key, ()):
            if captured.serves(tensors):
                return captured
        return None

    def cache_size(self) -> int:
        """How many graphs have been captured."""
        return sum(map(len, self._captured.values()))

    def graphs(self) -> list[GraphModule]:
        """The captured graphs."""
        return [captured.graph for several in self._captured.values() for captured in several]

    def _capture(self, leaves: list[Any], structure: Any) -> Captured:
        env = ShapeEnv(specialize_zero_one=not self._dynamic, duck_shape=not self._dynamic)
        mode = FakeTensorMode(shape_env=env, allow_non_fake_inputs=True)
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        outputs: list[Any] = []

        def flat(*given: Any) -> list[Any]:
            rest = iter(given)
            filled = [next(rest) if isinstance(v, torch.Tensor) else v for v in leaves]
            arguments, keywords = pytree.tree_unflatten(filled, structure)
            with Indexing():
                result = self._fn(*arguments, **keywords)
            found, outputs[:] = pytree.tree_flatten(result)[0], [pytree.tree_structure(result)]
            constants = {i: v for i, v in enumerate(found) if not isinstance(v, torch.Tensor)}
            outputs.append(constants)
            return [v for v in found if isinstance(v, torch.Tensor)]

        fakes = [
            _fake_dynamic(mode, tensor, number)
            if self._dynamic
            else mode.from_tensor(tensor, static_shapes=True)
            for number, tensor in enumerate(tensors)
        ]
        with mode:
            graph = make_fx(
                flat, tracing_mode="real", pre_dispatch=True, _allow_non_fake_inputs=True
            )(*fakes)
        guards = None
        if self._dynamic:
            guards = env, env.produce_guards_expression(fakes, ignore_static=False)
        run = _run.in_python(graph)
        return Captured(graph, run, outputs[0], outputs[1], leaves, guards)


def _fake_dynamic(mode: FakeTensorMode, tensor: Any, number: int) -> Any:
    """A fake tensor all of whose sizes are symbols."""
    sizes = StatelessSymbolicContext(dynamic_sizes=[DimDynamic.DYNAMIC] * tensor.dim())
    return mode.from_tensor(
        tensor, static_shapes=False, symbolic_context=sizes, source=LocalSource(f"L{number}")
    )


def _key(leaves: list[Any], *, dynamic: bool) -> tuple[Any, ...]:
    seen: dict[int, int] = {}
    return tuple(
        _tensor_key(leaf, seen.setdefault(id(leaf), i), dynamic=dynamic)
        if isinstance(leaf, torch.Tensor)
        else _value_key(leaf)
        for i, leaf in enumerate(leaves)
    )


def _tensor_key(tensor: Any, first: int, *, dynamic: bool) -> tuple[Any, ...]:
    layout = (tensor.dim(), tensor.is_contiguous()) if dynamic else (tensor.shape, tensor.stride())
    return first, type(tensor), tensor.dtype, tensor.device, layout, tensor.requires_grad


def _value_key(value: Any) -> Any:
    kind = type(value)
    if kind in (bool, int, float, complex, str, bytes, type(None)):
        return kind, value
    return kind, id(value)


def _state() -> tuple[Any, ...]:
    """What of PyTorch's state a graph depends on."""
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.is_autocast_enabled("cuda"),
        torch.get_default_dtype(),
    )
