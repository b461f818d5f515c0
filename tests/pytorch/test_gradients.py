"""Programs that take gradients and step optimizers themselves: as eagerly, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import bcgraph
from bcgraph.errors import BackendLimit

PYTHON = {"backend": "torch", "compiler": "python"}


def own_leaf(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    (x * x).backward()
    return x.grad


def own_leaves(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    torch.autograd.backward([x * x, x * 3])
    return x.grad


def gradient(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    return torch.autograd.grad(x * x, x)[0]


def gradient_after_a_branch(x: Any) -> Any:
    y = x * 2 if x > 1 else x * 3
    y = y.detach().requires_grad_(True)
    return torch.autograd.grad(y * y, y)[0]


@pytest.mark.parametrize("fn", [own_leaf, own_leaves, gradient, gradient_after_a_branch])
def test_gradients_of_straight_code(fn: Callable[[Any], Any]) -> None:
    compiled = bcgraph.compile(fn, **PYTHON)
    for value in (3.0, 0.5):
        found = compiled(torch.tensor(value))
        torch.testing.assert_close(found, fn(torch.tensor(value)))
        assert not found.requires_grad


def test_a_penalty_of_gradients() -> None:
    def penalty(x: Any) -> Any:
        y = (x * x).sum()
        (found,) = torch.autograd.grad(y, x, create_graph=True)
        return y + (found**2).sum()

    ours, eager = (torch.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    bcgraph.compile(penalty, **PYTHON)(ours).backward()
    penalty(eager).backward()
    torch.testing.assert_close(ours.grad, eager.grad)


def branch(x: Any) -> Any:
    return x * x if x > 1 else x * 3


def through_a_branch(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    branch(x).backward()
    return x.grad


def through_a_branch_and_beside(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    return torch.autograd.grad(branch(x) + x, x)


def through_a_branch_by_function(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    torch.autograd.backward(branch(x), inputs=[x])
    return x.grad


def in_a_branch(x: Any) -> Any:
    x = x.clone().requires_grad_(True)
    y = x * x
    if y > 1:
        y.backward()
    return x.grad


def of_a_transform(x: Any) -> Any:
    return torch.func.grad(branch)(x)


@pytest.mark.parametrize(
    "fn",
    [
        through_a_branch,
        through_a_branch_and_beside,
        through_a_branch_by_function,
        in_a_branch,
        of_a_transform,
    ],
)
def test_refused(fn: Callable[[Any], Any]) -> None:
    with pytest.raises(BackendLimit) as error:
        bcgraph.compile(fn, **PYTHON)(torch.tensor(3.0))
    assert error.value.place is not None
    assert error.value.help


def test_transforms_of_a_compiled_function() -> None:
    found = torch.func.grad(bcgraph.compile(branch, **PYTHON))(torch.tensor(3.0))
    assert found == 6.0


def test_gradients_of_arguments() -> None:
    def loss(w: Any, x: Any) -> Any:
        (w * x).sum().backward()
        return x

    def reads(w: Any, x: Any) -> Any:
        return w.grad * x

    w = torch.ones(2, requires_grad=True)
    w.grad = torch.ones(2)
    for fn in (loss, reads):
        with pytest.raises(BackendLimit, match="argument"):
            bcgraph.compile(fn, **PYTHON)(w, torch.ones(2))


def trained(
    compile: Callable[..., Any], kind: Any = torch.optim.SGD, warm: bool = False, **options: Any
) -> Any:
    """Losses, gradients and the weight of a few steps; the learning rate changes between them."""
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = kind(model.parameters(), lr=0.1, **options)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    if warm:
        step(torch.tensor([[0.5, 1.0]]), torch.ones(1, 1))
    train = compile(step)
    found = []
    for value in (1.0, 2.0, 3.0, 4.0):
        found.append(train(torch.tensor([[value, 1.0]]), torch.ones(1, 1)).detach())
        assert model.weight.grad is not None
        found.append(model.weight.grad.clone())
        assert not model.weight.grad.requires_grad
        optimizer.param_groups[0]["lr"] *= 0.5
    return found, model.weight.detach()


def ours(fn: Any) -> Any:
    return bcgraph.compile(fn, **PYTHON)


@pytest.mark.parametrize(
    "options",
    [{}, {"momentum": 0.9, "warm": True}, {"kind": torch.optim.Adam, "warm": True}],
    ids=["sgd", "momentum", "adam"],
)
def test_steps(options: Any) -> None:
    torch.testing.assert_close(trained(ours, **options), trained(lambda fn: fn, **options))


@pytest.mark.parametrize("options", [{"momentum": 0.9}, {"kind": torch.optim.Adam}])
def test_the_state_of_an_optimizer_is_not_made_in_a_graph(options: Any) -> None:
    with pytest.raises(BackendLimit, match="state"):
        trained(ours, **options)


def test_gradients_that_add_up_over_calls_are_refused() -> None:
    weight = torch.tensor(2.0, requires_grad=True)

    def adds(x: Any) -> Any:
        (weight * x).backward()
        return x

    compiled = bcgraph.compile(adds, **PYTHON)
    compiled(torch.tensor(3.0))
    assert weight.grad == 3.0
    with pytest.raises(BackendLimit, match="already"):
        compiled(torch.tensor(3.0))
    assert weight.grad == 3.0
