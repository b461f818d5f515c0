"""Builtins that meet staged values: iteration here, arithmetic by the backend."""

from __future__ import annotations

import builtins
import contextlib
import copy
import dataclasses
import operator
from collections.abc import Callable
from types import GeneratorType
from typing import Any

from bcgraph._number import python_type
from bcgraph._text import formatted
from bcgraph.backend import Backend, StagedNumber, StagedText, number_of

from . import _algorithms
from ._aliases import refuse_lost
from ._caught import Suppressing
from ._copying import Copying
from ._generators import Generators
from ._iterables import Iterables, Lazy
from ._lists import StagedList, forward
from ._optional import PerhapsNone, used
from ._ordering import Ordering, are_structures
from ._texts import Texts
from ._trees import Trees
from ._values import NATIVE, Iteration
from ._walk import ListWalk

_ARITHMETIC = (abs, min, max, sum, round)
_ITERATE = (iter, next, enumerate, zip, map, filter, list, tuple, set, dict)


_WALK = (enumerate, zip, map, filter)  # item by item, while the program goes on
_OF_TEXTS = (print, str, repr, format)


class Builtins:
    """Staged meanings of builtins, for one backend."""

    def __init__(
        self,
        backend: Backend,
        texts: Texts,
        convert: Callable[[Any], Any],
        generators: Generators,
        asked: Callable[[Any, tuple[Any, ...]], Any],
        trees: Callable[[], Trees],
        note: Callable[[Any, str], None],
        copied: Callable[[Any], None],
    ) -> None:
        self.backend, self._texts = backend, texts
        self._convert, self._generators = convert, generators
        self._asked = asked
        self.iterables = Iterables(backend, convert, note)
        meanings = self.iterables.meanings() | {
            operator.index: lambda value: value,
            str: lambda value: formatted(value, "", "s"),
            repr: lambda value: formatted(value, "", "r"),
            format: lambda value, spec="": formatted(value, spec, ""),
            dataclasses.replace: self._replaced,
        }
        meanings |= backend.builtins()
        tensors = [meanings.pop(target, lambda x: x) for target in (copy.copy, copy.deepcopy)]
        self.ordering = Ordering(
            backend, convert, self.is_staged, self.iterables.items, meanings[sorted], trees, copied
        )
        self._calls = {target: self._call(target, meaning) for target, meaning in meanings.items()}
        copying = Copying(backend, *tensors, self._calls[list])
        self._calls |= {  # which look at their arguments as they are
            contextlib.suppress: Suppressing,
            copy.copy: copying.copy,
            copy.deepcopy: copying.deepcopy,
            isinstance: self._isinstance,
            type: self._type,
        }

    def get(self, target: Any) -> Any:
        """What to call instead of a builtin while a graph is recorded; None for the builtin."""
        try:
            return self._calls.get(target)
        except TypeError:
            return None

    def _replaced(self, record: Any, /, **changes: Any) -> Any:
        return self._convert(_algorithms.replaced)(record, changes)

    def _call(self, target: Any, meaning: Callable[..., Any]) -> Callable[..., Any]:
        always = target in (print, dataclasses.replace) or getattr(meaning, "always", False)
        reduces = target in (any, all, sum, min, max, sorted)
        consumes = reduces or target in (list, tuple)
        iterates, walks = target in _ITERATE, target in _WALK

        def call(*arguments: Any, **keywords: Any) -> Any:
            if arguments and isinstance(arguments[0], GeneratorType | builtins.map):
                found = self._generated(target, *arguments)
                if found is not NATIVE:
                    return found
                if consumes:
                    arguments = (self._generators.collect(arguments[0]), *arguments[1:])
            elif target is sorted and (known := self.iterables.known(arguments[0])) is not None:
                arguments = (known, *arguments[1:])
            elif reduces and arguments and self._is_walked(arguments[0]):
                arguments = (self.iterables.collected(arguments[0]), *arguments[1:])
            if target not in (isinstance, type):
                for argument in arguments:
                    refuse_lost(argument)
            arguments = tuple(used(forward(a)) for a in arguments)
            if target is print:
                arguments = tuple(map(self._texts.told, arguments))
            elif target in (str, repr) and len(arguments) == 1:
                told = self._texts.told(arguments[0])
                if told is not arguments[0]:
                    return told
            text = next((a for a in arguments if isinstance(a, StagedText)), None)
            if text is not None and target not in _OF_TEXTS:
                text.refuse()
            own = self._asked(target, arguments)
            if own is not NATIVE:
                return self._numbers(target, arguments, own)
            by_key = keywords.get("key") is not None
            if target in (min, max) and (by_key or are_structures(arguments)):
                return self.ordering.best(target, arguments, **keywords)
            if target is sorted:
                if self.iterables.items(arguments[0]) is None or are_structures(arguments):
                    return self.ordering.sorted(arguments[0], **keywords)
                if by_key:
                    keywords["key"] = self._convert(keywords["key"])
            taken = iterates and any(self.iterables.stream(a) is not None for a in arguments)
            if always or taken or any(map(self.is_staged, (*arguments, *keywords.values()))):
                return self._numbers(target, arguments, meaning(*arguments, **keywords))
            if walks:
                arguments = tuple(ListWalk(a) if type(a) is list else a for a in arguments)
            return target(*arguments, **keywords)

        call.__name__ = getattr(target, "__name__", "call")
        return call

    def _is_walked(self, value: Any) -> bool:
        """Whether a staged value must be walked to have its items in one tensor."""
        return isinstance(value, Lazy) or self.iterables.stream(value) is not None

    def _numbers(self, target: Any, arguments: tuple[Any, ...], result: Any) -> Any:
        """What gives a Python number gives a staged one; so does arithmetic on such."""
        if target in (bool, len, int, float):
            return number_of(self.backend, result) if self.is_staged(result) else result
        parts = [v for a in arguments for v in (a if isinstance(a, list | tuple) else [a])]
        if target in _ARITHMETIC and all(
            isinstance(v, StagedNumber | bool | int | float) for v in parts
        ):
            for part in parts:
                if isinstance(part, StagedNumber):
                    part.used_as_number()
            return number_of(self.backend, result)
        return result

    def _generated(self, target: Any, values: Any, *default: Any) -> Any:
        """What takes items from a generator or `map` as far as one that decides; NATIVE else."""
        self._generators.refuse_spent(values)
        if target in (any, all):
            return self._generators.search(target, values)
        if target is next and isinstance(values, GeneratorType):
            return self._generators.first(values, default)
        return NATIVE

    def is_staged(self, value: Any, depth: int = 2) -> bool:
        """Whether a value, or a part of a list or tuple, is staged."""
        if isinstance(value, StagedList | Lazy | Iteration | StagedText):
            return True
        if depth and type(value) in (list, tuple):
            return any(self.is_staged(v, depth - 1) for v in value)
        return self.backend.is_staged(value)

    def _isinstance(self, value: Any, kinds: Any) -> Any:
        if isinstance(value, StagedNumber):
            return issubclass(python_type(value), kinds)
        if isinstance(value, StagedText):
            return issubclass(str, kinds)
        if not isinstance(value, PerhapsNone):
            return isinstance(value, kinds)
        there, none = self._isinstance(value.value, kinds), isinstance(None, kinds)
        if there == none:
            return there
        return value.there if there else self.backend.logical_not(value.there)

    def _type(self, value: Any, *rest: Any, **keywords: Any) -> Any:
        if isinstance(value, StagedNumber):
            return python_type(value)
        return str if isinstance(value, StagedText) else type(value, *rest, **keywords)
