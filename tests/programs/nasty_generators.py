"""Generators whose `yield`s a tensor decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from programs.nasty import on
from programs.ops import T

NUMBERS = ((T(3.0),), (T(-2.0),), (T(20.0),), (T(7.0),))


@on(*NUMBERS)
def yields_on_three_ways(x: Any) -> Any:
    def gen(n: Any) -> Iterator[Any]:
        i = 0
        while i < 4:
            i += 1
            if n > 5:
                yield n * i
            elif n > 0:
                n = n + 1
                yield n - i
            else:
                yield n * 0 + i

    a = x * 0
    for v in gen(x):
        a = a * 2 + v
    return a


@on(*NUMBERS)
def yields_and_is_sent(x: Any) -> Any:
    def gen(n: Any) -> Any:
        while True:
            if n > 3:
                got = yield n
            else:
                got = yield n * 10
            n = n + got

    g = gen(x)
    next(g)
    return g.send(2.0) + g.send(3.0)


@on(*NUMBERS)
def yields_once_on_both_ways(x: Any) -> Any:
    def gen(n: Any) -> Iterator[Any]:
        if n > 1:
            yield n
        else:
            yield n - 1

    return next(gen(x))


@on(*NUMBERS)
def yields_perhaps(x: Any) -> Any:
    def gen(n: Any) -> Iterator[Any]:
        for i in range(3):
            if n > i:
                yield n * i

    return sum(gen(x))


@on(*NUMBERS)
def yields_with_all_kinds_of_arguments(x: Any) -> Any:
    def gen(n: Any, *more: float, k: float = 2, **rest: float) -> Iterator[Any]:
        for m in more:
            if n > m:
                yield n * m * k
        if n > rest["z"]:
            yield n * 0 + 100.0

    return sum(gen(x, 1.0, 2.0, 3.0, k=3, z=5.0))


@on(*NUMBERS)
def yields_in_a_try(x: Any) -> Any:
    def gen(n: Any) -> Any:
        try:
            if n > 5:
                yield n
            got = yield n + 1
            assert got is None
        finally:
            n = 0

    return len(list(gen(x)))


@on(*NUMBERS)
def yields_and_writes_outside(x: Any) -> Any:
    total = 0

    def gen(n: Any) -> Iterator[Any]:
        nonlocal total

        def again() -> Any:
            return n

        for i in range(3):
            if again() > i:
                total = total + 1
                yield again() * i

    return sum(gen(x)), total


@on(*NUMBERS)
def yields_the_largest(x: Any) -> Any:
    def gen(n: Any) -> Iterator[Any]:
        yield n
        if n > 3:
            yield n * 10
        yield n * 0 + 5.0

    return max(gen(x))


class Tree:
    def __init__(self, value: Any, *children: Tree) -> None:
        self.value, self.children = value, children

    def __iter__(self) -> Iterator[Any]:
        yield self.value
        for child in self.children:
            yield from child


@on(*NUMBERS)
def yields_from_its_children(x: Any) -> Any:
    tree = Tree(x, Tree(x + 1), Tree(x * 2))
    total = x * 0
    for v in tree:
        if v > 4:
            total = total + v
    return total + sum(tree)


@on(*NUMBERS)
def any_that_is_yielded(x: Any) -> Any:
    def gen(n: Any) -> Iterator[Any]:
        for i in range(3):
            if n > i:
                yield n > 6

    return any(gen(x))


@on(*NUMBERS)
def an_expression_reads_what_a_call_writes(x: Any) -> Any:
    count = 0

    def bump() -> Any:
        nonlocal count
        count = count + 1
        return x

    return sum(bump() * count for _ in range(3) if x > 0), count
