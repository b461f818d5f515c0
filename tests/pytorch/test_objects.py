"""Python objects that a call changes or gives are as eagerly, call by call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import bcgraph
from bcgraph.errors import BackendLimit, UnsupportedEffect

PYTHON = {"backend": "torch", "compiler": "python"}
VALUES = (1.0, 2.0, -3.0, 4.0, 0.5)


class Holder:
    """An object with numbers, a list and a set."""

    rate: Any = 1

    def __init__(self) -> None:
        self.n = 0
        self.last: Any = None
        self.flag = False
        self.names: list[Any] = []
        self.seen: set[Any] = set()


class Computed:
    """An object that computes an attribute when it is read first."""

    def __init__(self, x: Any) -> None:
        self.x = x

    @functools.cached_property
    def square(self) -> Any:
        return self.x * self.x


@dataclass
class Pair:
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Slotted:
    first: Any
    second: Any


TABLE = {"n": 0}
COUNT = 0


def counts(m: Any, x: Any) -> Any:
    m.n += 1
    return x + m.n


def counts_and_keeps(m: Any, x: Any) -> Any:
    m.n += 1
    if x > 0:
        m.last = x * 2
    return x


def appends(m: Any, x: Any) -> Any:
    m.names.append("c")
    m.seen.add(len(m.names))
    return x + len(m.names)


def toggles(m: Any, x: Any) -> Any:
    m.flag = not m.flag
    if hasattr(m, "there"):
        del m.there
    else:
        m.there = 1
    return x if m.flag else -x


def makes_and_counts(m: Any, x: Any) -> Any:
    if m.last is None:
        m.last = Holder()
    if x > 0:
        m.last.n += 1
    return x + m.last.n


def changes_a_class(m: Any, x: Any) -> Any:
    if x > 0:
        Holder.rate = Holder.rate * 2
    m.n = Holder.rate
    return x * Holder.rate


def changes_globals(m: Any, x: Any) -> Any:
    global COUNT
    COUNT += 1
    if x > 0:
        TABLE["n"] += 1
    m.n = TABLE["n"] + COUNT
    return x + TABLE["n"]


def made_anew(m: Any, x: Any) -> Any:
    m.names = [COUNT, {"a": [1]}]
    m.names[1]["a"].append(2)
    return m.names


def state(m: Any) -> Any:
    inner = vars(m.last) if isinstance(m.last, Holder) else m.last
    return {**vars(m), "last": inner}, dict(TABLE), COUNT, Holder.rate


@pytest.mark.parametrize(
    "fn",
    [
        counts,
        counts_and_keeps,
        appends,
        toggles,
        makes_and_counts,
        changes_a_class,
        changes_globals,
        made_anew,
    ],
)
@pytest.mark.parametrize("is_argument", [True, False])
def test_changed(fn: Callable[..., Any], is_argument: bool) -> None:
    def run(compile: Callable[..., Any]) -> list[Any]:
        global COUNT
        COUNT, TABLE["n"], Holder.rate = 0, 0, 1
        m = Holder()
        call = compile(fn) if is_argument else compile(lambda x: fn(m, x))
        found = []
        for value in VALUES:
            x = torch.tensor(value)
            found.append((call(m, x) if is_argument else call(x), repr(state(m))))
        return found

    assert run(lambda fn: bcgraph.compile(fn, **PYTHON)) == run(lambda fn: fn)


def test_a_module_that_counts_its_calls() -> None:
    class Counting(nn.Module):
        calls = 0

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return x * self.calls

    module = Counting()
    compiled = bcgraph.compile(module, **PYTHON)
    assert [compiled(torch.ones(())).item() for _ in range(3)] == [1, 2, 3]
    assert module.calls == 3


def test_a_list_that_is_an_argument() -> None:
    def appends(x: Any, found: Any) -> Any:
        found.append(1)
        return x

    with pytest.raises(UnsupportedEffect, match="argument"):
        bcgraph.compile(appends, **PYTHON)(torch.ones(2), [])


def pairs(x: Any) -> Any:
    return [Pair(x, 1), Pair("a", [x * 2])], Slotted(x, Pair(1, 2))


def namespace(x: Any) -> Any:
    return SimpleNamespace(a=x, b=[x * 2, 3])


def computed_in_a_branch(x: Any) -> Any:
    held = Computed(x)
    y = held.square if x.sum() > 0 else x
    return y + held.square


def sizes(x: Any) -> Any:
    found = x[x > 0]
    return found.shape[0], found.numel(), found.shape, Pair(found.shape[0] * 2, found)


def size_after_a_loop(x: Any) -> Any:
    found = x[:1]
    for value in x:
        if value > 0:
            found = torch.cat([found, value.reshape(1)])
    return found.shape[0]


@pytest.mark.parametrize("fn", [pairs, namespace, computed_in_a_branch, sizes, size_after_a_loop])
def test_given(fn: Callable[[Any], Any]) -> None:
    compiled = bcgraph.compile(fn, **PYTHON)
    for values in ([1.0, 2.0, -3.0], [1.0, -2.0, -3.0]):
        x = torch.tensor(values)
        assert repr(compiled(x)) == repr(fn(x))


def test_what_is_made_is_made_for_each_call() -> None:
    def makes(x: Any) -> Any:
        inner = Pair(x, None)
        inner.second = inner
        if x > 0:
            inner.first = x * 3
        return inner, Pair(inner, 1), [1]

    compiled = bcgraph.compile(makes, **PYTHON)
    one, two = compiled(torch.tensor(1.0)), compiled(torch.tensor(2.0))
    for (inner, outer, _), value in ((one, 3.0), (two, 6.0)):
        assert inner is inner.second is outer.first
        assert inner.first == value
    assert one[0] is not two[0]
    assert one[2] is not two[2]


def test_what_outlives_the_call_stays_itself() -> None:
    m = Holder()

    def keeps(x: Any) -> Any:
        m.last = Pair(x, 1)
        m.names.append(m.last)
        return m, m.names, m.last

    compiled = bcgraph.compile(keeps, **PYTHON)
    for _ in range(3):
        same, names, last = compiled(torch.ones(()))
        assert same is m
        assert names is m.names
        assert last is m.last is m.names[-1]
    assert len(m.names) == 3


def test_functions_that_are_made_inside() -> None:
    def makes(x: Any) -> Any:
        y = x * 2
        n = 0

        def inner(z: Any) -> Any:
            nonlocal n
            n += 1
            return y + z + n

        return inner, functools.partial(torch.add, y)

    compiled = bcgraph.compile(makes, **PYTHON)
    for value in (1.0, 2.0):
        inner, add = compiled(torch.tensor(value))
        assert [inner(1), inner(1), add(1)] == [value * 2 + 2, value * 2 + 3, value * 2 + 1]


def test_what_cannot_be_made_anew_is_refused() -> None:
    class Numbers(list[Any]):
        pass

    for make in (lambda x: Numbers([x * 2]), lambda x: iter([x]), lambda x: (v for v in [x])):
        with pytest.raises(BackendLimit, match="made anew"):
            bcgraph.compile(make, **PYTHON)(torch.ones(2))


def test_what_another_graph_changes_is_seen() -> None:
    """The graph that adds to `m.last` serves only while it is the one that was there."""

    def run(compile: Callable[..., Any]) -> list[Any]:
        m = Holder()
        call = compile(lambda x: makes_and_counts(m, x))
        found = []
        for value in VALUES:
            x = torch.tensor(value)
            found += [call(x).item(), call(x).item()]
            m.last = None
            found += [call(x).item(), m.last.n]
        return found

    assert run(lambda fn: bcgraph.compile(fn, **PYTHON)) == run(lambda fn: fn)
