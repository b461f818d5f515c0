"""Cheap branches take both ways and select: what comes out is what the way taken gives."""

from __future__ import annotations

import copy

import pytest
import torch
from bcgraph_torch._graphs import COND, operations
from bcgraph_torch._select import select_cheap
from torch.utils._pytree import tree_map

import bcgraph
from pytorch.short_programs import absolute, collatz, grown, squares_of_positives


def clipped(x):
    return x * 2 if x.sum() > 0 else x - 1


def quotient(a, b):
    if b != 0:
        return a // b, a % b
    return a, b


def halved(a):
    return a // 2 if a > 0 else -a % 3


def ratio(a, b):
    return a / b if b != 0 else a


def logarithm(x):
    return x.log() if x > 0 else x * 0


def element(x, i):
    return x[i] if i < len(x) else x[0] * 0


def dropped(x):
    return x * torch.rand(()) if x > 0 else x


def swapped(a, b):
    return (a, b) if a < b else (b, a)


def nested(x):
    if x > 0:
        y = x * 2 if x > 10 else x * 3
    else:
        y, x = x, x + 1
    return y, x


def tensors(*values):
    return tuple(map(torch.tensor, values))


SELECTED = [
    (absolute, [tensors(3.0), tensors(-3.0), tensors(float("nan"))]),
    (halved, [tensors(7), tensors(-7), tensors(0)]),
    (ratio, [tensors(1.0, 2.0), tensors(1.0, 0.0), tensors(0.0, 0.0)]),
    (logarithm, [tensors(2.0), tensors(-2.0), tensors(0.0)]),
    (swapped, [tensors(1, 2), tensors(2, 1)]),
    (nested, [tensors(20), tensors(2), tensors(-2)]),
    (clipped, [tensors([1.0, 2.0]), tensors([-1.0, -2.0])]),
    (collatz, [tensors(27), tensors(1)]),
    (grown, [tensors(1.0, 30.0), tensors(-1.0, 30.0), tensors(0.1, 30.0)]),
    (squares_of_positives, [tensors([[1.0, -2.0], [3.0, 0.0]])]),
]
KEPT = [
    (quotient, [tensors(7, 2), tensors(7, 0), tensors(-7, 2)]),
    (element, [tensors([1.0, 2.0], 1), tensors([1.0, 2.0], 5)]),
    (clipped, [(torch.ones(4000),), (-torch.ones(4000),)]),
]


def lowered(function, arguments):
    """A compiled function, and how many branches are left after selection."""
    compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
    with torch.no_grad():
        compiled(*arguments)
    graph = copy.deepcopy(compiled.graphs()[0])
    before = sum(node.target is COND for _, node in operations(graph))
    select_cheap(graph)
    graph.graph.lint()
    return compiled, before, sum(node.target is COND for _, node in operations(graph))


def agree(compiled, function, cases):
    for arguments in cases:
        with torch.no_grad():
            got, expected = compiled(*arguments), function(*arguments)
        expected = tree_map(torch.as_tensor, expected)  # a count is an int eagerly
        torch.testing.assert_close(got, expected, equal_nan=True)


@pytest.mark.parametrize(("function", "cases"), SELECTED, ids=lambda v: getattr(v, "__name__", ""))
def test_cheap_branches_are_selections(function, cases):
    compiled, before, left = lowered(function, cases[0])
    assert before > 0 and left == 0
    agree(compiled, function, cases)


@pytest.mark.parametrize(("function", "cases"), KEPT, ids=lambda v: getattr(v, "__name__", ""))
def test_branches_that_may_fail_or_cost_stay(function, cases):
    compiled, before, left = lowered(function, cases[0])
    assert before == left > 0
    agree(compiled, function, cases)


def test_random_branches_draw_only_where_taken():
    compiled = bcgraph.compile(dropped, backend="torch")
    with torch.no_grad():
        for start in (1.0, -1.0):
            torch.manual_seed(0)
            expected = dropped(torch.tensor(start)), torch.rand(())
            torch.manual_seed(0)
            assert (compiled(torch.tensor(start)), torch.rand(())) == expected
