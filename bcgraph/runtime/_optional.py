"""Values that are None on some paths only."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from bcgraph._number import number_tensor
from bcgraph.backend import Backend

from ._values import DEAD


class PerhapsNone:
    """`value` where the staged `there` is true, else None.

    `is None` of it is a staged boolean, which converted code asks for; any other use is a use of
    `value`, with a check that raises `TypeError` when the graph runs and it is None. It is
    registered as a `Mapping` only so that one CPython instruction can tell it from most values.
    """

    __slots__ = ("backend", "there", "value")

    def __init__(self, backend: Backend, value: Any, there: Any) -> None:
        self.backend, self.value, self.there = backend, value, there

    def use(self, of_none: Callable[[Any], Any] | None = None) -> Any:
        """The value; where there is none, the graph raises what this use of None raises."""
        error: Exception = TypeError("a value that one path leaves None is used as if it had one")
        if of_none is not None:
            try:
                of_none(None)
            except Exception as raised:
                error = raised.with_traceback(None)
        self.backend.check(self.there, error)
        return self.value

    def stack(self) -> Any:
        """What a framework's functions get."""
        return number_tensor(self.use())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.use(lambda none: getattr(none, name)), name)

    def __repr__(self) -> str:
        return f"<{self.value!r}, or None, as the graph runs>"

    def __eq__(self, other: object) -> Any:
        return self.backend.logical_not(self.there) if other is None else self.use() == other

    def __ne__(self, other: object) -> Any:
        return self.there if other is None else self.use() != other

    __hash__ = object.__hash__


Mapping.register(PerhapsNone)


def split(value: Any) -> tuple[Any, Any]:
    """A value that may be None as the value and whether it is there."""
    if isinstance(value, PerhapsNone):
        return value.value, value.there
    return (DEAD, False) if value is None else (value, True)


def used(value: Any) -> Any:
    """The value of one that may be None, with a check; any other value itself."""
    return value.use() if isinstance(value, PerhapsNone) else value


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: operation(self.use(lambda none: operation(none, other)), used(other))


def _reflected(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: operation(other, self.use(lambda none: operation(other, none)))


def _unary(operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda self: operation(self.use(operation))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul",
              "and_", "or_", "xor", "lshift", "rshift"):  # fmt: skip
    _operation, _plain = getattr(operator, _name), _name.rstrip("_")
    setattr(PerhapsNone, f"__{_plain}__", _binary(_operation))
    setattr(PerhapsNone, f"__r{_plain}__", _reflected(_operation))
for _name in ("lt", "le", "gt", "ge", "getitem"):
    setattr(PerhapsNone, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(PerhapsNone, f"__{_name}__", _unary(getattr(operator, _name)))
setattr(PerhapsNone, "__iter__", _unary(iter))  # noqa: B010
setattr(PerhapsNone, "__len__", _unary(len))  # noqa: B010
