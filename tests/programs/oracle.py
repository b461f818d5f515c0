"""Whether a converted program does what the original does."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from types import FunctionType
from typing import Any

import bcgraph
import bcgraph.testing
from programs.prelude import Outcome, forget, make, outcome

INPUTS = ((0, 1, 2), (3, -1, 4), (5, 2, 0))


def guarded(function: FunctionType) -> Callable[..., Any]:
    """`function` with guards, none of which fires on Python numbers."""
    return bcgraph.convert(function, backend="numpy")


def recordable(function: FunctionType) -> FunctionType:
    """`function` with the guards and hooks that recording a graph needs, while none is recorded."""
    hook = bcgraph.testing.Installed(frozenset(), stage_everything=False)
    holder = compile("", "<holder>", "exec").replace(co_consts=(function.__code__,))
    code = hook.module(holder).co_consts[0]
    kept = function.__name__, function.__defaults__, function.__closure__
    made = FunctionType(code, function.__globals__, *kept)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


MODES: dict[str, Callable[[FunctionType], Callable[..., Any]]] = {
    "stage_everything": bcgraph.testing.stage_everything,
    "recordable": recordable,
}
if find_spec("numpy"):
    MODES["convert"] = guarded


def difference(source: str, modes: tuple[str, ...] = tuple(MODES)) -> str:
    """What a converted program did otherwise than the original, as text; empty if nothing."""
    function = make(source)
    try:
        for inputs in INPUTS:
            expected = outcome(function, function, inputs)
            for mode in modes:
                got = outcome(MODES[mode](function), function, inputs)
                if got != expected or (mode != "stage_everything" and got.where != expected.where):
                    return f"{mode}, f{inputs}:\n{_contrast(expected, got)}"
        return ""
    finally:
        forget(function)


def _contrast(expected: Outcome, got: Outcome) -> str:
    lines = []
    for name in ("kind", "result", "log", "where"):
        wanted, found = getattr(expected, name), getattr(got, name)
        if wanted != found:
            lines += [f"  {name} expected: {wanted}", f"  {name} got:      {found}"]
    return "\n".join(lines)
