"""Values that exist only while a function is staged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class _Mark:
    """A value that stands for itself."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name}>"


UNDEFINED: Any = _Mark("undefined")  # a variable that has no value
DEAD: Any = _Mark("dead")  # a value that nothing reads on this path
NATIVE: Any = _Mark("native")  # "do as Python does"


class Iteration:
    """What a guarded `for` iterates over when the iteration is staged.

    It is an iterator; registered as a `Mapping` only so that one CPython instruction can tell it
    from a native iterator.
    """

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        raise NotImplementedError


Mapping.register(Iteration)


class NativeIteration(Iteration):
    """A native iterator whose every turn counts as staged."""

    def __init__(self, iterator: Iterator[Any]) -> None:
        self.iterator = iterator

    def __next__(self) -> Any:
        return next(self.iterator)
