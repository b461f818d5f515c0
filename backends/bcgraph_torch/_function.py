"""Compiled functions: captured once for each kind of arguments, then run without the program."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._dynamo.source import LocalSource
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx import GraphModule
from torch.fx._lazy_graph_module import _use_lazy_graph_module
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    ShapeEnv,
    StatelessSymbolicContext,
)
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.utils import _pytree as pytree

from bcgraph.backend import (
    BackendLimit,
    BcgraphError,
    Errors,
    LeakedTensor,
    Program,
    Write,
    cause,
    check_options,
    frames_are_shown,
    place_of_function,
    working,
)

from . import (
    _calls,
    _custom,
    _gradients,
    _graphs,
    _hooks,
    _lower,
    _memory,
    _reasons,
    _run,
    _settings,
    _writes,
)
from ._gradients import Leaf
from ._meanings import Meanings
from ._outer import Outer
from ._results import Results

_OPTIONS = {"compiler", "dynamic"}
_LEAVES = frozenset({torch.Tensor, torch.nn.Parameter, *_settings.PLAIN})
_DEVICES = ("cpu", "cuda")
_COMPILERS = [f"compiler={name!r}" for name in ("auto", "inductor", "python")]

_MOST = 64  # graphs for one kind of arguments, and places that a graph depends on
_MANY = 8  # graphs that tell of a program which makes one for each call

_capturing = threading.RLock()  # PyTorch captures one graph at a time

log = logging.getLogger("bcgraph.recompiles")
jit = logging.getLogger("bcgraph.jit")
_fake_tensors = logging.getLogger("torch._subclasses.fake_tensor")


def compile(program: Program, options: Mapping[str, Any], errors: Errors) -> Function:
    """Makes the compiled function. Raises `UnknownOption` on an option it does not know."""
    check_options("torch", options, _OPTIONS)
    compiler = options.get("compiler", "auto")
    check_options("torch", {f"compiler={compiler!r}": compiler}, _COMPILERS)
    return Function(program, errors, compiler, dynamic=bool(options.get("dynamic", False)))


@dataclass
class Captured:
    """A graph, and how its results make the function's result.

    `how` says what runs it, and why. `alive` keeps the Python objects of the key, so that none of
    their identities is used again.
    """

    graph: GraphModule
    run: Callable[..., Any]
    how: str
    results: Results
    alive: list[Any]
    writes: list[Write]
    places: list[Write]
    memory: _memory.Shared | None = None
    sizes: tuple[ShapeEnv, str] | None = None
    settings: list[_settings.Setting] = field(default_factory=list)
    tensors: list[tuple[dict[str, Any], str, torch.Tensor]] = field(default_factory=list)

    def serves(self, tensors: list[Any]) -> bool:
        """Whether the graph holds for tensors of these sizes, and its modules are as they were."""
        if not _settings.hold(self.settings):
            return False
        if any(held.get(name) is not tensor for held, name, tensor in self.tensors):
            return False
        if not all(place.stands() for place in self.places):
            return False
        if self.memory is not None and not self.memory.stands(tensors):
            return False
        if self.sizes is None:
            return True
        env, expression = self.sizes
        return bool(env.evaluate_guards_expression(expression, tensors))

    def result(self, values: Any) -> Any:
        """What the function returns, of what the graph gives; writes what it leaves in objects."""
        result, *left = self.results.of(values)
        for write, (value, there) in zip(self.writes, left, strict=True):
            write.apply(value if there else None)
        return result


class Function:
    """A call of it runs a captured graph; what the user's program raises is raised as itself."""

    def __init__(
        self,
        program: Program,
        errors: Errors,
        compiler: str,
        *,
        dynamic: bool,
    ) -> None:
        self._program, self._errors, self._compiler = program, errors, compiler
        original = program.original
        self._name = getattr(original, "__qualname__", type(original).__qualname__)
        self._dynamic = dynamic
        self._told: _reasons.Told | None = None
        self.cause: str | None = None  # why it was captured last
        self._captured: dict[Any, list[Captured]] = {}

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if _calls.is_recording() or torch._C._functorch.peek_interpreter_stack() is not None:
            return self._program(*arguments, **keywords)  # into another's graph, or `torch.func`'s
        leaves, structure = _flattened(arguments, keywords)
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        key = (structure, _key(leaves, dynamic=self._dynamic), _state())
        captured = self._find(key, tensors)
        if captured is None:
            with _capturing:
                captured = self._find(key, tensors)
                if captured is None:
                    self._tell(arguments, keywords, self._captured.get(key, []))
                    captured = self._capture(leaves, structure)
                    several = self._captured.setdefault(key, [])
                    several.append(captured)
                    del several[:-_MOST]
        try:
            return captured.result(captured.run(*tensors))
        except RuntimeError as failure:
            error = self._errors.find(failure)
            if error is None:
                raise
            raise error from cause(failure)

    def _tell(self, arguments: Any, keywords: Any, several: list[Captured]) -> None:
        """Logs why the function is captured again."""
        now = _reasons.told(self._program.original, arguments, keywords)
        places = several[-1].places if several else []
        changed = [str(place) for place in places if not place.stands()]
        if changed:
            level = logging.WARNING if len(several) == _MANY else logging.INFO
            told = ", ".join(changed)
            self.cause = f"it has changed {told}, which it reads; a buffer would do"
            log.log(level, "%s is captured again: %s", self._name, self.cause)
        elif self._told is not None:
            self.cause = _reasons.reason(self._told, now)
            log.info("%s is captured again: %s", self._name, self.cause)
        self._told = now

    def _find(self, key: Any, tensors: list[Any]) -> Captured | None:
        for captured in self._captured.get(key, ()):
            if captured.serves(tensors):
                return captured
        return None

    def cache_size(self) -> int:
        """How many graphs have been captured."""
        return sum(map(len, self._captured.values()))

    def captures(self) -> list[Captured]:
        """What has been captured: each graph, and what runs it and why."""
        return [captured for several in self._captured.values() for captured in several]

    def graphs(self) -> list[GraphModule]:
        """The captured graphs."""
        return [captured.graph for captured in self.captures()]

    def _capture(self, leaves: list[Any], structure: Any) -> Captured:
        env = ShapeEnv(specialize_zero_one=not self._dynamic, duck_shape=not self._dynamic)
        mode = FakeTensorMode(shape_env=env, allow_non_fake_inputs=True)
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        found: list[Results] = []
        writes: list[Write] = []

        def flat(*given: Any) -> list[Any]:
            rest = iter(given)
            filled = [next(rest) if isinstance(v, torch.Tensor) else v for v in leaves]
            arguments, keywords = pytree.tree_unflatten(filled, structure)
            with Outer(mode) as outer, Meanings(), _custom.whole(outer), _hooks.without_inference():
                outer.leaves += [Leaf(t, None, t.grad, None) for t in given if t.is_leaf]
                with self._program.transaction(arguments, keywords) as transaction:
                    result = self._program.outermost(*arguments, **keywords)
                own = {id(value) for value in _writes.containers((arguments, keywords))}
                left = [*transaction.writes, *(w for leaf in outer.leaves for w in leaf.writes())]
                writes[:] = _writes.kept(left, own, outer.fake)
                there = [True if write.there is None else write.there for write in writes]
                values = [result, *zip((write.new for write in writes), there, strict=True)]
                found[:] = [Results(values, transaction, own)]
            return pytree.tree_map_only(torch.Tensor, outer.fake, found[0].tensors)

        fakes = [
            _fake_dynamic(mode, tensor, number)
            if self._dynamic
            else mode.from_tensor(tensor, static_shapes=True)
            for number, tensor in enumerate(tensors)
        ]
        called = [leaf for leaf in leaves if isinstance(leaf, torch.nn.Module)]
        stepped: list[torch.optim.Optimizer] = []
        with (
            _terse(),
            _noted(called),
            _gradients.steps(stepped),
            mode,
            _use_lazy_graph_module(True),
        ):
            graph = make_fx(
                flat, tracing_mode="real", pre_dispatch=True, _allow_non_fake_inputs=True
            )(*fakes)
        _custom.without_forwards(graph)
        if any(isinstance(value, FakeTensor) for value in _graphs.constants(graph)):
            raise self._stray(fakes)
        given = [value for value in found[0].tensors if isinstance(value, torch.Tensor)]
        trains = any(tensor.requires_grad for tensor in given)
        run, how, memory = self._runner(graph, tensors, trains=trains)
        jit.info("%s: %s", self._name, how)
        modules = list(dict.fromkeys(m for module in called for m in module.modules()))
        return Captured(
            graph,
            run,
            how,
            found[0],
            leaves,
            writes,
            self._places([write for write in writes if self._is_read(write)]),
            memory,
            (env, env.produce_guards_expression(fakes, ignore_static=False))
            if self._dynamic
            else None,
            [*_settings.settings(modules), *_gradients.options(stepped)],
            _held(modules, graph),
        )

    def _stray(self, arguments: list[Any]) -> BcgraphError:
        """The error of a tensor that is of no graph that is being captured."""
        place = place_of_function(self._program.original)
        if any(tensor.grad is not None for tensor in arguments if tensor.is_leaf):
            return BackendLimit(
                f"`{self._name}` uses the gradient of an argument",
                place=place,
                mend="hand the gradient over as an argument",
            )
        return LeakedTensor(
            f"`{self._name}` uses what another trace, or a branch, has left outside of its graph",
            place=place,
            label="somewhere in here",
        )

    def _places(self, own: list[Write]) -> list[Write]:
        """Where graphs change what they depend on: this one's own places, and those of all others.

        The others may depend on a new place as well: they are dropped.
        """
        graphs = self.captures()
        known = {place.identity: place for graph in graphs for place in graph.places}
        places = {write.identity: write for write in own}
        if not places.keys() <= known.keys():
            self._captured = {}
        for identity, place in known.items():
            places.setdefault(identity, place.now())
        return list(places.values())[:_MOST]

    def _is_read(self, write: Write) -> bool:
        """Whether the program may read what it writes there."""
        key = write.key
        return (
            key in (None, "grad") or self._program.reads(key) or _settings.reads(write.target, key)
        )

    def _runner(
        self, graph: GraphModule, tensors: list[Any], *, trains: bool
    ) -> tuple[Callable[..., Any], str, _memory.Shared | None]:
        memory = None
        try:
            if self._compiler == "python":
                raise _lower.Obstacle("that is asked for")
            if trains:
                raise _lower.Obstacle("it gives gradients")
            lowered = _lower.lowered(graph)
            if self._dynamic:
                raise _lower.Obstacle("its sizes are open")
            memory = _memory.shared(lowered.written, graph, tensors)
            if memory is not None and memory.shares:
                raise _lower.Obstacle("a tensor that it writes shares memory with an argument")
            with working(f"Inductor compiles `{self._name}`"):
                return _lower.compiled(lowered, tensors), "compiled by Inductor", memory
        except _lower.Obstacle as obstacle:
            reason = str(obstacle)
            every = _memory.shared([*range(len(tensors))], graph, tensors)
            memory = every if every is not None and every.shares else None
        except _lower.NO_COMPILER:
            reason = "Inductor finds no C++ compiler"
        if self._compiler == "inductor":
            raise BackendLimit(
                f"`{self._name}` cannot be compiled by Inductor: {reason}",
                mend='leave `compiler` at "auto": Python then drives the control flow',
            )
        return _run.in_python(graph), f"Python drives its control flow: {reason}", memory


@contextmanager
def _terse() -> Iterator[None]:
    """Inside, PyTorch does not log the frames of an operation that fails: its error tells it."""

    def passes(_: logging.LogRecord) -> bool:
        return frames_are_shown()

    _fake_tensors.addFilter(passes)
    try:
        yield
    finally:
        _fake_tensors.removeFilter(passes)


@contextmanager
def _noted(called: list[torch.nn.Module]) -> Iterator[None]:
    """Notes the modules that are called inside."""

    def note(module: torch.nn.Module, _: Any) -> None:
        _hooks.refuse_on_module(module)
        called.append(module)

    handle = register_module_forward_pre_hook(note)
    try:
        yield
    finally:
        handle.remove()


def _held(
    modules: list[torch.nn.Module], graph: GraphModule
) -> list[tuple[dict[str, Any], str, torch.Tensor]]:
    """Where modules hold the tensors that a graph reads, so that another tensor there is seen."""
    read = {id(tensor) for tensor in (*graph.parameters(), *graph.buffers())}
    return [
        (held, name, tensor)
        for module in modules
        for held in (module._parameters, module._buffers)
        for name, tensor in held.items()
        if tensor is not None and id(tensor) in read
    ]


def _flattened(arguments: Any, keywords: Any) -> tuple[list[Any], Any]:
    """The leaves of the arguments, and their structure; most have none, and need no tree."""
    if not keywords and all(type(a) in _LEAVES for a in arguments):
        return list(arguments), _flat_structure(len(arguments))
    leaves, structure = pytree.tree_flatten((arguments, keywords))
    return leaves, structure


@functools.cache
def _flat_structure(count: int) -> Any:
    return pytree.tree_structure(((None,) * count, {}))


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
    if kind is float:
        return kind, value.hex()  # -0.0 is another value than 0.0, and a NaN the same as a NaN
    if kind is complex:
        return kind, value.real.hex(), value.imag.hex()
    return kind, value if kind in _settings.PLAIN else id(value)


def _state() -> tuple[Any, ...]:
    """What of PyTorch's state a graph depends on."""
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        *(torch.is_autocast_enabled(d) and torch.get_autocast_dtype(d) for d in _DEVICES),
        torch.get_default_dtype(),
        torch.utils._device.CURRENT_DEVICE,
    )
