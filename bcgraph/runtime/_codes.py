"""The codes that a backend's runtime has made: each kept while what it was made of lives."""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import logging
import os
import time
import weakref
from collections.abc import Mapping
from types import CodeType, FunctionType, GeneratorType
from typing import Any

from bcgraph import _config
from bcgraph._places import place_of_code
from bcgraph._weak import ByIdentity
from bcgraph.errors import UnreadableFunction, UnsupportedPython
from bcgraph.instructions import (
    Code,
    Consumer,
    UnknownPython,
    UnreadableCode,
    collected,
    read,
)
from bcgraph.regions import Flow
from bcgraph.rewrite import Hooks, region, rewrite

from ._staged import made_of

_HERE = os.path.dirname(__file__)  # whose own functions are rewritten, too
_log = logging.getLogger("bcgraph.conversion")


class Codes:
    """Rewritten codes; those for a branch or call being recorded have the hooks `noting`."""

    def __init__(self, hooks: Hooks, noting: Hooks) -> None:
        self._hooks, self._noting = hooks, noting
        self._rewritten: ByIdentity[CodeType, dict[bool, CodeType]] = ByIdentity()
        # of made code: what it was made of, and a copy of that for when it is gone
        self._made: ByIdentity[CodeType, tuple[weakref.ref[CodeType], CodeType]] = ByIdentity()
        self._collecting: ByIdentity[CodeType, dict[Consumer, CodeType | None]] = ByIdentity()

    def code(self, code: CodeType, *, journal: bool = False) -> CodeType:
        """The rewritten code of a function's code; of any other, the code itself.

        Raises `UnreadableFunction`, or `UnsupportedPython`.
        """
        if not code.co_flags & inspect.CO_OPTIMIZED or code in self._made:
            return code
        several = self._rewritten.get(code)
        if several is None:
            several = self._rewritten[code] = {}
        found = several.get(journal)
        if found is None:
            started = time.perf_counter()
            try:
                canonical = read(code)
            except UnknownPython as error:
                raise UnsupportedPython(str(error), place=place_of_code(code)) from None
            except UnreadableCode as error:
                raise UnreadableFunction(str(error), place=place_of_code(code)) from None
            found = rewrite(canonical, self._noting if journal else self._hooks)
            if not several:
                _tell(canonical, found, time.perf_counter() - started)
            several[journal] = found
            made_of(found, canonical.origin, code)
            self._made[found] = weakref.ref(code), canonical.origin
        return found

    def tried(self, code: CodeType, *, journal: bool) -> CodeType:
        """As `code`; what cannot be read is itself, and told of where it is called and recorded."""
        try:
            return self.code(code, journal=journal)
        except UnreadableFunction:
            return code

    def region(self, flow: Flow) -> CodeType:
        """The code of a flow's function, made when first needed."""
        if flow.made is None:
            flow.made = region(flow, self._noting)
            origin = flow.cfg.code.origin
            self._made[flow.made] = weakref.ref(origin), origin
        return flow.made

    def is_made(self, code: CodeType) -> bool:
        """Whether a code object is rewritten code of a user."""
        return code in self._made

    def origin(self, code: CodeType) -> CodeType:
        """What a code object was made of; itself if it was not made here."""
        made = self._made.get(code)
        if made is None:
            return code
        origin, copy = made
        return origin() or copy

    def collector(
        self, generator: GeneratorType[Any, Any, Any], consumer: Consumer
    ) -> tuple[FunctionType, list[Any], dict[str, Any]] | None:
        """A function that does what a consumer does with a generator's items, and its arguments.

        None for what has started, or cannot be such a function.
        """
        frame = generator.gi_frame
        if frame is None or inspect.getgeneratorstate(generator) != inspect.GEN_CREATED:
            return None
        origin = self.origin(generator.gi_code)
        several = self._collecting.get(origin)
        if several is None:
            several = self._collecting[origin] = {}
        if consumer not in several:
            several[consumer] = collected(origin, consumer)
        code = several[consumer]
        if code is None:
            return None
        made_by = _function_of(generator)
        if made_by is None:
            return None
        fn = FunctionType(code, frame.f_globals, code.co_name, None, made_by.__closure__)
        return fn, *_arguments(code, frame.f_locals)


def _function_of(generator: GeneratorType[Any, Any, Any]) -> FunctionType | None:
    """The function that was called for a generator, which only the generator may still hold."""
    for held in gc.get_referents(generator):
        if type(held) is FunctionType and held.__code__ is generator.gi_code:
            return held
    return None


def _arguments(code: CodeType, held: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """What to call a function with so that its arguments have these values."""
    count, keywords = code.co_argcount, code.co_kwonlyargcount
    names = iter(code.co_varnames)
    positional = [held[next(names)] for _ in range(count)]
    named = {name: held[name] for name in itertools.islice(names, keywords)}
    if code.co_flags & inspect.CO_VARARGS:
        positional += held[next(names)]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        named |= held[next(names)]
    return positional, named


def _tell(canonical: Code, made: CodeType, seconds: float) -> None:
    """Logs a conversion, and writes its stages where they are wanted."""
    code, folder = canonical.origin, _config.dump_folder()
    if not (folder or _log.isEnabledFor(logging.INFO)):
        return
    if os.path.dirname(code.co_filename) == _HERE:
        return
    _log.info("%s is rewritten, in %.0f ms", place_of_code(code), 1000 * seconds)
    if folder:
        from bcgraph.show import dump  # it imports this room

        dump(folder, canonical, made)
    if _log.isEnabledFor(logging.DEBUG):
        from bcgraph.show import text_of

        _log.debug("%s", text_of(code))


def twin(fn: FunctionType, code: CodeType) -> FunctionType:
    """A function of another code: same globals, closure, defaults, attributes."""
    made = FunctionType(code, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)
    functools.update_wrapper(made, fn)
    del made.__wrapped__  # type: ignore[attr-defined]
    made.__dict__.update(fn.__dict__)  # with its own `__wrapped__`, if it has one
    made.__kwdefaults__ = fn.__kwdefaults__
    return made
