"""The copy of a graph that XLA compiles.

The graph is walked once, operation by operation; what is known is computed at once, the rest is
recorded again. Where TensorFlow would raise and XLA would not (an index out of range, an `Assert`,
an integer divided by zero), the copy notes what must hold. All of it becomes one boolean beside
the outputs; if it is false the outputs mean nothing, and the caller runs the original, which raises
what there is to raise. So the original must not write anything.

A loop carries whether all has held so far and ends when it has not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from . import _cost, _kept, _lists, _meanings
from ._again import again
from ._kept import NotKept
from ._values import Elements, Value, flattened, rebuilt, shape, tensor

_CHEAP = 2.0  # µs: branches up to this are both computed, and one chosen


@dataclass(frozen=True, slots=True, eq=False)
class Copied:
    """A copy of a graph, for arguments of given shapes."""

    run: Callable[[Sequence[Any]], list[Any] | None]


def copied(concrete: Any, arguments: Sequence[Any]) -> Copied:
    """The copy of a traced function for arguments of the shapes of these.

    Its `run` takes them, without what the function has captured, and returns the flat outputs; None
    if something that must hold does not. What XLA refuses it says at the first run.

    Raises:
        NotKept: if there is no copy with the same meaning.
    """
    graph = concrete.graph
    if graph.deferred_external_captures:
        raise NotKept("it captures what is looked up at each call")
    captured = {id(inner): _outer(outer) for outer, inner in graph.captures}
    has_guards = False

    def record(*tensors: Any) -> list[Any]:
        nonlocal has_guards
        given = iter(tensors)
        values = [captured[id(t)] if id(t) in captured else next(given) for t in graph.inputs]
        whole = Copy(graph, values)
        outputs = [tf.identity(tensor(value)) for value in whole.run()]
        has_guards = bool(whole.guards)
        return [*outputs, *([whole.all_hold()] if has_guards else [])]

    specs = [tf.TensorSpec(value.shape, value.dtype) for value in arguments]
    compiled = tf.function(record, autograph=False, jit_compile=True)
    try:
        made = compiled.get_concrete_function(*specs)
    except (ValueError, TypeError) as error:  # what TensorFlow's shape inference says
        raise NotKept(f"its copy cannot be made ({str(error).splitlines()[0]})") from error
    inner, constants = made._inference_function, made.captured_inputs
    count = len(graph.outputs)

    def run(values: Sequence[Any]) -> list[Any] | None:
        flat = inner.call_flat(*values, *constants)
        return list(flat[:count]) if not has_guards or flat[count].numpy() else None

    run.kept = compiled  # type: ignore[attr-defined]  # it owns the graph
    return Copied(run)


def _outer(value: Any) -> Value:
    """What a graph has captured; a small constant is known."""
    if value.dtype in _kept.DTYPES and value.shape.num_elements() <= 64:
        return value.numpy() if value.shape.rank else np.asarray(value.numpy())
    return value


class Copy:
    """One graph while it is copied: what its tensors are, and what must hold."""

    def __init__(self, graph: Any, inputs: Sequence[Value], before: Sequence[Any] = ()) -> None:
        self._graph, self._before = graph, tuple(before)
        self._values = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
        self.guards: list[Any] = []

    def require(self, condition: Any) -> None:
        """Notes a scalar boolean that must hold."""
        if isinstance(condition, np.ndarray | np.generic):
            if not condition:  # as of what raises in a branch
                self.guards.append(tf.constant(False))
            return
        self.guards.append(condition)

    def all_hold(self) -> Any:
        """The conjunction of what must hold."""
        return _conjunction(self.guards)

    def so_far(self) -> list[Any]:
        """What must have held for the next operation to mean anything.

        A loop that started from what did not hold might never end.
        """
        return [*self._before, *self.guards]

    def run(self) -> list[Value]:
        """Copies the graph into the one that is being recorded; its outputs."""
        for op in _needed(self._graph):
            if op.outputs and id(op.outputs[0]) in self._values:
                continue
            if op.type == "Assert":  # its message is the original's
                inputs = [self._values[id(op.inputs[0])]]
            else:
                inputs = [self._values[id(t)] for t in op.inputs]
            made = self._copied(op, inputs)
            for output, value in zip(op.outputs, made, strict=True):
                self._values[id(output)] = value
        return [self._values[id(t)] for t in self._graph.outputs]

    def _copied(self, op: Any, inputs: list[Value]) -> Sequence[Value]:
        kind = op.type
        if kind in _kept.LOOPS:
            return _loop(self, op, inputs)
        if kind in _kept.BRANCHES:
            return _branch(self, op, inputs)
        if kind in _kept.CALLS:
            return self.inlined(_kept.inner_graphs(op)[0], inputs)
        treated = _meanings.MEANINGS.get(kind) or _lists.MEANINGS.get(kind)
        if treated is not None:
            return treated(self, op, inputs)
        return again(op, inputs)

    def inlined(self, graph: Any, inputs: Sequence[Value]) -> list[Value]:
        """The outputs of another graph, copied in place."""
        inner = Copy(graph, inputs, self.so_far())
        outputs = inner.run()
        self.guards += inner.guards
        return outputs


def _conjunction(conditions: Sequence[Any]) -> Any:
    if not conditions:
        return tf.constant(True)
    found = conditions[0]
    for condition in conditions[1:]:
        found = tf.logical_and(found, condition)
    return found


def _needed(graph: Any) -> list[Any]:
    """The operations of a graph that are run, each after those that it reads.

    Not all stand in that order: a gradient puts a loop that keeps its values in the place of one.
    """
    ops = graph.get_operations()
    waiting = [t.op for t in reversed(graph.outputs)]
    waiting += [op for op in ops if op.op_def.is_stateful and op.type != "Placeholder"][::-1]
    begun, done = set(), {}
    while waiting:
        op = waiting[-1]
        if op in begun:
            waiting.pop()
            done[op] = None
            continue
        begun.add(op)
        reads = op.inputs[:1] if op.type == "Assert" else op.inputs
        waiting += [t.op for t in reversed(reads) if t.op not in begun]
    return list(done)


def _loop(copy: Copy, op: Any, inputs: list[Value]) -> list[Value]:
    """A `While`; what its body hands on as it came is no part of its state."""
    test_graph, body_graph = _kept.inner_graphs(op)
    places = [
        place
        for place, output in enumerate(body_graph.outputs)
        if _meanings.origin(output) is not body_graph.inputs[place]
    ]
    before = _lists.with_room(test_graph, body_graph, places, inputs)
    state = [before[place] for place in places]
    guarded = tested = False

    def all_values(flat: Sequence[Any]) -> list[Value]:
        values = list(before)
        for place, value in zip(places, rebuilt(state, flat), strict=True):
            values[place] = value
        return values

    def test(holds: Any, *flat: Any) -> Any:
        nonlocal tested
        inner = Copy(test_graph, all_values(flat))
        go_on = tensor(inner.run()[0])
        tested = tested or bool(inner.guards)
        return _conjunction([go_on, holds, *inner.guards])

    def turn(_: Any, *flat: Any) -> list[Any]:
        nonlocal guarded
        inner = Copy(body_graph, all_values(flat))
        outputs = inner.run()
        after = flattened([outputs[place] for place in places])
        guarded = guarded or bool(inner.guards)
        return [inner.all_hold(), *after]

    flat = flattened(state)
    invariants = [tf.TensorShape(()), *(value.shape for value in flat)]
    holds = _conjunction(copy.so_far())
    try:
        found = tf.while_loop(test, turn, [holds, *flat], shape_invariants=invariants)
    except ValueError as error:
        if "enters the loop" in str(error):
            raise NotKept("a shape changes from turn to turn") from error
        raise
    if guarded:
        copy.require(found[0])
    values = all_values(found[1:])
    if tested:  # what did not hold in a test has ended the loop
        last = Copy(test_graph, values, [found[0]])
        last.run()
        copy.guards += last.guards
    return values


def _branch(copy: Copy, op: Any, inputs: list[Value]) -> list[Value]:
    """An `If`: the way that is known, both and a choice where that is cheap, or a `cond`."""
    predicate, *values = inputs
    graphs = _kept.inner_graphs(op)
    if isinstance(predicate, np.ndarray):
        return copy.inlined(graphs[0 if predicate else 1], values)
    if predicate.dtype != tf.bool or predicate.shape.rank != 0:
        raise NotKept("a branch goes by what is no boolean")
    if sum(_cost.work(graph) for graph in graphs) <= _CHEAP:
        ways = [Copy(graph, values, copy.so_far()) for graph in graphs]
        chosen = _chosen(copy, predicate, ways)
        if chosen is not None:
            return chosen
    guarded, like = False, []

    def way(graph: Any) -> Callable[[], list[Any]]:
        def record() -> list[Any]:
            nonlocal guarded
            inner = Copy(graph, values, copy.so_far())
            outputs = inner.run()
            like.append(outputs)
            guarded = guarded or bool(inner.guards)
            return [inner.all_hold(), *flattened(outputs)]

        return record

    found = tf.cond(predicate, way(graphs[0]), way(graphs[1]))
    if guarded:
        copy.require(found[0])
    return rebuilt(like[0], found[1:])


def _chosen(copy: Copy, predicate: Any, ways: list[Copy]) -> list[Value] | None:
    """Both ways, and a choice of each output; None where their shapes differ."""
    outputs = [way.run() for way in ways]
    made: list[Value] = []
    for first, second in zip(*outputs, strict=True):
        if first is second:
            made.append(first)
        elif isinstance(first, Elements) or isinstance(second, Elements):
            joined = _lists.chosen(predicate, first, second)
            if joined is None:
                return None
            made.append(joined)
        elif shape(first) != shape(second):
            return None
        else:
            made.append(tf.where(predicate, tensor(first), tensor(second)))
    if ways[0].guards or ways[1].guards:
        holds = [way.all_hold() for way in ways]
        copy.require(tf.where(predicate, *holds))
    return made
