"""Compiled functions: a `tf.function` of the converted function."""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any

import tensorflow as tf
from tensorflow.python.eager.polymorphic_function.polymorphic_function import (
    _frequent_tracing_detector_manager as _tracing_counts,
)

from bcgraph.backend import (
    Errors,
    OrNone,
    Program,
    UnknownOption,
    cause,
    check_options,
    known,
    mapped,
    place_of_function,
    without_internals,
)

from . import _errors, _jit, _leaks, _texts, reassociate
from ._dispatch import Dispatch

_OPTIONS = {
    "input_signature", "jit", "jit_compile", "reduce_retracing", "experimental_implements",
    "experimental_attributes", "experimental_autograph_options",
}  # fmt: skip
_Base: Any = type(tf.function(lambda: None, autograph=False))


class _Tracing(threading.local):
    xla = False  # whether what this thread traces is for XLA


_tracing = _Tracing()


Check = Callable[[Any, BaseException], Any]


def compile(program: Program, options: Mapping[str, Any], errors: Errors, check: Check) -> Function:
    """Makes the `tf.function`; `check` records an assertion.

    Raises `UnknownOption` on an option it does not know.
    """
    check_options("tensorflow", options, _OPTIONS)
    options = dict(options)
    mode = _mode(options)

    def traced(*arguments: Any, **keywords: Any) -> Any:
        before, _tracing.xla = _tracing.xla, _tracing.xla or bool(options.get("jit_compile"))
        try:
            with reassociate.asked(possible=not _tracing.xla and mode is not True) as notes:
                made = mapped(program.outermost(*arguments, **keywords), _zero_for_none)
            _jit.note(tf.compat.v1.get_default_graph(), notes)
            return made
        finally:
            _tracing.xla = before

    traced.__name__ = getattr(program.original, "__name__", "function")
    traced.__signature__ = inspect.signature(program.original)  # type: ignore[attr-defined]
    traced.__wrapped__ = program.original  # type: ignore[attr-defined]
    return Function(traced, traced.__name__, autograph=False, **options).of(
        program, errors, check, mode
    )


def _mode(options: dict[str, Any]) -> _jit.Mode:
    """Takes `jit` out of the options."""
    mode = options.pop("jit", "auto" if options.get("jit_compile") is None else False)
    if mode not in ("auto", True, False):
        raise UnknownOption(f"jit={mode!r}", mend='jit is "auto", True or False')
    if mode is not False and options.get("jit_compile") is not None:
        raise UnknownOption(
            "jit and jit_compile are both given",
            mend="jit=True keeps every check; jit_compile is TensorFlow's own option",
        )
    return mode  # type: ignore[no-any-return]


def _zero_for_none(part: Any) -> Any:
    """What may be None as a graph that is asked for gives it: zeros where it is."""
    if not isinstance(part, OrNone):
        return part

    def there(value: Any) -> Any:
        is_tensor = isinstance(value, tf.Tensor) and value.dtype != tf.variant
        return tf.where(part.there, value, tf.zeros_like(value)) if is_tensor else value

    return OrNone(mapped(part.value, there), part.there)


def warn_of_dropped(error: BaseException) -> None:
    """Tells of a check that XLA will not make."""
    if _tracing.xla:
        warnings.warn(
            f"under jit_compile nothing raises {type(error).__name__}({error}): XLA drops checks",
            RuntimeWarning,
            stacklevel=2,
        )


class Function(_Base):  # type: ignore[misc]
    """A call of it runs the graph; an exception of the user's program is raised as itself.

    A `tf.function`, so that what looks for such (`tf.saved_model.save`) finds it.
    """

    __slots__ = ("_instance",)

    def of(
        self,
        program: Program,
        errors: Errors,
        check: Check,
        mode: _jit.Mode,
        compiled: Any = None,
    ) -> Function:
        """Itself, told whose graph it is."""
        self._program, self._errors, self._check = program, errors, check
        self._compiled = compiled
        if not isinstance(self._function_cache, _jit.Cache):
            self._function_cache = _jit.Cache()
            self._function_cache.jit = _jit.Jit(mode)
            self._dispatch = Dispatch()
        return self

    def notes(self) -> tuple[str, ...]:
        """What runs its graphs, and why."""
        return self._function_cache.jit.notes()  # type: ignore[no-any-return]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if self._program.is_eager():
            return _original(self)(*arguments, **keywords)
        try:
            return self._called(arguments, keywords)
        except Exception as error:
            error.__traceback__ = without_internals(error.__traceback__)
            raise

    def _called(self, arguments: Any, keywords: Any) -> Any:
        try:
            if keywords or self._run_functions_eagerly:
                result = super().__call__(*arguments, **keywords)
            else:
                result = self._dispatched(arguments)
            return known(result) if tf.executing_eagerly() else mapped(result, self._used)
        except tf.errors.InvalidArgumentError as failure:
            error = self._errors.find(failure, _texts.unpacked)
            if error is None:
                raise
            raise _errors.raised(error, failure) from cause(failure)
        except TypeError as failure:
            if not _leaks.is_told(failure):
                raise
            error = _leaks.leaked(str(failure))
            error.place = place_of_function(self._program.original)
            error.label = "somewhere in here"
            raise error from cause(failure)

    def _used(self, value: Any) -> Any:
        if not isinstance(value, OrNone):
            return value
        return value.used(self._check, self._program.original)

    def _dispatched(self, arguments: tuple[Any, ...]) -> Any:
        key = self._dispatch.key(arguments)
        if key is None:
            return super().__call__(*arguments)
        found = self._dispatch.find(key)
        if found is not None:
            _tracing_counts.called_without_tracing(self._key_for_call_stats)
            return found._call_flat(list(arguments), found.captured_inputs)
        result = super().__call__(*arguments)
        self._dispatch.learn(key, self, arguments)
        return result

    def bound(self, instance: Any, compiled: Any) -> Any:
        """The method of an instance, with graphs of its own.

        TensorFlow keeps one for each instance, without keeping the instance; so each access gives
        an object that does, and shares all else.
        """
        kept = super().__get__(instance, type(instance))
        if not isinstance(kept, Function):
            return MethodType(compiled, instance)
        mode = self._function_cache.jit.mode
        made = object.__new__(Function)
        made.__dict__ = kept.of(self._program, self._errors, self._check, mode, compiled).__dict__
        made._instance = instance
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._compiled, name)

    @staticmethod
    def __bcgraph_inner__(function: Function) -> Callable[..., Any]:
        """What converted code calls instead: the original, converted into the caller's graph."""
        return _original(function)

    def cache_size(self) -> int:
        """How many graphs have been traced, those of methods of instances too."""
        functions = [super(), *(_Base.__get__(self, key, None) for key in self._descriptor_cache)]
        return sum(int(f.experimental_get_tracing_count()) for f in functions)


def _original(function: Function) -> Callable[..., Any]:
    original = function._program.original
    instance = getattr(function, "_instance", None)
    return original if instance is None else MethodType(original, instance)
