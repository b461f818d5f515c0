"""What a graph gives for a result that is None on some paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ._places import place_of_function
from .errors import NoneResult


class OrNone(NamedTuple):
    """`value` where `there` is true, else None: what a graph gives, which cannot give None.

    A call of a compiled function makes of it the one or the other. Who asks for the graph itself
    (a concrete function, a saved model) gets the pair.
    """

    value: Any
    there: Any

    def known(self) -> Any:
        """What it is, after the run."""
        return self.value if self.there else None

    def used(self, check: Callable[[Any, BaseException], Any], fn: Callable[..., Any]) -> Any:
        """The value, in a graph that has checked that `fn`, which gives it, does not give None."""
        error = NoneResult(
            f"`{getattr(fn, '__qualname__', type(fn).__qualname__)}` gives None on this path and a"
            " value on another, to a graph, which cannot hold None",
            place=place_of_function(fn),
        )
        check(self.there, error)
        return self.value


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with `change` made to it and then to the parts of what has come out, if it has some.

    Dicts, lists and tuples of which no part changes stay themselves.
    """
    value = change(value)
    kind = type(value)
    if kind is dict:
        items = {key: mapped(v, change) for key, v in value.items()}
        return items if any(items[key] is not v for key, v in value.items()) else value
    if kind is list or (isinstance(value, tuple) and (kind is tuple or hasattr(kind, "_fields"))):
        made = [mapped(v, change) for v in value]
        if all(one is other for one, other in zip(made, value, strict=True)):
            return value
        return kind(made) if kind in (list, tuple) else kind(*made)
    return value


def known(value: Any) -> Any:
    """A result after the run, its parts that may be None known to be so or not."""
    return mapped(value, lambda part: part.known() if isinstance(part, OrNone) else part)
