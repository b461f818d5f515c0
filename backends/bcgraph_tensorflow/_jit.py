"""`jit`: which of a function's graphs XLA runs, and why.

With "auto", a graph of which a loop is recorded runs as it is at first. Once what its calls have
taken promises to repay the compilation, a copy is compiled (`xla`) and tried beside the graph, on
the arguments of that call; it stays if it gives the same and is faster. With True it is compiled
at the first call, or an error tells why it cannot be.

A call under a `tf.GradientTape`, in another graph, or in a replica of a strategy runs the graph.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from tensorflow.core.function.polymorphism import function_cache
from tensorflow.python.eager import record
from tensorflow.python.ops import gradients_util

from bcgraph.backend import BackendLimit, reassociates, working

from . import xla

Mode = Literal["auto", True, False]

_log = logging.getLogger("bcgraph.jit")
_CALLS = 3  # what is known of a graph's time before them is mostly of its start
_SOON = 100  # calls within which a compilation is to be repaid
_MARGIN = 0.75  # of what it is hoped to save, what a compilation may take
_FASTER = 0.8  # of the graph's time, what a copy may take to stay
_LEAST_GAIN = 1.3  # an estimate below which nothing is tried
_START = 0.15  # seconds that XLA takes to start
_COPIES = 8  # of one function, for all of its shapes
_SHAPES = 64  # of one graph, that are watched
_FAILURES = 3  # calls of a copy that had to be run again, a quarter of all
_ARGUMENTS = {
    tf.string: "a text is among its arguments",
    tf.resource: "a variable or an iterator is among its arguments",
    tf.variant: "a dataset is among its arguments",
}
_NONE = gradients_util.POSSIBLE_GRADIENT_TYPES_NONE


class _Pace:
    """How much longer compilations take here than estimated: what the last ones took."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._is_first = True

    def seconds(self, cost: xla.Cost) -> float:
        """What a compilation will take; the first of a process starts XLA."""
        return cost.seconds * self._factor + (_START if self._is_first else 0)

    def learn(self, cost: xla.Cost, seconds: float) -> None:
        """Takes note of what one took."""
        if not self._is_first:
            found = seconds / cost.seconds
            self._factor = min(max((self._factor + found) / 2, 0.5), 4.0)
        self._is_first = False


_pace = _Pace()


class Jit:
    """The choices made for the graphs of one function."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.copies = 0
        self.lock = threading.Lock()
        self._graphs: list[_Graph] = []
        self._loops: list[str] = []

    def attach(self, concrete: Any) -> None:
        """Decides from now on what runs the calls of a traced function."""
        loops = getattr(concrete.graph, "_bcgraph_loops", ())
        inputs = ", ".join(_named(t) for t in concrete.graph.inputs[: _count(concrete)])
        self._loops += [f"({inputs}): {told}" for told in loops]
        if self.mode is False:
            return
        graph = _Graph(self, concrete)
        self._graphs.append(graph)
        concrete._call_flat = graph.call

    def notes(self) -> tuple[str, ...]:
        """What runs the function's graphs, and why."""
        found = [note for graph in self._graphs for note in graph.notes()]
        return tuple(dict.fromkeys([*self._loops, *found]))

    @property
    def is_full(self) -> bool:
        """Whether no more copies are to be compiled."""
        return self.copies >= _COPIES


class Cache(function_cache.FunctionCache):  # type: ignore[misc]
    """The traced functions of a `tf.function`, each told of to a `Jit` as it comes.

    The setting `reassociate` is part of the context in which one was traced.
    """

    __slots__ = ("jit",)

    def lookup(self, function_type: Any, context: Any = None) -> Any:
        """The traced function, if there is one."""
        return super().lookup(function_type, (context, reassociates()))

    def delete(self, function_type: Any, context: Any = None) -> Any:
        """Forgets a traced function; whether there was one."""
        return super().delete(function_type, (context, reassociates()))

    def generalize(self, context: Any, function_type: Any) -> Any:
        """The type of the arguments that a function is traced for."""
        return super().generalize((context, reassociates()), function_type)

    def add(self, fn: Any, context: Any = None) -> None:
        """Keeps a traced function."""
        super().add(fn, (context, reassociates()))
        self.jit.attach(fn)


def note(graph: Any, notes: Sequence[str]) -> None:
    """Tells what became of the loops of a graph that is traced."""
    graph._bcgraph_loops = tuple(notes)


class _Graph:
    """One traced function: a choice for each kind of shapes that it is called with."""

    def __init__(self, jit: Jit, concrete: Any) -> None:
        self.jit = jit
        self.name = ", ".join(_named(t) for t in concrete.graph.inputs[: _count(concrete)])
        self._concrete = weakref.ref(concrete)
        self._is_one = all(t.shape.is_fully_defined() for t in concrete.graph.inputs)
        self._choices: dict[Any, _Choice] = {}
        self.why: str | None = None
        self.cost: xla.Cost | None = None

    def may_be_compiled(self) -> bool:
        """Whether it is a case for XLA: looked at once, when that is asked."""
        concrete = self._concrete()
        if self.cost is None and self.why is None and concrete is not None:
            self.why = _kept_out(concrete, self.jit.mode)
            self.cost = xla.estimated(concrete.graph)
            if self.why is None and self.jit.mode == "auto" and self.cost.gain < _LEAST_GAIN:
                self.why = "what its loop computes is no faster there"
        return self.why is None

    def call(self, tensor_inputs: Sequence[Any], captured_inputs: Sequence[Any]) -> Any:
        """Instead of the traced function's own call, with flat arguments."""
        tensors, captured = tensor_inputs, captured_inputs
        concrete = self._concrete()
        if not _is_plain_call(tensors):
            return _plain(concrete, tensors, captured)
        key = () if self._is_one else tuple(tuple(t.shape) for t in tensors)
        choice = self._choices.get(key)
        if choice is None:
            if len(self._choices) >= _SHAPES:
                return _plain(concrete, tensors, captured)
            choice = self._choices.setdefault(key, _Choice(self))
        return choice.call(concrete, tensors, captured)

    def leave(self) -> None:
        """Has nothing to decide any more, if it is called with one kind of shapes or is no case."""
        concrete = self._concrete()
        if (self._is_one or self.why is not None) and concrete is not None:
            concrete.__dict__.pop("_call_flat", None)

    def notes(self) -> list[str]:
        """What became of it, in a line each."""
        if not self.may_be_compiled():
            return [f"({self.name}): not by XLA: {self.why}"]
        if not self._choices:
            return [f"({self.name}): not by XLA so far: it has not been called"]
        return [f"({self.name}): {choice.note()}" for choice in self._choices.values()]


class _Choice:
    """What runs a graph for arguments of one kind of shapes."""

    def __init__(self, graph: _Graph) -> None:
        self._graph = graph
        self._copy: xla.Copied | None = None
        self._why: str | None = None  # why it is not tried (again)
        self._calls = self._failures = 0
        self._spent = self._longest = 0.0  # seconds, the first call left out
        self._gain = 0.0

    def call(self, concrete: Any, tensors: Sequence[Any], captured: Sequence[Any]) -> Any:
        """Runs a call on flat arguments; the function's result."""
        if self._copy is not None:
            return self._by_copy(concrete, tensors, captured)
        if self._why is not None:
            return _plain(concrete, tensors, captured)
        if self._graph.jit.mode is True:
            if not self._graph.may_be_compiled():
                raise _refused(self._graph.why)
            try:
                self._copy = self._compiled(concrete, tensors)
            except xla.NotKept as error:
                raise _refused(str(error)) from error
            _log.info("(%s): %s", self._graph.name, self.note())
            return self._by_copy(concrete, tensors, captured)
        begun = time.perf_counter()
        result = _plain(concrete, tensors, captured)
        took = time.perf_counter() - begun
        self._calls += 1
        if self._calls > 1:
            self._spent += took
            self._longest = max(self._longest, took)
            if self._calls < _CALLS:
                return result
            if not self._graph.may_be_compiled():
                self._graph.leave()
                _log.info("(%s): not by XLA: %s", self._graph.name, self._graph.why)
            elif self._pays() and self._graph.jit.lock.acquire(False):
                try:
                    self._try(concrete, tensors, captured, took)
                finally:
                    self._graph.jit.lock.release()
        return result

    def _by_copy(self, concrete: Any, tensors: Sequence[Any], captured: Sequence[Any]) -> Any:
        assert self._copy is not None
        self._calls += 1
        try:
            flat = self._copy.run(tensors)
        except tf.errors.OpError as error:  # the graph tells what is wrong, if anything is
            self._give_up(f"XLA fails: {_said(error)}")
            return _plain(concrete, tensors, captured)
        if flat is not None:
            return concrete.function_type.pack_output(flat)
        self._failures += 1
        is_auto = self._graph.jit.mode == "auto"
        if is_auto and self._failures >= _FAILURES and 4 * self._failures > self._calls:
            self._give_up("what it checks fails often")
        return _plain(concrete, tensors, captured)

    def _pays(self) -> bool:
        """Whether what a copy may save, in calls to come, is more than its compilation takes."""
        cost = self._graph.cost
        assert cost is not None
        typical = (self._spent - self._longest) / (self._calls - 2)
        to_come = max(_SOON - self._calls, self._calls // 2)
        return _pace.seconds(cost) < _MARGIN * to_come * typical * (1 - 1 / cost.gain)

    def _try(
        self, concrete: Any, tensors: Sequence[Any], captured: Sequence[Any], took: float
    ) -> None:
        """Compiles a copy, which writes nothing, and compares it on the arguments of this call."""
        if self._copy is not None or self._why is not None:
            return
        try:
            self._copy, self._gain = self._compared(concrete, tensors, captured, took)
        except xla.NotKept as error:
            self._give_up(str(error))
            return
        self._calls = 0
        _log.info("(%s): %s", self._graph.name, self.note())

    def _compared(
        self, concrete: Any, tensors: Sequence[Any], captured: Sequence[Any], took: float
    ) -> tuple[xla.Copied, float]:
        """A copy that gives the same, and how many times faster it is.

        Raises `NotKept` where it does not, or is not.
        """
        if self._graph.jit.is_full:
            raise xla.NotKept(f"{_COPIES} copies of the function have been compiled")
        copy = self._compiled(concrete, tensors)
        fast = []
        for _ in range(2):
            begun = time.perf_counter()
            flat = copy.run(tensors)
            fast.append(time.perf_counter() - begun)
        if flat is None:
            raise xla.NotKept("what it checks does not hold")
        begun = time.perf_counter()
        wanted = concrete._inference_function.call_flat(*tensors, *captured)
        slow = min(took, time.perf_counter() - begun)
        if not _are_alike(flat, wanted):
            raise xla.NotKept("the results differ by more than rounding")
        if min(fast) > _FASTER * slow:
            times = f"{min(fast) * 1e3:.2f} ms there, {slow * 1e3:.2f} ms as it is"
            raise xla.NotKept(f"it takes {times}")
        return copy, slow / min(fast)

    def _compiled(self, concrete: Any, tensors: Sequence[Any]) -> xla.Copied:
        self._graph.jit.copies += 1
        begun = time.perf_counter()
        try:
            with working(f"XLA compiles ({self._graph.name})"):
                copy = xla.copied(concrete, tensors)
                copy.run(tensors)
        except (xla.NotKept, tf.errors.OpError) as error:
            is_own = isinstance(error, xla.NotKept)
            raise xla.NotKept(
                str(error) if is_own else f"XLA refuses it: {_said(error)}"
            ) from error
        assert self._graph.cost is not None
        _pace.learn(self._graph.cost, time.perf_counter() - begun)
        return copy

    def _give_up(self, why: str) -> None:
        self._copy, self._why = None, why
        self._graph.leave()
        _log.info("(%s): %s", self._graph.name, self.note())

    def note(self) -> str:
        """What runs the graph, and why."""
        if self._copy is not None:
            gained = f", {self._gain:.1f} times as fast when tried" if self._gain else ""
            return f"by XLA{gained}"
        if self._why is not None:
            return f"not by XLA: {self._why}"
        calls = "one call does" if self._calls == 1 else f"{self._calls} calls do"
        return f"not by XLA so far: {calls} not yet repay a compilation"


def _plain(concrete: Any, tensors: Sequence[Any], captured: Sequence[Any]) -> Any:
    return type(concrete)._call_flat(concrete, list(tensors), captured)


def _is_plain_call(tensors: Sequence[Any]) -> bool:
    """Whether a call just runs: eagerly, with no gradient asked for, in no replica."""
    return (
        tf.executing_eagerly()
        and not record.could_possibly_record()
        and gradients_util.PossibleTapeGradientTypes(tensors) == _NONE
        and not tf.distribute.has_strategy()
    )


def _kept_out(concrete: Any, mode: Mode) -> str | None:
    """Why a traced function is no case for XLA."""
    if mode == "auto" and tf.config.list_physical_devices("GPU"):
        return "there is a GPU, and what pays was measured on CPUs (`jit=True` compiles)"
    for argument in concrete.graph.inputs[: _count(concrete)]:
        if argument.dtype not in xla.DTYPES:
            return _ARGUMENTS.get(argument.dtype, f"it computes in {argument.dtype.name}")
    return xla.refusal(concrete.graph, needs_loop=mode == "auto")


def _refused(why: str | None) -> BackendLimit:
    return BackendLimit(
        f"XLA cannot compile this function: {why}", mend='use jit="auto", which leaves it out'
    )


def _said(error: Any) -> str:
    """What TensorFlow says, without the graph's own name and settings."""
    head = str(error.message).splitlines()[0]
    return head.partition("XLA_CPU_JIT: ")[2].partition(")")[0] + ")" if "JIT: " in head else head


def _count(concrete: Any) -> int:
    return len(concrete.graph.inputs) - len(concrete.captured_inputs)


def _named(value: Any) -> str:
    """As `float32[3, ?]`."""
    if value.shape.rank is None:
        return f"{value.dtype.name}[…]"
    sizes = ", ".join("?" if n is None else str(n) for n in value.shape)
    return f"{value.dtype.name}[{sizes}]"


def _are_alike(first: Sequence[Any], second: Sequence[Any]) -> bool:
    return all(_is_alike(a.numpy(), b.numpy()) for a, b in zip(first, second, strict=True))


def _is_alike(value: Any, wanted: Any) -> bool:
    """Whether two arrays are equal; of floats, but for rounding."""
    if value.dtype != wanted.dtype or np.shape(value) != np.shape(wanted):
        return False
    if value.dtype.kind != "f":
        return bool(np.array_equal(value, wanted))
    finite = np.isfinite(wanted)
    if not np.array_equal(np.where(finite, 0, wanted), np.where(finite, 0, value), equal_nan=True):
        return False
    largest = np.max(np.abs(wanted), initial=0.0, where=finite)
    tolerance = np.sqrt(np.finfo(value.dtype).eps) * largest
    return bool(np.all(np.abs(np.where(finite, value - wanted, 0)) <= tolerance))
