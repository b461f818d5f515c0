"""Compiled functions: a `tf.function` of the converted function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from bcgraph.backend import Errors, Program, check_options

from . import _texts

_OPTIONS = {
    "input_signature", "jit_compile", "reduce_retracing", "experimental_implements",
    "experimental_attributes", "experimental_autograph_options",
}  # fmt: skip


def compile(program: Program, options: Mapping[str, Any], errors: Errors) -> Function:
    """Makes the `tf.function`. Raises `UnknownOption` on an option it does not know."""
    check_options("tensorflow", options, _OPTIONS)

    def traced(*arguments: Any, **keywords: Any) -> Any:
        return program(*arguments, **keywords)

    traced.__name__ = getattr(program.original, "__name__", "function")
    traced.__signature__ = inspect.signature(program.original)  # type: ignore[attr-defined]
    traced.__wrapped__ = program.original  # type: ignore[attr-defined]
    return Function(tf.function(traced, autograph=False, **options), errors)


class Function:
    """A call of it runs the graph; an exception of the user's program is raised as itself."""

    def __init__(self, function: Any, errors: Errors) -> None:
        self.function, self._errors = function, errors

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        try:
            return self.function(*arguments, **keywords)
        except tf.errors.InvalidArgumentError as failure:
            error = self._errors.find(failure, _texts.unpacked)
            if error is None:
                raise
            raise error from failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self.function, name)

    def cache_size(self) -> int:
        """How many graphs have been traced."""
        return int(self.function.experimental_get_tracing_count())
