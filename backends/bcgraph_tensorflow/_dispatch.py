"""Calls whose arguments are plain tensors, straight to the graph that was traced for them.

`tf.function` binds, canonicalizes and compares its arguments in Python, about 70 µs a call; a loop
that XLA runs may take less. The graph that it finds depends on the dtypes and shapes of tensors,
the device and the setting `reassociate` alone where a call is eager, in no strategy, and while
nothing is saved (its `function_context`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.eager.polymorphic_function import function_type_utils, tracing_compilation
from tensorflow.python.framework import ops
from tensorflow.python.saved_model import save_context

from bcgraph.backend import reassociates

_LIMIT = 256  # kinds of arguments of one function
_HANDLES = {tf.resource.as_datatype_enum, tf.variant.as_datatype_enum}  # these say more elsewhere


class Dispatch:
    """The traced functions of a `tf.function`, by the dtypes and shapes of their arguments."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}
        self._met: set[Any] = set()

    def key(self, arguments: Sequence[Any]) -> Any:
        """What the graph for these depends on; None if that is more than is seen here."""
        key = []
        for value in arguments:
            if type(value) is not ops.EagerTensor:
                return None
            dtype = value._datatype_enum()
            if dtype in _HANDLES:
                return None
            key.append((dtype, value._shape_tuple()))
        if not tf.executing_eagerly() or tf.distribute.has_strategy():
            return None
        if save_context.in_save_context():
            return None
        return context.context().device_name, reassociates(), *key

    def find(self, key: Any) -> Any:
        """The traced function, if it is known; None too where it takes more than these."""
        return self._known.get(key)

    def learn(self, key: Any, function: Any, arguments: Sequence[Any]) -> None:
        """Keeps what `tf.function` finds for arguments, when they come again."""
        if key not in self._met:
            if len(self._met) < _LIMIT:
                self._met.add(key)
            return
        if key in self._known:
            return
        self._known[key] = None
        config = function._variable_creation_config
        if function._created_variables:
            config = function._no_variable_creation_config
        bound = function_type_utils.canonicalize_function_inputs(
            tuple(arguments), {}, function._function_type, function._default_values
        )
        found = tracing_compilation.trace_function(bound.args, bound.kwargs, config)
        kind = found.function_type
        flat = kind.unpack_inputs(kind.bind(*bound.args, **bound.kwargs))
        is_same = len(flat) == len(arguments) and all(map(_is, flat, arguments))
        if is_same and not found.graph.deferred_external_captures:
            self._known[key] = found


def _is(first: Any, second: Any) -> bool:
    return first is second
