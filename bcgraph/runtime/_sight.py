"""What a program reaches without a call expression: operators, properties, `with`, callbacks.

CPython, or a library, calls such functions by itself. While a graph is recorded, those that are in
sight of the program have converted code, so that whoever calls them runs it; with Python values it
does what the original does. In sight is what the arguments hold, the classes and functions that
converted code names, and the classes it makes objects of.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from bcgraph._library import is_library_name, is_users_class
from bcgraph._weak import told_once

from ._journal import Location

_lock = threading.Lock()
_holders: dict[int, tuple[FunctionType, CodeType, int]] = {}  # by the function's identity


class Sight:
    """The functions that one recording has in sight."""

    def __init__(
        self,
        convert: Callable[[CodeType], CodeType],
        is_left_alone: Callable[[Any], bool],
        is_marked: Callable[[Any], bool],
        watch: Callable[[Any], None],
    ) -> None:
        self._convert, self._is_left_alone = convert, is_left_alone
        self._is_marked, self._watch = is_marked, watch
        self._seen: set[int] = set()
        self._held: list[Any] = []  # what `_seen` tells by identity
        self._swapped: list[FunctionType] = []

    def see(self, *roots: Any, depth: int = 5) -> None:
        """Puts in sight what values are, and what they hold."""
        level = list(roots)
        for _ in range(depth):
            following: list[Any] = []
            for value in level:
                if id(value) not in self._seen:
                    self._seen.add(id(value))
                    self._held.append(value)
                    following.extend(self._parts(value))
            level = following

    def see_named(self, fn: FunctionType) -> None:
        """Puts in sight what a function's code names."""
        if id(fn.__code__) in self._seen:
            return
        self._seen.add(id(fn.__code__))
        self._held.append(fn.__code__)
        for value in (*named(fn.__code__, fn.__globals__), *(fn.__closure__ or ())):
            if not isinstance(value, ModuleType):
                self.see(value)

    def _parts(self, value: Any) -> Iterator[Any]:
        if isinstance(value, list | tuple | deque | set | frozenset):
            yield from islice(value, _MOST)
        elif isinstance(value, dict):
            yield from islice(value.values(), _MOST)
        elif isinstance(value, CellType):
            yield Location("cell", value).read()
        elif isinstance(value, FunctionType):
            if not self._is_left_alone(value):
                self._swap(value)
                self.see_named(value)
            if not self._is_marked(value):
                yield getattr(value, "__wrapped__", None)
        elif isinstance(value, MethodType):
            yield value.__func__
            yield value.__self__
        elif isinstance(value, functools.partial):
            yield from (value.func, *value.args, *value.keywords.values())
        elif isinstance(value, type):
            for owner in value.__mro__:
                yield from _special_methods(owner)
        elif not isinstance(value, ModuleType):
            yield type(value)
            attributes = getattr(value, "__dict__", None)
            held = attributes if isinstance(attributes, dict) else {}
            if is_users_class(type(value)):
                self._watch(value)
                yield from held.values()
            elif not self._is_marked(value):
                yield held.get("__wrapped__")  # of a library's decorator

    def _swap(self, fn: FunctionType) -> None:
        with _lock:
            found = _holders.get(id(fn))
            original, count = (fn.__code__, 0) if found is None else found[1:]
            code = self._convert(original) if found is None else fn.__code__
            if code is original:
                return
            _holders[id(fn)] = (fn, original, count + 1)
            fn.__code__ = code
        self._swapped.append(fn)

    @contextmanager
    def opened(self, *roots: Any) -> Iterator[Sight]:
        """Inside, what is in sight runs converted code."""
        try:
            self.see(*roots)
            yield self
        finally:
            with _lock:
                for fn in self._swapped:
                    _, original, count = _holders.pop(id(fn))
                    if count > 1:
                        _holders[id(fn)] = (fn, original, count - 1)
                    else:
                        fn.__code__ = original


_MOST = 1000  # elements of a container that are looked at


def _special_methods(owner: type) -> Iterator[Any]:
    """The functions of a user's class that are called without a call expression, and its like."""
    if not is_users_class(owner):
        return
    yield type(owner)
    bases = {base.__module__ for base in owner.__mro__ if base is not object}
    is_called_back = any(map(is_library_name, bases))  # a layer, say: by its own base
    for name, value in vars(owner).items():
        if isinstance(value, property):
            yield from (value.fget, value.fset, value.fdel)
        elif isinstance(value, functools.cached_property):
            yield value.func
        elif isinstance(value, staticmethod | classmethod):
            yield value.__func__
        elif not isinstance(value, FunctionType):
            yield type(value)  # perhaps a descriptor
        elif is_called_back or name.startswith("__"):
            yield value


def named(code: CodeType, namespace: dict[str, Any]) -> list[Any]:
    """The globals that code names, and what it may name of the user's modules among them."""
    names = _names(code)
    found = [namespace[name] for name in names if name in namespace]
    for module in [v for v in found if isinstance(v, ModuleType)]:
        if not is_library_name(module.__name__):
            found += [vars(module)[name] for name in names if name in vars(module)]
    return found


@told_once
def _names(code: CodeType) -> frozenset[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(code.co_names).union(*map(_names, inner))
