"""How the small, nasty programs of `nasty_*.py` are listed: a decorator and the table it fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
ALL = ("numpy", "tensorflow", "torch")


@dataclass(frozen=True)
class Nasty:
    """A function on tensors, whose eager execution tells what it gives.

    Attributes:
        function: the function; `ops` in it is `programs.ops.ops`.
        inputs: arguments of each call, `T` for tensors.
        differentiable: its first argument is a float tensor, and its result has a gradient by it.
        raises: some of the calls raise.
        widens: a path that isn't taken may change the dtype of the result.
        backends: where it runs.
        not_yet: what bcgraph lacks where a graph is recorded; the test tells when it has it.
    """

    function: Callable[..., Any]
    inputs: tuple[tuple[Any, ...], ...]
    differentiable: bool = False
    raises: bool = False
    widens: bool = False
    backends: tuple[str, ...] = ALL
    not_yet: str = ""


TABLE: list[Nasty] = []


def on(*inputs: tuple[Any, ...], **options: Any) -> Callable[[F], F]:
    """List the decorated function, to be called on each of `inputs`."""

    def listed(function: F) -> F:
        TABLE.append(Nasty(function, inputs, **options))
        return function

    return listed
