"""Values that exist only while a function is staged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from bcgraph.errors import Note, UndefinedVariable

from ._refusing import refusing


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


@refusing
@dataclass(frozen=True, eq=False)
class Maybe:
    """A variable that has a value only where the staged `defined` is true.

    A function's own reads check that. Only another function, for which it is a variable of the
    function around, meets this.
    """

    value: Any
    defined: Any
    reason: Note | None  # which way leaves it without one

    def refuse(self) -> NoReturn:
        """Raises `UndefinedVariable`."""
        raise UndefinedVariable(
            "a variable of the function around this one may have no value",
            notes=(self.reason,),
            mend="give it a value before the branch or loop",
        )


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


class Replay(Iterator[Any]):
    """A native iterator that several branches consume, each from where it stood."""

    def __init__(self, source: Iterator[Any], seen: list[Any] | None = None, at: int = 0) -> None:
        self._source = source
        self._seen: list[Any] = [] if seen is None else seen
        self._at = at

    def again(self) -> Replay:
        """Another iterator at the same place."""
        return Replay(self._source, self._seen, self._at)

    def __next__(self) -> Any:
        if self._at == len(self._seen):
            self._seen.append(next(self._source))
        self._at += 1
        return self._seen[self._at - 1]
