"""The runtime of one backend: the hooks that rewritten code calls, and the codes it has made."""

from __future__ import annotations

import functools
import inspect
import sys
import weakref
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FrameType, FunctionType, MethodType
from typing import Any

from bcgraph.backend import Backend
from bcgraph.instructions import read
from bcgraph.regions import Flow, Site
from bcgraph.rewrite import Hooks, SiteHook, region, rewrite

from ._eager import execute
from ._library import is_library
from ._region import Environment
from ._values import NATIVE, UNDEFINED, Iteration, NativeIteration

DISABLED = "__bcgraph_disabled__"


class Runtime:
    """Converts functions for one backend and stages their sites.

    With `everything`, every predicate and iteration counts as staged.
    """

    def __init__(self, backend: Backend, *, everything: bool = False) -> None:
        self.backend = backend
        self.everything = everything
        self._codes: dict[int, CodeType] = {}
        self._made: set[int] = set()
        self._functions: weakref.WeakKeyDictionary[FunctionType, FunctionType] = (
            weakref.WeakKeyDictionary()
        )
        self._regions: weakref.WeakKeyDictionary[Flow, CodeType] = weakref.WeakKeyDictionary()
        self.hooks = self._hooks()

    def _hooks(self) -> Hooks:
        return Hooks(
            staged=self.backend.is_staged,
            site=self._site,
            iterate=self._iterate,
            resolve=self.resolve,
            negate=lambda value: not value,
            contains=lambda item, container, inverted: NATIVE,
            unpack=lambda value, count: value,
            append=lambda items, value: items.append(value),
            read=lambda value, name: value,
            local=_caller_local,
            nested=self.code,
            attribute=lambda target, name: None,
            item=lambda target, key: None,
            variable=lambda name: None,
            cell=lambda cell: None,
            undefined=UNDEFINED,
            native=NATIVE,
            everything=self.everything,
        )

    def function(self, fn: FunctionType) -> FunctionType:
        """The converted twin of a function: same globals, closure, defaults, attributes."""
        if id(fn.__code__) in self._made:
            return fn
        twin = self._functions.get(fn)
        if twin is None or twin.__bcgraph_origin__ is not fn.__code__:  # type: ignore[attr-defined]
            code = self.code(fn.__code__)
            twin = FunctionType(code, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)
            twin.__kwdefaults__ = fn.__kwdefaults__
            twin.__qualname__, twin.__doc__ = fn.__qualname__, fn.__doc__
            twin.__module__, twin.__annotations__ = fn.__module__, fn.__annotations__
            twin.__dict__.update(fn.__dict__)
            twin.__bcgraph_origin__ = fn.__code__  # type: ignore[attr-defined]
            self._functions[fn] = twin
        elif twin.__defaults__ is not fn.__defaults__:
            twin.__defaults__ = fn.__defaults__
        return twin

    def code(self, code: CodeType) -> CodeType:
        """The rewritten code of a function's code; of any other, the code itself."""
        if not code.co_flags & inspect.CO_OPTIMIZED or id(code) in self._made:
            return code
        found = self._codes.get(id(code))
        if found is None:
            found = rewrite(read(code), self.hooks)
            self._codes[id(code)] = found
            self._made.add(id(found))
        return found

    def resolve(self, target: Any) -> Any:
        """What to call instead of a callable: its converted twin, or itself."""
        kind = type(target)
        if kind is FunctionType:
            return target if is_library(target) else self.function(target)
        if kind is MethodType:
            inner = target.__func__
            if type(inner) is FunctionType and not is_library(inner):
                return MethodType(self.function(inner), target.__self__)
            return target
        if kind is functools.partial:
            inner = self.resolve(target.func)
            if inner is target.func:
                return target
            return functools.partial(inner, *target.args, **target.keywords)
        return target

    def region_code(self, flow: Flow) -> CodeType:
        """The code of a flow's function, made when first needed."""
        found = self._regions.get(flow)
        if found is None:
            found = self._regions[flow] = region(flow, self.hooks)
            self._made.add(id(found))
        return found

    def _site(self, flow: Flow, site: Site) -> SiteHook:
        def stage(
            operands: tuple[object, ...], variables: tuple[object, ...], cells: tuple[object, ...]
        ) -> tuple[int, Any]:
            frame = sys._getframe(1)
            at = Environment(
                dict(zip(site.inputs, variables, strict=True)),
                list(operands),
                site.base,
                cells,  # type: ignore[arg-type]
                frame.f_globals,
                _first_argument(frame) if "__class__" in frame.f_code.co_freevars else (),
            )
            del frame
            try:
                return execute(flow, site, at, self.region_code)
            except BaseException as error:
                if not site.escaping:
                    raise
                values = [at.variables.get(name, UNDEFINED) for name in site.escaping]
                return len(site.resumes), (*values, error)

        return stage

    def _iterate(self, value: Any) -> Any:
        if self.everything and not isinstance(value, Iteration):
            return NativeIteration(iter(value))
        return value


def _first_argument(frame: FrameType) -> tuple[Any, ...]:
    code = frame.f_code
    return (frame.f_locals[code.co_varnames[0]],) if code.co_argcount else ()


def _caller_local(name: str) -> Any:
    return sys._getframe(1).f_locals.get(name, UNDEFINED)


_ = Callable, Iterator, CellType
