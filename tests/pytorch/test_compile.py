"""Caching, compilation by Inductor, modes, threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from programs.tensor_programs import difference, program

import bcgraph
from pytorch.short_programs import collatz, grown, squares_of_positives

PYTHON = {"backend": "torch", "compiler": "python"}


def either(x: Any) -> Any:
    return x.sin() if x.sum() > 0 else -x


def bounded(x: Any) -> Any:
    total = x * 0
    for i in range(3):
        total = total + x * i
        if total.sum() > 2:
            break
    return total


PROGRAMS = (
    (collatz, [(torch.tensor(27),), (torch.tensor(1),)]),
    (squares_of_positives, [(torch.tensor([[1.0, -2], [3, 4]]),), (-torch.ones(2, 2),)]),
    (
        grown,
        [
            (torch.tensor(1.0), torch.tensor(5.0)),
            (torch.tensor(-1.0), torch.tensor(2.0)),
            (torch.tensor(0.001), torch.tensor(5.0)),
        ],
    ),
    (either, [(torch.ones(3),), (-torch.ones(3),)]),
    (bounded, [(torch.ones(3),), (-torch.ones(3),)]),
)


@pytest.mark.parametrize(("function", "calls"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_inductor_compiles_control_flow(function: Any, calls: list[Any]) -> None:
    """One graph, compiled whole; and a second call runs no Python of the program."""
    compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
    with torch.no_grad():
        for arguments in calls:
            got = torch.as_tensor(compiled(*arguments))
            expected = torch.as_tensor(function(*arguments))
            assert torch.allclose(got.double(), expected.double()), arguments
    assert compiled.cache_info().traces == 1
    code = compiled.graphs()[0].print_readable(print_output=False)
    assert "higher_order.cond(" in code or "higher_order.while_loop(" in code
    assert [captured.how for captured in compiled.captures()] == ["compiled by Inductor"]


def test_what_inductor_cannot_take_is_told() -> None:
    def prints(x: Any) -> Any:
        if x.sum() > 0:
            print(x)
        return x

    def draws(x: Any) -> Any:
        return x + torch.rand(3) if x.sum() > 0 else x

    def writes(x: Any) -> Any:
        if x.sum() > 0:
            torch.mul(x, 2, out=x)
        return x

    for function, reason in ((prints, "prints"), (draws, "random"), (writes, "writes")):
        with torch.no_grad():
            compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
            with pytest.raises(bcgraph.errors.BackendLimit, match=reason):
                compiled(torch.ones(3))
            auto = bcgraph.compile(function, backend="torch")
            auto(torch.ones(3))
        assert reason in auto.captures()[0].how


def test_writing_through_a_value_that_a_branch_hands_on() -> None:
    """What a branch returns is the very tensor, so that writing it writes the argument."""

    def write(x: Any, y: Any) -> Any:
        z = x if x.sum() > 0 else y
        z.add_(10)
        return x + 0

    compiled = bcgraph.compile(write, backend="torch")
    for sign in (1.0, -1.0):
        given = [torch.ones(2) * sign, torch.zeros(2)]
        expected = [tensor.clone() for tensor in given]
        with torch.no_grad():
            assert torch.equal(compiled(*given), write(*expected))
        assert all(map(torch.equal, given, expected))


def test_a_graph_for_each_kind_of_arguments() -> None:
    compiled = bcgraph.compile(lambda x, k=1: x * k if x.sum() > 0 else x, **PYTHON)
    x = torch.ones(3)
    for arguments, traces in (
        ((x,), 1),
        ((x + 1,), 1),
        ((x, 2), 2),
        ((x, 3), 3),
        ((x, 2), 3),
        ((torch.ones(4),), 4),
        ((x.double(),), 5),
        ((x.clone().requires_grad_(),), 6),
        ((torch.ones(3, 3).t()[0],), 7),
    ):
        result = compiled(*arguments)
        assert torch.equal(result, arguments[0] * (arguments[1:] or (1,))[0])
        assert compiled.cache_info().traces == traces, arguments
    with torch.no_grad():
        compiled(x)
    assert compiled.cache_info().traces == 8


def test_why_a_function_is_captured_again(caplog: pytest.LogCaptureFixture) -> None:
    def scale(x: Any, factor: float) -> Any:
        return x * factor if x.sum() > 0 else x

    compiled = bcgraph.compile(scale, **PYTHON)
    with caplog.at_level("INFO", "bcgraph.recompiles"):
        compiled(torch.ones(3), 2.0)
        compiled(torch.ones(4), 2.0)
        compiled(torch.ones(4), 3.0)
        with torch.no_grad():
            compiled(torch.ones(4), 3.0)
    told = [record.message for record in caplog.records]
    assert len(told) == 3
    assert "`x`" in told[0] and "(3,)" in told[0] and "(4,)" in told[0]  # noqa: PT018
    assert "`factor`" in told[1] and "2.0" in told[1] and "3.0" in told[1]  # noqa: PT018
    assert "gradients" in told[2]


def test_structures_and_aliases() -> None:
    def pick(pair: Any, named: Any) -> Any:
        first, second = pair
        if first.sum() > 0:
            first = first + named["y"]
        second.add_(1)
        return {"a": first, "b": (second, None, "text")}

    compiled = bcgraph.compile(pick, **PYTHON)
    x, y = torch.ones(2), torch.ones(2)
    one = compiled((x.clone(), y.clone()), {"y": y})
    other = pick((x.clone(), y.clone()), {"y": y})
    assert torch.equal(one["a"], other["a"])
    assert one["b"][1:] == (None, "text")
    mine, yours = torch.ones(2), torch.ones(2)
    got, expected = compiled((mine, mine), {"y": y}), pick((yours, yours), {"y": y})
    assert torch.equal(got["a"], expected["a"])
    assert torch.equal(mine, yours)
    assert compiled.cache_info().traces == 2  # aliases are another kind of arguments


def test_random_numbers_are_drawn_anew() -> None:
    def draw(x: Any) -> Any:
        values = []
        for _ in x:
            values.append(torch.rand(()))
        return torch.stack(values)

    compiled = bcgraph.compile(draw, **PYTHON)
    torch.manual_seed(5)
    got = [compiled(torch.ones(4)) for _ in range(2)]
    torch.manual_seed(5)
    expected = [draw(torch.ones(4)) for _ in range(2)]
    assert all(map(torch.equal, got, expected))
    assert got[0].unique().numel() == 4


def test_modes_inside_a_function() -> None:
    def frozen(x: Any) -> Any:
        with torch.no_grad():
            y = x * 2 if x.sum() > 0 else x
        return y * x

    compiled = bcgraph.compile(frozen, **PYTHON)
    x = torch.ones(3, requires_grad=True)
    (gradient,) = torch.autograd.grad(compiled(x).sum(), x)
    (expected,) = torch.autograd.grad(frozen(x).sum(), x)
    assert torch.equal(gradient, expected)

    def cast(x: Any, w: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return x @ w if x.sum() > 0 else (x - 1) @ w

    compiled = bcgraph.compile(cast, **PYTHON)
    for sign in (1, -1):
        x = torch.ones(2, 2) * sign
        assert compiled(x, x).dtype == cast(x, x).dtype == torch.bfloat16
    with torch.inference_mode():
        assert torch.equal(compiled(x, x), cast(x, x))


def test_gradients_of_functions() -> None:
    """`torch.func.grad` runs the program; `vmap` cannot, and says so."""
    compiled = bcgraph.compile(lambda x: x.sin() if x > 0 else x * 2, **PYTHON)
    x = torch.tensor(2.0)
    assert torch.allclose(torch.func.grad(compiled)(x), x.cos())
    with pytest.raises(RuntimeError, match="data-dependent"):
        torch.vmap(compiled)(torch.tensor([1.0, -1.0]))


def test_threads_share_a_compiled_function() -> None:
    compiled = bcgraph.compile(grown, **PYTHON)
    wrong: list[Any] = []

    def work(start: float) -> None:
        for i in range(20):
            x = torch.full((1 + i % 3,), start + i)[0]
            limit = torch.tensor(40.0)
            if not torch.equal(torch.as_tensor(compiled(x, limit)), grown(x, limit)):
                wrong.append((start, i))

    threads = [threading.Thread(target=work, args=(float(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_python_values_of_tensors() -> None:
    """`item`, `int`, `float`, `bool`, `len` of a tensor, as eagerly."""

    def uses(x: Any, n: Any) -> Any:
        k = n.item()
        total = x * k
        for i in range(int(n)):
            total = total + x[i % len(x)] * float(n)
        return total, bool(n > 2), k * 2

    compiled = bcgraph.compile(uses, **PYTHON)
    for n in (0, 2, 5):
        got = compiled(torch.arange(3.0), torch.tensor(n))
        expected = uses(torch.arange(3.0), torch.tensor(n))
        assert torch.equal(got[0], expected[0])
        assert (bool(got[1]), int(got[2])) == (expected[1], expected[2])


def test_errors_are_the_users_own() -> None:
    def checked(x: Any) -> Any:
        if x.sum() < 0:
            raise ValueError("negative")
        return x

    compiled = bcgraph.compile(checked, backend="torch")
    assert torch.equal(compiled(torch.ones(2)), torch.ones(2))
    with pytest.raises(ValueError, match="negative"):
        compiled(-torch.ones(2))
    with pytest.raises(bcgraph.errors.BcgraphError) as caught:
        bcgraph.compile(lambda x: x if x > 0 else -x, backend="torch")(torch.ones(3))
    assert caught.value.code == "BCG104"
    for options in ({"optimise": True}, {"compiler": "gcc"}):
        with pytest.raises(bcgraph.errors.UnknownOption, match="no option"):
            bcgraph.compile(checked, backend="torch", **options)


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed: int) -> None:
    """Values and gradients are those of eager execution."""
    assert difference(program(seed), compiler="python") == ""


def test_a_seed_is_set_in_each_call() -> None:
    def program(x: Any) -> Any:
        if x.sum() > 0:
            torch.manual_seed(3)
        else:
            torch.manual_seed(4)
        return x + torch.rand(3)

    compiled = bcgraph.compile(program, backend="torch")
    for x in (torch.ones(3), -torch.ones(3), torch.ones(3), -torch.ones(3)):
        assert compiled(x).equal(program(x))
