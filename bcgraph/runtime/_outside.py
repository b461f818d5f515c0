"""What acts on the world outside of a graph: files, clocks, random states, iterators.

A running graph calls no Python. In a branch or loop that a staged value decides, such a call would
happen while tracing, whichever way is taken later; so it is refused there, unless the user says
that it shall happen while tracing: `python`.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import re
import sys
import threading
import types
from collections import deque
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from bcgraph._library import is_library_name, is_users_class

P = ParamSpec("P")
R = TypeVar("R")

_thread = threading.local()

_MODULES = {
    "asyncio", "concurrent", "csv", "dbm", "ftplib", "http", "multiprocessing", "queue", "random",
    "shelve", "shutil", "smtplib", "socket", "sqlite3", "subprocess", "tempfile", "threading",
    "urllib", "webbrowser",
}  # fmt: skip
_FUNCTIONS = {
    "_pickle": {"dump", "load"},
    "builtins": {"input", "open"},
    "io": {"open"},
    "json": {"dump", "load"},
    "logging": {"critical", "debug", "error", "exception", "info", "log", "warning"},
    "os": {"makedirs", "popen", "removedirs", "renames", "fdopen"},
    "pathlib": {"chmod", "mkdir", "open", "rename", "replace", "rmdir", "symlink_to", "touch",
                "unlink", "write_bytes", "write_text"},
    "pickle": {"dump", "load"},
    "posix": {"_exit", "abort", "chdir", "chmod", "close", "fork", "kill", "link", "mkdir", "open",
              "putenv", "read", "remove", "rename", "replace", "rmdir", "symlink", "system",
              "truncate", "unlink", "utime", "write"},
    "time": {"sleep"},
    "warnings": {"warn", "warn_explicit"},
    "_warnings": {"warn", "warn_explicit"},
}  # fmt: skip
_FUNCTIONS["_io"], _FUNCTIONS["nt"] = _FUNCTIONS["io"], _FUNCTIONS["posix"]
_UNCHANGING = (
    str, bytes, int, float, complex, tuple, frozenset, range, slice, type, memoryview,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, re.Pattern, re.Match,
    types.ModuleType, types.MappingProxyType, types.CodeType, types.GenericAlias, types.NoneType,
    type({}.keys()), type({}.values()), type({}.items()),
)  # fmt: skip
_OF_ARRAYS = {"byteswap", "fill", "itemset", "partition", "put", "resize", "setfield", "setflags",
              "sort"}  # fmt: skip
_CONSUMING = {
    all, any, deque, dict, enumerate, filter, frozenset, functools.reduce, iter, list, map, max,
    min, next, set, sorted, sum, tuple, zip,
    *(v for v in vars(itertools).values() if isinstance(v, type)),
}  # fmt: skip
OF_CALLER = {dir: 1, eval: 2, exec: 2, locals: 1, vars: 1}
"""What looks at its caller's variables if it is given fewer arguments."""
_SAID = "__bcgraph_python__"
_CONSUMING_METHODS = {"extend", "extendleft", "join", "update"}


def python(fn: Callable[P, R]) -> Callable[P, R]:
    """Says that a function is Python's: it runs while a graph is traced, and only then.

    Inside a branch or loop that a tensor decides, what acts on the world outside (a file, a log, a
    random state, an iterator) is refused, since the running graph could not do it. Through `python`
    it is called: once for each time the call is traced, whichever way is taken later, with the
    tensors of the trace. Outside of a trace it is the function itself.

    Args:
        fn: any callable; it is not converted.
    """

    @functools.wraps(fn, updated=())
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        before = is_said()
        _thread.said = True
        try:
            return fn(*args, **kwargs)
        finally:
            _thread.said = before

    del call.__wrapped__  # type: ignore[attr-defined]
    setattr(call, _SAID, True)
    return call


def is_said() -> bool:
    """Whether this thread runs what `python` was said of."""
    return getattr(_thread, "said", False)


def acts_on(target: Any) -> Any:
    """What a callable that is not converted changes outside of a graph; None where it does not.

    That is an object, or the name of the callable itself.
    """
    if isinstance(target, types.MethodType) and isinstance(target.__func__, types.FunctionType):
        target = target.__func__
    if not isinstance(target, types.BuiltinFunctionType | types.FunctionType | types.MethodType):
        return None
    if getattr(target, _SAID, False):
        return None
    owner = getattr(target, "__self__", None)
    if owner is None or type(owner) is types.ModuleType:
        return target.__name__ if _is_told(target.__module__, target.__name__) else None
    return owner if _changes(type(owner), target.__name__) else None


def is_consumed(value: Any) -> bool:
    """Whether a value is an iterator of Python's own, which reading advances."""
    kind = type(value)
    if not hasattr(kind, "__next__") or is_users_class(kind):
        return False
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


def consumes(function: Any) -> bool:
    """Whether a builtin advances the iterators that it is given, or makes one that does."""
    if isinstance(function, type) or type(function.__self__) is types.ModuleType:
        return function in _CONSUMING
    return function.__name__ in _CONSUMING_METHODS


def _is_told(module: str | None, name: str) -> bool:
    root = (module or "").partition(".")[0]
    return root in _MODULES or name in _FUNCTIONS.get(root, ())


def _changes(kind: type, method: str) -> bool:
    """Whether a method written in C may change an object of this type."""
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        return method in _OF_ARRAYS or kind.__module__.startswith("numpy.random")
    if is_library_name(root) and root not in sys.stdlib_module_names:
        return False
    return not issubclass(kind, _UNCHANGING)
