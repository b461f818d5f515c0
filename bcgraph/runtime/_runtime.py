"""The runtime of one backend: the hooks that rewritten code calls, and the codes it has made."""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from bcgraph._library import is_library, is_users_class
from bcgraph._text import text_of
from bcgraph.backend import Backend, Transaction, attributes_read
from bcgraph.errors import (
    BcgraphError,
    CaughtRaise,
    Disagreement,
    UnreadableFunction,
    UnsupportedEffect,
    UnsupportedRegion,
)
from bcgraph.instructions import Consumer, Op
from bcgraph.regions import Flow, Site
from bcgraph.rewrite import Hooks, SiteHook

from ._aliases import refuse_lost
from ._apart import repeatable
from ._builtins import Builtins
from ._codes import Codes, twin
from ._eager import execute
from ._evidence import place_of, suspension
from ._finish import finished
from ._generators import Function, Generators
from ._iterate import ByPython, turns_left
from ._lists import forward, given, is_staged
from ._managers import entered
from ._notes import CHANGING, Notes, mutators
from ._operators import Operators, is_none
from ._outside import OF_CALLER, consumes
from ._protocols import Protocols
from ._region import Environment
from ._sight import Sight, named
from ._staged import note, recording
from ._symbolic import Stager, decides
from ._texts import Texts
from ._transaction import transaction
from ._turns import MOST
from ._values import NATIVE, UNDEFINED, Iteration, NativeIteration
from ._walk import ListWalk

DISABLED = "__bcgraph_disabled__"
INNER = "__bcgraph_inner__"  # what converted code calls instead
_BOUND_TO_CALLER = (super, type)  # which look at who calls, or are asked for what there is
_SLOTS = (MethodWrapperType, WrapperDescriptorType)


class _Local(threading.local):
    """What each thread has of its own; a class's attribute is found faster than none."""

    stager: Stager | None = None
    protocols: Protocols | None = None
    sight: Sight | None = None
    traced: dict[int, weakref.ref[CodeType]] | None = None  # the codes that ran in its transaction
    spaces: list[tuple[CodeType, dict[str, Any]]]  # and their globals


class Runtime:
    """Converts functions for one backend and stages their sites.

    With `everything`, every predicate and iteration counts as staged.
    """

    def __init__(self, backend: Backend, *, everything: bool = False) -> None:
        self.backend = backend
        self.everything = everything
        self.texts = Texts(backend)
        self._local = _Local()
        self.notes = Notes(
            lambda: self.stager.journal, lambda: self.stager.trees.aliases, self._is_staged
        )
        self._operators = Operators(
            backend, self.notes, self._meanings, lambda: self.protocols, lambda: self.stager.trees
        )
        hooks = self._hooks(journal=False)
        self._codes = Codes(hooks, self._hooks(journal=True) if backend.symbolic else hooks)
        self._generators = Generators(backend, self._converted, self._consumer, lambda: self.stager)
        self._builtins: Builtins | None = None

    @property
    def stager(self) -> Stager:
        """This thread's stager."""
        found = self._local.stager
        if found is None:
            found = self._local.stager = Stager(
                self.backend, self._codes.region, self._codes.is_made, self._walked
            )
        return found

    @property
    def protocols(self) -> Protocols:
        """This thread's."""
        found = self._local.protocols
        if found is None:
            staged = functools.partial(is_staged, self.backend)
            found = self._local.protocols = Protocols(self.resolve, staged)
        return found

    def _hooks(self, *, journal: bool) -> Hooks:
        def nested(code: CodeType) -> CodeType:
            return self._codes.tried(code, journal=journal)

        notes, operators = self.notes, self._operators
        return Hooks(
            staged=operators.decides,
            site=self._site,
            iterate=self._iterate,
            walked=_walked_by_python,
            resolve=self.resolve,
            negate=operators.negate if self.backend.symbolic else operator.not_,
            contains=operators.contains,
            text=self.texts.field,
            join=text_of,
            percent=self.texts.percent,
            is_none=is_none,
            unpack=operators.unpack,
            subscript=operators.subscript,
            slot=operators.slot,
            joined=operators.joined,
            append=operators.append,
            read=operators.read,
            local=_caller_local,
            entered=entered,
            suppressed=lambda result: self.stager.suppressed.told(result),
            nested=nested,
            born=notes.born,
            attribute=notes.attribute,
            item=notes.item,
            item_read=notes.item_read,
            variable=notes.variable,
            cell=notes.cell,
            undefined=UNDEFINED,
            native=NATIVE,
            compared=operators.compared,
            everything=self.everything,
            journal=journal and self.backend.symbolic,
            symbolic=self.backend.symbolic,
        )

    def transaction(self, *roots: Any) -> AbstractContextManager[Transaction]:
        """Inside, what is written into objects that outlive it is noted, and undone in the end."""
        self._local.traced, self._local.spaces = {}, []
        return transaction(self.stager.journal, self._named, *roots)

    def _named(self) -> list[Any]:
        """The globals that code names which ran in this thread's transaction."""
        spaces, self._local.spaces = self._local.spaces, []
        return [value for code, space in spaces for value in named(code, space)]

    def reads(self, attribute: str) -> bool:
        """Whether code reads an attribute of this name that ran in this thread's transaction."""
        codes = (held() for held in (self._local.traced or {}).values())
        return any(attribute in attributes_read(code) for code in codes if code is not None)

    @contextmanager
    def sight(self, *roots: Any) -> Iterator[None]:
        """Inside, what these hold and what the program names runs converted code, see `Sight`."""
        found = self._local.sight
        if found is not None:
            found.see(*roots)
            yield
            return
        sighted = functools.partial(self._codes.tried, journal=True)
        marked, watch = self.backend.is_marked, self.stager.journal.watch
        with Sight(sighted, _is_left_alone, marked, watch).opened(*roots) as made:
            self._local.sight, self.stager.trees.roots = made, roots
            try:
                yield
                if self.stager.refusal is not None:
                    raise self.stager.refusal
            finally:
                self._local.sight = self.stager.refusal = None
                self.stager.trees.roots = ()
                self.stager.trees.aliases.clear()

    def _refused(self, error: BaseException) -> None:
        """Keeps the first refusal: an `except` of the program itself must not make it unsaid."""
        if isinstance(error, BcgraphError) and self._local.sight is not None:
            self.stager.refusal = self.stager.refusal or error

    def _refuse_outside(self, target: Any) -> None:
        try:
            self.notes.refuse_outside(target)
        except UnsupportedEffect as error:
            self._refused(error)
            raise

    def finished(self, fn: Callable[..., Any], *, outermost: bool = False) -> Callable[..., Any]:
        """The function for users to call: it returns what they know, its errors tell the line."""
        return finished(self.backend, fn, self.sight, outermost=outermost)

    # Conversion

    def function(self, fn: FunctionType) -> FunctionType:
        """The converted twin of a function: same globals, closure, defaults, attributes."""
        journal = self.backend.symbolic and bool(self.stager.journal)
        origin = self._codes.origin(fn.__code__)
        sight = self._local.sight
        if sight is not None:
            sight.see_named(fn)
        traced = self._local.traced
        if journal and traced is not None and id(origin) not in traced:
            traced[id(origin)] = weakref.ref(origin)
            self._local.spaces.append((origin, fn.__globals__))
        if origin is not fn.__code__ and not journal:
            return fn
        try:
            code = self._codes.code(origin, journal=journal)
        except UnreadableFunction:
            if self.backend.symbolic and self.backend.is_recording():
                raise
            return fn  # what it does with Python values, it does unchanged
        if code is fn.__code__:
            return fn
        return twin(fn, code)

    def code(self, code: CodeType) -> CodeType:
        """The rewritten code of a function's code, for where no branch is being recorded."""
        return self._codes.code(code)

    def resolve(self, target: Any) -> Any:
        """What to call instead of a callable: its converted twin, a staged meaning, or itself."""
        kind = type(target)
        if kind is FunctionType and hasattr(target, INNER):
            return self.resolve(getattr(target, INNER))
        in_branch = self.backend.symbolic and self.notes.in_branch
        if in_branch:
            self._refuse_outside(target)
        if kind is FunctionType:
            if _is_left_alone(target):
                return self._library(target)
            made = self.function(target)
            suspends = in_branch and made.__code__.co_flags & inspect.CO_GENERATOR
            return functools.partial(self.notes.made, made) if suspends else made
        if kind is MethodType:
            inner = getattr(target.__func__, INNER, target.__func__)
            if type(inner) is FunctionType and not _is_left_alone(inner):
                return MethodType(self.function(inner), target.__self__)
            return target
        if in_branch and kind is BuiltinFunctionType and target in OF_CALLER:
            return functools.partial(self.notes.of_caller, target)
        if kind is BuiltinFunctionType or isinstance(target, type):
            if kind is not BuiltinFunctionType and self.backend.symbolic:
                found = self._class(target, self._local.sight)
            else:
                found = self._builtin(target, kind)
            if in_branch and consumes(target):
                return functools.partial(self.notes.consuming, found)
            return found
        if kind is functools.partial:
            inner = self.resolve(target.func)
            if inner is target.func:
                return target
            return functools.partial(inner, *target.args, **target.keywords)
        unwrapped = getattr(kind, INNER, None)
        if unwrapped is not None:
            return self.resolve(unwrapped(target))
        if kind in _SLOTS and self.backend.symbolic and self.notes.wanted:
            if target.__name__ in ("__setattr__", "__delattr__"):
                return functools.partial(self.notes.written, target)
            return target
        call = getattr(kind, "__call__", None)  # noqa: B004 - the function itself is wanted
        if type(call) is FunctionType and not _is_left_alone(call):
            return MethodType(self.function(call), target)
        if self.backend.symbolic and not getattr(target, DISABLED, False):
            return self.backend.called(target, self.resolve)
        return target

    def _library(self, target: FunctionType) -> Any:
        """A library's function, which gets staged lists where Python lists have become such."""
        if not self.backend.symbolic or not self.backend.is_recording():
            return target
        found = self._meanings().get(target)
        if found is not None:
            return found

        def call(*arguments: Any, **keywords: Any) -> Any:
            held = {name: given(value) for name, value in keywords.items()}
            return target(*map(given, arguments), **held)

        return call

    def _meanings(self) -> Builtins:
        if self._builtins is None:
            self._builtins = Builtins(
                self.backend,
                self.texts,
                self._converted,
                self._generators,
                self._asked,
                lambda: self.stager.trees,
                self.notes.attribute,
                self.notes.copied,
            )
        return self._builtins

    def _builtin(self, target: Any, kind: type) -> Any:
        if not self.backend.symbolic:
            return target
        if kind is BuiltinFunctionType:
            if target.__name__.endswith("_") and not target.__name__.endswith("__"):
                self.notes.refuse_writing(target.__self__)  # as PyTorch names what writes in place
            names = mutators(type(target.__self__))
            if type(target.__self__) is tuple and self.backend.is_recording():
                return self._meanings().ordering.method(target) or target
            if names is not None:
                staged = forward(target.__self__)
                if staged is not target.__self__:
                    return getattr(staged, target.__name__)
                if target.__name__ in names:
                    self.notes.contents(target.__self__)
                if not self.backend.is_recording():
                    return target
                return self._meanings().ordering.method(target) or target
        if not self.backend.is_recording():
            return target
        if (
            kind is BuiltinFunctionType
            and type(target.__self__) is str
            and target.__name__ == "format"
        ):
            return functools.partial(self.texts.template, target.__self__)
        if self.notes.wanted and (target in (setattr, delattr) or target.__name__ in CHANGING):
            return functools.partial(self.notes.changed, target)
        found = self._meanings().get(target)
        return self.backend.called(target, self.resolve) if found is None else found

    def _asked(self, function: Any, values: tuple[Any, ...]) -> Any:
        return self.protocols.asked(function, values)

    def _converted(self, fn: Any) -> Any:
        return self.function(fn) if type(fn) is FunctionType else self.resolve(fn)

    def _consumer(
        self, generator: GeneratorType[Any, Any, Any], consumer: Consumer
    ) -> Function | None:
        """A converted function that consumes a generator that has not started yet."""
        found = self._codes.collector(generator, consumer)
        return None if found is None else (self.function(found[0]), *found[1:])

    def _class(self, target: type, sight: Sight | None) -> Any:
        """What to call instead of a class: what it makes is noted."""
        if sight is not None:
            sight.see(target)
        users, noting = is_users_class(target), self.notes.wanted
        if users and type(type(target).__call__) is FunctionType:
            return functools.partial(self.resolve(type(target).__call__), target)
        if users and noting:
            return functools.partial(self.notes.make, target)
        found = self._builtin(target, type(target))
        if noting and target not in _BOUND_TO_CALLER:
            return functools.partial(self.notes.made, found)
        return found

    # Hooks

    def _is_staged(self, value: Any) -> bool:
        return is_staged(self.backend, value)

    def _site(self, held: Callable[[], Flow | None], site: Site) -> SiteHook:
        count = len(site.inputs)

        def stage(operand: Any, *values: Any) -> tuple[int | None, Any]:
            flow = held()
            assert flow is not None
            ins = flow.cfg.instructions(flow.cfg.blocks[site.block])[0]
            frame = sys._getframe(1)
            at = Environment(
                dict(zip(site.inputs, values[:count], strict=True)),
                [operand] if ins.depth == site.base + 1 else list(operand),
                site.base,
                values[count:],
                frame.f_globals,
                _first_argument(frame) if "__class__" in frame.f_code.co_freevars else (),
            )
            del frame
            if site.refusal is not None:
                raise UnsupportedRegion(
                    f"a tensor decides here, but {site.refusal}",
                    place=place_of(flow, site),
                    notes=(suspension(flow, site),),
                )
            if ins.op is Op.BRANCH and self.backend.symbolic:
                at.operands[-1] = self.protocols.truth(at.operands[-1])
            if (
                not self.backend.symbolic
                or ins.op is Op.FOR
                or decides(self.backend, flow, site, at.operands[-1])
            ):
                note(flow, site)
            try:
                if self.backend.symbolic:
                    with recording(flow, site):
                        return self._staged(flow, site, at)
                return execute(flow, site, at, self._codes.region)
            except BaseException as error:
                self._refused(error)
                if not site.escaping:
                    raise
                values = [at.variables.get(name, UNDEFINED) for name in site.escaping]
                return len(site.resumes), (*values, error)

        return stage

    def _staged(self, flow: Flow, site: Site, at: Environment) -> tuple[int | None, Any]:
        """Stages a site; if its ways do not agree where they join, they go on apart.

        If what it raises would be caught in the function, it is staged together with the handler.
        """
        stager, frame = self.stager, sys._getframe(2)
        before, refusal = repeatable(at), stager.refusal

        def state(parted: Site) -> Environment:
            stager.refusal = refusal
            held = frame.f_locals
            rest = {n: held.get(n, UNDEFINED) for n in parted.inputs if n not in before.variables}
            before.variables.update(rest)
            return before

        try:
            return stager.stage(flow, site, at)
        except (CaughtRaise, Disagreement) as error:
            refused = error
        # not in that `except`, or the program's own handlers would find the error in hand
        if isinstance(refused, Disagreement):
            return stager.apart.stage(refused, flow, site, state, frame)
        return stager.apart.with_handlers(refused, flow, site, state, frame)

    def _iterate(self, value: Any) -> Any:
        if issubclass(type(value), Iteration):  # `isinstance` would ask the value
            return value
        if self.everything:
            return NativeIteration(iter(value))
        if not self.backend.symbolic or not self.backend.is_recording():
            return value
        refuse_lost(value)
        self._generators.refuse_spent(value)
        self.notes.refuse_consuming(value)
        iteration = self._meanings().iterables.iteration(value)
        if iteration is None:
            return ListWalk(value) if type(value) is list else value
        self.notes.born(iteration)
        return iteration

    def _walked(self, numbers: Any) -> Iteration:
        """An iterator over a long `range`, as a staged iteration."""
        made = self._meanings().iterables.walked(numbers)
        made.is_private = True
        self.notes.born(made)
        return made


def _walked_by_python(iteration: Any, refusal: str) -> ByPython:
    left = turns_left(iteration)
    if left is None or left > MOST:
        raise UnsupportedRegion(f"a staged value decides here, but {refusal}")
    return ByPython(iteration)


def _is_left_alone(fn: FunctionType) -> bool:
    return is_library(fn) or getattr(fn, DISABLED, False)


def _first_argument(frame: FrameType) -> tuple[Any, ...]:
    code = frame.f_code
    return (frame.f_locals[code.co_varnames[0]],) if code.co_argcount else ()


def _caller_local(name: str) -> Any:
    return sys._getframe(1).f_locals.get(name, UNDEFINED)
