"""Python's builtins on tensors."""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from bcgraph.backend import PythonValueNeeded, StagedNumber, StagedText

from . import _dtypes, _loops, _texts

_LOOK = (tf.eye, tf.pad, tf.switch_case)  # which tell a number of Python's from a tensor


class _Rows:
    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def length(self) -> Any:
        known = self.tensor.shape[0]
        return tf.shape(self.tensor)[0] if known is None else known

    def at(self, index: Any) -> Any:
        return tf.gather(self.tensor, index)


class _RaggedRows(_Rows):
    def length(self) -> Any:
        return self.tensor.nrows()

    def at(self, index: Any) -> Any:
        return self.tensor[index]


def items(value: Any) -> Any:
    """The rows of a tensor; None for a scalar."""
    if isinstance(value, tf.RaggedTensor):
        return _RaggedRows(value)
    tensor = tf.convert_to_tensor(value)
    return None if tensor.shape.rank == 0 else _Rows(tensor)


def range_length(start: Any, stop: Any, step: Any) -> Any:
    """`max(0, ceil((stop - start) / step))`, in integers."""
    bounds = [start, stop, step]
    dtypes = [v.dtype for v in bounds if isinstance(v, tf.Tensor | tf.Variable | StagedNumber)]
    dtype = tf.int64 if tf.int64 in dtypes else dtypes[0]
    if isinstance(start, int) and start == 0 and isinstance(step, int) and step == 1:
        return tf.cast(stop, dtype)  # a negative one gives no turns either
    start, stop, step = (tf.cast(v, dtype) for v in bounds)
    return tf.maximum(-((start - stop) // step), 0)


def meanings(backend: Any) -> dict[Any, Callable[..., Any]]:
    """What each builtin does when an argument is staged."""

    def pair(
        python: Any,
        better: Callable[[Any, Any], Any],
        operation: Callable[[Any, Any], Any],
        argument: Callable[..., Any],
        reduction: Callable[..., Any],
    ) -> Callable[..., Any]:
        def meaning(*arguments: Any, default: Any = None) -> Any:
            if len(arguments) == 1 and not isinstance(arguments[0], list | tuple):
                values = _tensor(arguments[0])
                filled = tf.shape(values)[0] > 0
                if default is None:
                    backend.check(filled, _empty(python))
                found = _extreme(values, argument, reduction)
                return found if default is None else tf.where(filled, found, default)
            values = _common(arguments[0] if len(arguments) == 1 else arguments)
            found = values[0]
            for value in values[1:]:
                if found.dtype.is_floating:
                    found = tf.where(better(value, found), value, found)
                else:
                    found = operation(found, value)
            return found

        return meaning

    def total(values: Any, start: Any = 0) -> Any:
        if isinstance(values, list | tuple):
            for value in values:
                start = start + value
            return start
        found = tf.reduce_sum(_tensor(values), axis=0)
        return found if isinstance(start, int) and start == 0 else found + start

    def reduce(reduction: Callable[..., Any]) -> Callable[..., Any]:
        def meaning(values: Any) -> Any:
            if isinstance(values, list | tuple):
                truths = [backend.predicate(v) if backend.is_staged(v) else bool(v) for v in values]
                return reduction(tf.stack(truths))
            return reduction(_truths(_tensor(values)))

        return meaning

    def ordered(values: Any, *, key: Any = None, reverse: bool = False) -> Any:
        rows = backend.stack(list(values)) if isinstance(values, list | tuple) else _tensor(values)
        direction = "DESCENDING" if reverse else "ASCENDING"
        if key is None:
            return tf.sort(rows, axis=0, direction=direction)
        if rows.shape.rank is None or rows.shape[0] is None:
            raise PythonValueNeeded("how many values are sorted by a key is not known")
        keys = backend.stack([key(row) for row in tf.unstack(rows)])
        return tf.gather(rows, tf.argsort(keys, direction=direction, stable=True))

    def rounded(value: Any, digits: int | None = None) -> Any:
        if digits is None:
            return value if value.dtype.is_integer else tf.cast(tf.round(value), tf.int32)
        scale = tf.cast(10**digits, value.dtype)
        return tf.round(value * scale) / scale

    def integer(value: Any = 0, *base: Any) -> Any:
        if value.dtype == tf.string:
            return tf.strings.to_number(value, tf.int32)
        return value if value.dtype.is_integer else tf.cast(value, tf.int32)

    def floating(value: Any = 0.0) -> Any:
        if value.dtype == tf.string:
            return tf.strings.to_number(value, tf.float32)
        return value if value.dtype.is_floating else tf.cast(value, tf.float32)

    return {
        builtins.print: _print,
        builtins.abs: tf.abs,
        builtins.min: pair(min, tf.less, tf.minimum, tf.argmin, tf.reduce_min),
        builtins.max: pair(max, tf.greater, tf.maximum, tf.argmax, tf.reduce_max),
        builtins.sum: total,
        builtins.any: reduce(tf.reduce_any),
        builtins.all: reduce(tf.reduce_all),
        builtins.int: integer,
        builtins.float: floating,
        builtins.bool: backend.predicate,
        builtins.round: rounded,
        builtins.sorted: ordered,
        builtins.str: _text,
        tf.autograph.experimental.set_loop_options: _loops.set_options,
        tf.stack: _stack,
        tf.concat: _concat,
        tf.constant: _constant,
        **{looks: _of_tensors(looks) for looks in _LOOK},
    }


def _extreme(values: Any, argument: Callable[..., Any], reduction: Callable[..., Any]) -> Any:
    """The first extreme, as Python finds it: what is not a number is it if it comes first only."""
    if not values.dtype.is_floating or values.shape.rank != 1:
        return reduction(values, axis=0)
    worst = -reduction(tf.constant([-math.inf, math.inf], values.dtype))
    none = tf.math.is_nan(values)
    place = argument(tf.where(none, worst, values), output_type=tf.int32)
    return tf.gather(values, tf.where(tf.reduce_any(none[:1]), 0, place))


def _empty(function: Any) -> ValueError:
    """What this Python says of `min` or `max` of nothing."""
    try:
        function([])
    except ValueError as error:
        return error
    raise AssertionError(function)


def _tensor(value: Any) -> Any:
    stack = getattr(type(value), "stack", None)
    return value.stack() if stack is not None else tf.convert_to_tensor(value)


def _truths(tensor: Any) -> Any:
    if tensor.dtype == tf.bool:
        return tensor
    return tf.not_equal(tensor, tf.zeros((), tensor.dtype))


def _common(values: Any) -> list[Any]:
    spec = None
    for value in values:
        own = _dtypes.spec(value)
        assert own is not None
        spec = own if spec is None else _dtypes.join(spec, own)
    assert spec is not None
    return [_dtypes.convert(value, spec) for value in values]


def _stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    stacked = _tensor(values) if hasattr(type(values), "stack") else tf.stack(values, 0)
    if axis == 0:
        return stacked
    rank = stacked.shape.rank
    where = axis if axis >= 0 else axis + rank
    return tf.transpose(stacked, [*range(1, where + 1), 0, *range(where + 1, rank)], name=name)


def _constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Any:
    tensor = tf.convert_to_tensor(value, dtype, name=name)
    if shape is None:
        return tensor
    return tf.broadcast_to(tensor, shape) if tensor.shape.rank == 0 else tf.reshape(tensor, shape)


def _of_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, called with tensors for numbers: it looks at what its arguments are."""

    def plain(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [plain(part) for part in value]
        return value.tensor if isinstance(value, StagedNumber) else value

    def meaning(*arguments: Any, **keywords: Any) -> Any:
        return function(*map(plain, arguments), **{k: plain(v) for k, v in keywords.items()})

    return meaning


def _concat(values: Any, axis: Any, name: str = "concat") -> Any:
    if not hasattr(type(values), "stack"):
        return tf.concat(values, axis, name=name)
    if not isinstance(axis, int) or axis != 0:
        raise TypeError("a list of unknown length can be joined along the first axis only")
    rows = values.stack()
    return tf.reshape(rows, tf.concat([[-1], tf.shape(rows)[2:]], 0), name=name)


def _text(value: Any = "") -> Any:
    return value if value.dtype == tf.string else tf.strings.as_string(value)


def _print(*values: Any, sep: str | None = " ", end: str | None = "\n", **_: Any) -> None:
    """Prints when the graph runs, to standard output, in order."""
    sep, end = " " if sep is None else sep, "\n" if end is None else end
    if any(isinstance(value, StagedText | StagedNumber) for value in values):
        values = (tf.strings.join([*map(_texts.text, values)], sep),)
    told = [value if _holds_tensors(value) else str(value) for value in values]
    tf.print(*told, sep=sep, end=end, output_stream=sys.stdout, summarize=-1)


def _holds_tensors(value: Any) -> bool:
    return any(tf.is_tensor(part) or hasattr(part, "dtype") for part in tf.nest.flatten(value))
