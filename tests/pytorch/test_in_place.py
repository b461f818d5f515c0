"""Tensors that branches and loops write in place: as eagerly, and compiled by Inductor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from bcgraph_torch._graphs import is_operator, operations, placeholders, written
from bcgraph_torch._loops import own_results
from bcgraph_torch._lower import Obstacle, lowered
from bcgraph_torch._memory import storage
from bcgraph_torch._run import in_python
from torch import nn
from torch.utils._pytree import tree_leaves

import bcgraph
from bcgraph.errors import UnsupportedEffect
from pytorch import writing_programs as programs

REFUSED = {
    "pieces": "several tensors share",
    "chosen": "used later",
    "chosen_in_a_loop": "used later",
    "exchanged": "used later",
    "early_return": "used later",
    "into_a_result": "add.out",
    "of_several": "_foreach_add_",
}
COMPILED = [
    programs.total_under_another_name,
    programs.total_in_loops,
    programs.total_left_early,
    programs.argument_in_both_ways,
    programs.another_argument_in_a_loop,
    programs.what_the_test_reads,
    programs.nested_loops,
    programs.element_in_a_loop,
    programs.view_made_inside,
    programs.transposed_in_a_loop,
    programs.made_anew_in_a_loop,
    programs.narrow_keeps_its_dtype,
]


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def data() -> Iterator[list[torch.Tensor]]:
    for sign in (1.0, -1.0, 2.0):
        yield [torch.randn(2, 2), torch.randn(2, 2) * 0.2 + sign]


def check(function: Any, compiled: Any, given: list[Any]) -> None:
    """Results, and arguments after the call, are as eagerly."""
    others = [value.clone() for value in given]
    found, expected = compiled(*given), function(*others)
    for one, other in zip(
        tree_leaves((found, given)), tree_leaves((expected, others)), strict=True
    ):
        torch.testing.assert_close(torch.as_tensor(one), torch.as_tensor(other))


@pytest.mark.parametrize("function", programs.PROGRAMS, ids=lambda f: f.__name__)
def test_new_values_are_what_was_written(function: Any) -> None:
    """Run by Python, so that it is bcgraph's own rewriting that is tested."""
    compiled = bcgraph.compile(function, backend="torch", compiler="python")
    for given in data():
        check(function, compiled, given)
    (graph,) = compiled.graphs()
    reason = REFUSED.get(function.__name__)
    if reason is not None:
        with pytest.raises(Obstacle, match=reason):
            lowered(graph)
        return
    made = lowered(graph).graph
    run = in_python(made)
    for given in data():
        check(function, lambda *values: compiled.captures()[0].result(run(*values)), given)
    for part, node in operations(made):
        if part is not made and not is_operator(node):
            places = {storage(place) for place in placeholders(part)}
            assert not places & {storage(value) for value in written(node) if value in places}


@pytest.mark.parametrize("function", COMPILED, ids=lambda f: f.__name__)
def test_inductor_compiles_writes(function: Any) -> None:
    compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
    for given in data():
        check(function, compiled, given)
    assert compiled.cache_info().traces == 1


@pytest.mark.parametrize("name", REFUSED)
def test_python_drives_what_cannot_be_told(name: str) -> None:
    function = getattr(programs, name)
    compiled = bcgraph.compile(function, backend="torch")
    for given in data():
        check(function, compiled, given)
    assert REFUSED[name] in compiled.captures()[0].how


def test_one_name_and_another_are_one_tensor() -> None:
    for function in (programs.total_under_another_name, programs.twice_in_a_loop):
        for compiler in ("python", "inductor"):
            compiled = bcgraph.compile(function, backend="torch", compiler=compiler)
            one, other = compiled(torch.ones(2, 2), torch.ones(2, 2))
            one += 1
            assert torch.equal(one, other)


def test_what_an_integer_cannot_hold_fails_as_eagerly() -> None:
    def add(x: Any, y: Any) -> Any:
        if y > 0:
            x += y
        return x

    for fn in (add, bcgraph.compile(add, backend="torch")):
        with pytest.raises(RuntimeError, match="can't be cast|Promotion of int"):
            fn(torch.ones(2, dtype=torch.int32), torch.tensor(1.5))


@pytest.mark.parametrize(
    ("mine", "other"),
    [(torch.int32, torch.int64), (torch.float16, torch.float64), (torch.bool, torch.bool)],
)
def test_dtypes_stay(mine: torch.dtype, other: torch.dtype) -> None:
    def add(x: Any, y: Any) -> Any:
        total = x.clone()
        for v in y:
            if v > 0:
                total += v
        return total

    compiled = bcgraph.compile(add, backend="torch", compiler="inductor")
    check(add, compiled, [torch.zeros(3).to(mine), torch.arange(4).to(other)])


def test_autocast_is_as_eagerly() -> None:
    def multiply(x: Any, y: Any) -> Any:
        z = torch.zeros(2, 2, dtype=torch.bfloat16)
        if y.sum() > 0:
            z += x @ y
            z.exp_()
        return z

    with torch.autocast("cpu", torch.bfloat16):
        compiled = bcgraph.compile(multiply, backend="torch", compiler="inductor")
        for given in data():
            check(multiply, compiled, given)


class Counts(nn.Module):
    """Writes a buffer in a loop, and normalises in a branch."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(2))
        self.normal = nn.BatchNorm1d(2)

    def forward(self, x: Any) -> Any:
        for row in x:
            if row.sum() > 0:
                self.seen += row
        if x.sum() > 0:
            x = self.normal(x)
        return x + self.seen


def test_buffers_of_modules() -> None:
    ours, eager = Counts(), Counts()
    compiled = bcgraph.compile(ours, backend="torch", compiler="inductor")
    for _, x in data():
        check(eager, compiled, [x])
        for (name, one), other in zip(ours.named_buffers(), eager.buffers(), strict=True):
            torch.testing.assert_close(one, other, msg=name)
    assert eager.normal.num_batches_tracked > 0


def test_arguments_that_share_memory() -> None:
    def add(x: Any, y: Any) -> Any:
        if y.sum() > 0:
            x += 1
        return x + y

    def straight(x: Any, y: Any) -> Any:
        x += 1
        return x + y

    for function in (add, straight):
        compiled = bcgraph.compile(function, backend="torch")
        for start in (4, 0, None, 2, 0, None, 4):
            one, other = torch.arange(8.0), torch.arange(8.0)
            results = []
            for fn, x in ((compiled, one), (function, other)):
                y = x[start : start + 4] if start is not None else torch.ones(4)
                results.append(fn(x[:4], y))
            assert torch.equal(*results)
            assert torch.equal(one, other)
        assert "compiled by Inductor" in [captured.how for captured in compiled.captures()]


def test_a_loop_without_turns_gives_memory_of_its_own() -> None:
    """Inductor's C++ takes it for free."""

    def tripled(x: Any, n: Any) -> Any:
        a = x * 3
        z = a
        i = 0
        while i < n:
            z = z + 1
            i = i + 1
        return z * 2, a

    def turned(x: Any, n: Any) -> Any:
        z = x * 3
        i = 0
        while i < n:
            z = z + 1
            i = i + 1
        return (z.t() + 1) * torch.arange(2.0), z

    for function in (tripled, turned):
        compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
        for n in (1, 0, 2):
            check(function, compiled, [torch.randn(2, 2), torch.tensor(n)])


def test_inductor_is_left_as_it_was() -> None:
    from torch._inductor.codegen.cpp_wrapper_cpu import CppWrapperCpu

    before = CppWrapperCpu.codegen_while_loop
    with pytest.raises(ZeroDivisionError), own_results():
        _ = 1 / 0
    assert CppWrapperCpu.codegen_while_loop is before


def item_augmented(x, i):
    row = x[i]
    row += 1
    return x.sum()


def item_of_an_item(x, i):
    x[i][0] = 5.0
    return x.sum()


def items_of_a_loop(x, i):
    for row in x:
        if row.sum() > i:
            row *= 2
    return x.sum()


def item_by_method(x, i):
    x[i].mul_(3)
    return x.sum()


def item_as_out(x, i):
    torch.add(x[0], 1, out=x[i])
    return x.sum()


COPIES = [item_augmented, item_of_an_item, items_of_a_loop, item_by_method, item_as_out]


@pytest.mark.parametrize("function", COPIES, ids=lambda f: f.__name__)
def test_a_copy_of_an_element_is_not_written(function):
    with pytest.raises(UnsupportedEffect, match="an element at a place") as caught:
        bcgraph.compile(function, backend="torch")(torch.ones(99, 2), torch.tensor(1))
    assert caught.value.place is not None and caught.value.place.filename == __file__


def items_written_themselves(x, i):
    x[i] += 1
    x[i, 0] *= 3
    x[i] = x[i].clone().add_(1)
    return x, x[i]


def items_made_anew(x, i):
    total = x[i] * 1
    total += 1
    for row in x:
        row = row + 1
        row += 1
        total += row
    x[i] -= total
    return total, x


@pytest.mark.parametrize("function", [items_made_anew, items_written_themselves])
def test_elements_may_be_written_as_such(function):
    compiled = bcgraph.compile(function, backend="torch")
    for i in range(3):
        x = torch.arange(6.0).reshape(3, 2)
        given, expected = x.clone(), x.clone()
        got, wanted = compiled(given, torch.tensor(i)), function(expected, torch.tensor(i))
        assert all(torch.equal(a, b) for a, b in zip(got, wanted, strict=True))
        assert torch.equal(given, expected)
