"""For tests of bcgraph, and of programs that use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bcgraph.runtime import Runtime

P = ParamSpec("P")
R = TypeVar("R")


class _Everything:
    name = "everything"
    symbolic = False

    def is_staged(self, value: object) -> bool:
        return True


_RUNTIME = Runtime(_Everything(), everything=True)


def stage_everything(fn: Callable[P, R]) -> Callable[P, R]:
    """Converts a function so that every predicate and every iteration counts as staged.

    Regions are executed by the reference backend: the result, the exceptions, the order of
    evaluation must be those of `fn`.
    """
    return _RUNTIME.resolve(fn)  # type: ignore[no-any-return]
