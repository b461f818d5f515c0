"""Lists that loops make longer, and tensors that they join rows to."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_leaves

import bcgraph

BY_INDUCTOR = "compiled by Inductor"


def squares(x: Any) -> Any:
    found = []
    for v in x:
        found.append(v * v)
    return torch.stack(found)


def begun(x: Any) -> Any:
    found = [x[0] * 3, x[1] * 4]
    for v in x:
        found.append(v - 1)
    return torch.stack(found), len(found)


def joined(x: Any) -> Any:
    found = x[:1] * 2
    for v in x:
        found = torch.cat([found, v[None]])
    return found, found.sum(0)


def states(x: Any) -> Any:
    h = x[0] * 0
    found = []
    for v in x:
        h = torch.tanh(h + v)
        found.append(h)
    return torch.stack(found, -1)


def written_behind(x: Any) -> Any:
    found = []
    for v in x:
        found.append(v * 2)
    rows = torch.stack(found)
    rows += 1
    return rows


def twice(x: Any) -> Any:
    found = []
    for v in x:
        found.append(v)
        found.append(v * 2)
    return torch.stack(found)


def until(x: Any) -> Any:
    found = []
    i = 0
    while i < x.abs().sum():
        found.append(x[0] * i)
        i = i + 1
    return torch.stack(found), len(found)


def left(x: Any) -> Any:
    found = []
    for v in x:
        found.append(v)
        if torch.stack(found).sum() > 1:
            break
    return torch.stack(found)


def chosen(x: Any) -> Any:
    found = [x[0] * 0]
    for v in x:
        if v.sum() > 0:
            found.append(v)
    return torch.stack(found)


KNOWN = [squares, begun, joined, states, written_behind]
PROGRAMS = [*KNOWN, twice, until, left, chosen]


def check(found: Any, expected: Any) -> None:
    for one, other in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        torch.testing.assert_close(torch.as_tensor(one), torch.as_tensor(other))


@pytest.mark.parametrize("shape", [(20,), (20, 3)], ids=str)
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_python_carries_lists(function: Any, shape: Any) -> None:
    compiled = bcgraph.compile(function, backend="torch", compiler="python")
    for _ in range(2):
        x = torch.randn(shape)
        one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
        found, expected = compiled(one), function(other)
        check(found, expected)
        for result in (found, expected):
            torch.stack(
                [v.sum() for v in tree_leaves(result) if torch.is_tensor(v)]
            ).sum().backward()
        torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize("function", KNOWN, ids=lambda f: f.__name__)
def test_inductor_makes_them_as_long_as_they_get(function: Any) -> None:
    with torch.no_grad():
        compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
        for _ in range(2):
            x = torch.randn(20, 3)
            check(compiled(x), function(x))


def test_what_is_large_or_of_unknown_length_is_left_to_python() -> None:
    with torch.no_grad():
        for function, x in ((squares, torch.randn(20, 1 << 15)), (until, torch.randn(20))):
            compiled = bcgraph.compile(function, backend="torch")
            check(compiled(x), function(x))
            assert "sizes" in compiled.captures()[0].how


def test_rows_that_are_written_later_stay() -> None:
    def writes(x: Any) -> Any:
        found = x[:1]
        h = x[0] * 0
        for v in x:
            h += v
            found = torch.cat([found, h[None]])
        return found

    for compiler in ("python", "inductor"):
        with torch.no_grad():
            x = torch.randn(20, 3)
            check(bcgraph.compile(writes, backend="torch", compiler=compiler)(x), writes(x))
