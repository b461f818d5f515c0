"""`compile`, `convert`, `disable`: what users call."""

from __future__ import annotations

import functools
import inspect
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import FunctionType, MethodType
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar, overload

from bcgraph._frames import without_internals
from bcgraph._history import Compilation, History, told
from bcgraph._progress import working
from bcgraph.backend import Backend, Transaction
from bcgraph.errors import UnknownOption, UnsupportedRegion
from bcgraph.runtime import DISABLED, INNER, Runtime
from bcgraph.show import Explanation, explain

from . import _backends, _config

_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

P = ParamSpec("P")
R = TypeVar("R")


class CacheInfo(NamedTuple):
    """How often a compiled function has been traced, by backend."""

    traces: int
    backends: dict[str, int]


class Compiled(Generic[P, R]):
    """A function that runs as a graph; made by `compile`.

    It has the original's signature, name and docstring, and `__wrapped__`. Attributes of what the
    backend makes of it (`get_concrete_function` on TensorFlow), and of the original itself (a
    module's `parameters`), are reachable through it.
    """

    def __init__(self, fn: Callable[P, R], backend: str | None, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, fn, updated=("__dict__",) if inspect.isroutine(fn) else ())
        self.__wrapped__ = fn
        with suppress(ValueError, TypeError):  # some callables written in C tell none
            self.__signature__: inspect.Signature = inspect.signature(fn)
        self._backend, self._options = backend, options
        self._made: dict[str, Any] = {}
        self._history = History(fn)
        if backend is not None:
            self._for(backend)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if _config.current().mode == "eager":
            return self.__wrapped__(*args, **kwargs)
        made = self._for(_backends.choose(self._backend, args, kwargs))
        graphs, started = self._history.recorded, time.perf_counter()
        try:
            return made(*args, **kwargs)  # type: ignore[no-any-return]
        except Exception as error:
            error.__traceback__ = without_internals(error.__traceback__)
            raise
        finally:
            if self._history.recorded != graphs:
                self._history.ended(graphs, started, getattr(made, "cause", None))

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        bound = getattr(self._made.get(self._backend or ""), "bound", None)
        return MethodType(self, instance) if bound is None else bound(instance, self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_made" not in self.__dict__:
            raise AttributeError(name)
        made = self._for(self._backend or _backends.loaded(self.__wrapped__)[0])
        return getattr(made if hasattr(made, name) else self.__wrapped__, name)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """By its name, as the function that it stands for; else what it was made of."""
        name = getattr(self.__wrapped__, "__qualname__", "")
        found: Any = sys.modules.get(getattr(self.__wrapped__, "__module__", ""))
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:
            return name
        return type(self), (self.__wrapped__, self._backend, self._options)

    def __repr__(self) -> str:
        return f"<compiled {self.__wrapped__!r}>"

    def _for(self, name: str) -> Any:
        found = self._made.get(name)
        if found is None:
            runtime = _backends.runtime(name)
            started = time.perf_counter()
            program = _Program(runtime, self.__wrapped__, self._history)
            self._history.converted(name, time.perf_counter() - started)
            found = runtime.backend.compile(program, self._options)
            self._made[name] = found
        return found

    @staticmethod
    def __bcgraph_inner__(compiled: Compiled[Any, Any]) -> Callable[..., Any]:
        """What converted code calls instead: the original, converted into the caller's graph."""
        return compiled.__wrapped__

    @property
    def converted(self) -> Callable[P, R]:
        """The rewritten function, as `convert` gives it."""
        return convert(self.__wrapped__, backend=self._backend)

    def notes(self) -> tuple[str, ...]:
        """What runs each of its graphs, and why, as far as backends tell."""
        told = (getattr(made, "notes", tuple) for made in self._made.values())
        return tuple(line for lines in told for line in lines())

    def cache_info(self) -> CacheInfo:
        """How many graphs there are."""
        sizes = {}
        for name, made in self._made.items():
            size = getattr(made, "cache_size", None)
            sizes[name] = size() if size is not None else 0
        return CacheInfo(sum(sizes.values()), sizes)

    def clear_cache(self) -> None:
        """Forgets all graphs."""
        self._made.clear()
        self._history.clear()

    def explain(self, *args: P.args, **kwargs: P.kwargs) -> Explanation:
        """What has become of each branch and loop, and what was compiled when and why.

        With arguments the function is called with them first.
        """
        if args or kwargs:
            self(*args, **kwargs)
        return explain(self)

    def compilations(self) -> tuple[Compilation, ...]:
        """What has been made of the function so far, the newest last."""
        return tuple(self._history)


class _Program:
    """A converted function for a backend to trace."""

    def __init__(self, runtime: Runtime, original: Callable[..., Any], history: History) -> None:
        self.original, self._runtime, self._history = original, runtime, history
        if runtime.backend.symbolic and _SUSPENDS & _flags(original):
            raise UnsupportedRegion(
                f"generators and coroutines, as {_named(original)} is, cannot be one graph",
                mend="collect what it yields in a list, in a function that is compiled instead",
            )
        self.converted = _converted(runtime, original)  # tells at once what cannot be

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._run(arguments, keywords, outermost=False)

    def outermost(self, *arguments: Any, **keywords: Any) -> Any:
        return self._run(arguments, keywords, outermost=True)

    def _run(self, arguments: Any, keywords: Any, *, outermost: bool) -> Any:
        backend, started = self._runtime.backend, time.perf_counter()
        given = told(self.original, arguments, keywords, functools.partial(_spec_told, backend))
        fn = _converted(self._runtime, self.original)  # it may have to note what it writes
        try:
            call = self._runtime.finished(fn, outermost=outermost)
            if not backend.symbolic:
                return call(*arguments, **keywords)
            with working(f"recording {_named(self.original)} for {backend.name}"):
                return call(*arguments, **keywords)
        finally:
            self._history.traced(backend.name, given, time.perf_counter() - started)

    def transaction(self, *roots: Any) -> AbstractContextManager[Transaction]:
        return self._runtime.transaction(self.original, *roots)

    def is_eager(self) -> bool:
        return _config.current().mode == "eager"

    def reads(self, attribute: str) -> bool:
        return self._runtime.reads(attribute)


def _flags(fn: Any) -> int:
    code = getattr(inspect.unwrap(getattr(fn, "func", fn)), "__code__", None)
    return code.co_flags if code is not None else 0


def _named(fn: Any) -> str:
    return f"`{getattr(fn, '__qualname__', type(fn).__name__)}`"


def _spec_told(backend: Backend, value: Any) -> str | None:
    """A tensor as the history tells it; None for any other value."""
    if isinstance(value, bool | int | float | complex | str | bytes | None | list | tuple | dict):
        return None
    spec = backend.spec(value)
    if spec is None:
        return None
    name = getattr(spec.dtype, "name", None) or str(spec.dtype)
    shape = (
        "unknown"
        if spec.shape is None
        else f"({', '.join('?' if n is None else str(n) for n in spec.shape)})"
    )
    return f"{name} {shape}"


def _converted(runtime: Runtime, fn: Callable[P, R]) -> Callable[P, R]:
    """The converted twin, of a library's function too: it was asked for."""
    if isinstance(fn, Compiled):
        fn = fn.__wrapped__
    fn = getattr(fn, INNER, fn) if type(fn) is FunctionType else fn
    if type(fn) is FunctionType:
        return runtime.function(fn)
    if type(fn) is MethodType and type(fn.__func__) is FunctionType:
        return MethodType(runtime.function(fn.__func__), fn.__self__)
    return runtime.resolve(fn)  # type: ignore[no-any-return]


@overload
def compile(
    fn: Callable[P, R], *, backend: str | None = None, **options: Any
) -> Compiled[P, R]: ...
@overload
def compile(
    fn: None = None, *, backend: str | None = None, **options: Any
) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...
def compile(fn: Any = None, *, backend: str | None = None, **options: Any) -> Any:
    """Makes a function run as one graph, its `if`, `while`, `for` … on tensors included.

    Args:
        fn: a function, method, lambda, `functools.partial` or callable object. Without it,
            `compile` gives a decorator.
        backend: "tensorflow", "torch" or "numpy"; without it the setting (`BCGRAPH_BACKEND`,
            `config`), else the backend whose tensors are among a call's arguments, else "numpy".
        options: the backend's own; on TensorFlow those of `tf.function`: `input_signature`,
            `jit_compile`, `reduce_retracing`, and `jit` ("auto": XLA compiles a graph where that
            pays; True: always, or an error tells why not; False: never); on PyTorch
            `compiler` ("auto", "inductor" or "python") and `dynamic` (whether a graph serves
            tensors of all sizes).

    Returns:
        The compiled function.

    Raises:
        UnknownBackend, MissingFramework, UnknownOption: on bad settings.
    """
    if fn is None:
        return lambda inner: compile(inner, backend=backend, **options)
    if isinstance(fn, staticmethod | classmethod):
        return type(fn)(compile(fn.__func__, backend=backend, **options))
    if not callable(fn):
        raise UnknownOption(f"{fn!r} cannot be compiled: it is not callable")
    return Compiled(fn, backend, options)


def convert(fn: Callable[P, R], *, backend: str | None = None) -> Callable[P, R]:
    """Rewrites a function and nothing else.

    The result is a plain function to hand to `tf.function`, `Dataset.map`, a Keras layer and so on.
    Called with Python values it behaves exactly as the original. Of a `torch.nn.Module` it is a
    module, with the same parameters, to hand to `torch.export`.

    Args:
        fn: as for `compile`.
        backend: as for `compile`; without it and without a setting, that of `fn` if it is a
            framework's object, else that of the framework that has been imported, else, with
            several imported, that of each call's arguments.

    Raises:
        UnknownBackend, MissingFramework: on bad settings.
    """
    names = (backend,) if backend is not None else _backends.loaded(fn)
    if len(names) > 1:
        return _by_arguments(fn, names)
    runtime = _backends.runtime(names[0])
    if runtime.backend.symbolic:
        twin = runtime.backend.twin(fn, runtime.resolve, runtime.finished)
        if twin is not fn:
            return twin  # type: ignore[no-any-return]
    made = _converted(runtime, fn)
    if not runtime.backend.symbolic or made is fn:
        return made
    if type(made) is MethodType:
        inner = _handed_over(runtime, fn.__func__, made.__func__)  # type: ignore[attr-defined]
        return MethodType(inner, made.__self__)
    return _handed_over(runtime, fn, made) if type(made) is FunctionType else made


def _handed_over(runtime: Runtime, fn: Callable[P, R], made: Callable[P, R]) -> Callable[P, R]:
    """What others call of a converted function: they get what they know.

    Converted code calls the function itself instead.
    """

    @functools.wraps(made)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if not runtime.backend.is_recording():
            return made(*args, **kwargs)
        noting = _converted(runtime, fn)  # it may have to note what it writes
        return runtime.finished(noting)(*args, **kwargs)  # type: ignore[no-any-return]

    setattr(call, INNER, fn)
    runtime.backend.mark(call)
    return call


def _by_arguments(fn: Callable[P, R], names: tuple[str, ...]) -> Callable[P, R]:
    """A function that runs the one converted for the backend, among these, of its arguments."""
    made: dict[str, Callable[P, R]] = {}

    @functools.wraps(fn)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        name = _backends.choose(None, args, kwargs)
        if name not in made:
            made[name] = convert(fn, backend=name)
        return made[name](*args, **kwargs)

    setattr(call, INNER, fn)
    for name in names:
        _backends.runtime(name).backend.mark(call)
    return call


def disable(fn: Callable[P, R]) -> Callable[P, R]:
    """Marks a function that is never converted, wherever it is called from."""
    setattr(inspect.unwrap(fn), DISABLED, True)
    if inspect.unwrap(fn) is not fn:
        setattr(fn, DISABLED, True)
    return fn
