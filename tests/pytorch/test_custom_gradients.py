"""Gradients that are the user's own: autograd functions, hooks, inference mode, as eagerly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch

import bcgraph
from bcgraph.errors import BackendLimit

SCALE = torch.nn.Parameter(torch.tensor([1.0, 2.0]))


class Rounded(torch.autograd.Function):
    """Straight through, seven times as steep."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return torch.round(x)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient * 7


class Squared(torch.autograd.Function):
    """Of a context that is set up apart; its gradient is far from the derivative."""

    @staticmethod
    def forward(x: Any, factor: float) -> Any:
        return x * x * factor

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(inputs[0])
        ctx.factor = inputs[1]

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        (x,) = ctx.saved_tensors
        return gradient * x * ctx.factor * 100, None


class Several(torch.autograd.Function):
    """Gives two tensors and a text."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.save_for_backward(x, y)
        ctx.set_materialize_grads(False)
        return x + y, "text", x * y

    @staticmethod
    def backward(ctx: Any, one: Any, _: Any, other: Any) -> Any:
        x, y = ctx.saved_tensors
        made = torch.zeros_like(x)
        if one is not None:
            made = made + one * 11
        if other is not None:
            made = made + other * y * 13
        return made, made * 2


class Decides(torch.autograd.Function):
    """A tensor decides in both directions."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        if x.sum() > 0:
            return x * 2
        return x * 3

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        (x,) = ctx.saved_tensors
        return gradient * 10 if x.sum() > 0 else gradient


class Tripled(torch.autograd.Function):
    """In place."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient * 50


def straight(x: Any) -> Any:
    return Rounded.apply(x).sum()


def around_a_branch(x: Any) -> Any:
    y = Rounded.apply(x)
    if y.sum() > 1:
        y = y * x
    return y.sum()


def in_each_arm(x: Any) -> Any:
    y = Rounded.apply(x) if x.sum() > 0 else Squared.apply(x, 2.0)
    return y.sum()


def in_a_loop(x: Any) -> Any:
    i, y = torch.tensor(0), x
    while i < 3:
        y = Rounded.apply(y) + x
        i = i + 1
    return y.sum()


def left_early(x: Any) -> Any:
    y = x
    for _ in range(3):
        if y.sum() > 4:
            break
        y = Squared.apply(y, 1.5)
    return y.sum()


def of_a_parameter(x: Any) -> Any:
    y = Squared.apply(SCALE, 3.0) * x
    if y.sum() > 2:
        y = Squared.apply(y, 2.0)
    return y.sum()


def several(x: Any) -> Any:
    total, text, product = Several.apply(x, x * 2)
    assert text == "text"
    if total.sum() > 0:
        return total.sum()
    return product.sum()


def decides(x: Any) -> Any:
    y = Decides.apply(x)
    if y.sum() > 3:
        y = y + 1
    return y.sum()


def written_in_place(x: Any) -> Any:
    y = x * 1
    Tripled.apply(y)
    if y.sum() > 0:
        y = y + 1
    return y.sum()


def taken_inside(x: Any) -> Any:
    (inner,) = torch.autograd.grad(Squared.apply(x, 2.0).sum(), x, create_graph=True)
    return (inner * x).sum() if inner.sum() > 0 else inner.sum()


def hooked(x: Any) -> Any:
    y = x * 2
    y.register_hook(lambda gradient: gradient * 5)
    if y.sum() > 3:
        y = y + 1
    return y.sum()


def hooked_in_an_arm(x: Any) -> Any:
    if x.sum() > 0:
        y = x.clone()
        y.register_hook(lambda gradient: gradient * 5)
    else:
        y = x * 2
    return y.sum()


def without_gradients(x: Any) -> Any:
    with torch.inference_mode():
        z = x * 2 if x.sum() > 0 else x * 3
    with torch.no_grad():
        w = z + 1
    return (z.clone() * w.clone() * x).sum()


@torch.inference_mode()
def decorated(x: Any) -> Any:
    return x * 3 if x.sum() > 0 else x * 4


def calls_decorated(x: Any) -> Any:
    return (decorated(x).clone() * x).sum()


PROGRAMS = [
    straight, around_a_branch, in_each_arm, in_a_loop, left_early, of_a_parameter, several, decides,
    written_in_place, taken_inside, hooked, hooked_in_an_arm, without_gradients, calls_decorated,
]  # fmt: skip


def value_and_gradients(fn: Callable[[Any], Any], values: list[float]) -> list[Any]:
    SCALE.grad = None
    x = torch.tensor(values, requires_grad=True)
    y = fn(x)
    y.backward()
    return [y, x.grad, torch.zeros(2) if SCALE.grad is None else SCALE.grad]


@pytest.mark.parametrize("fn", PROGRAMS, ids=lambda fn: fn.__name__)
def test_as_eagerly(fn: Callable[[Any], Any]) -> None:
    compiled = bcgraph.compile(fn, backend="torch")
    for values in ([1.3, 2.2], [-1.0, 0.5], [0.1, 0.2]):
        expected = value_and_gradients(fn, values)
        torch.testing.assert_close(value_and_gradients(compiled, values), expected)
    assert compiled.cache_info().traces == 1


@pytest.mark.parametrize("fn", [in_each_arm, decides, written_in_place, without_gradients])
def test_without_gradients(fn: Callable[[Any], Any]) -> None:
    compiled = bcgraph.compile(fn, backend="torch")
    for values in ([1.3, 2.2], [-1.0, 0.5]):
        with torch.no_grad():
            x = torch.tensor(values)
            torch.testing.assert_close(compiled(x.clone()), fn(x.clone()))


def test_a_gradient_that_is_retained() -> None:
    def program(x: Any) -> Any:
        y = x * 2
        y.retain_grad()
        return y, (y * 3).sum() if y.sum() > 0 else y.sum()

    y, loss = bcgraph.compile(program, backend="torch")(torch.ones(2, requires_grad=True))
    loss.backward()
    torch.testing.assert_close(y.grad, torch.full((2,), 3.0))


def with_a_traced_value(x: Any) -> Any:
    y, scale = x * 2, x.detach() + 1
    y.register_hook(lambda gradient: gradient * scale)
    return y.sum()


def with_a_parameter(x: Any) -> Any:
    SCALE.register_hook(lambda gradient: gradient * 2)
    return (SCALE * x).sum()


def removed(x: Any) -> Any:
    y = x * 2
    y.register_hook(lambda gradient: gradient * 5).remove()
    return y.sum()


def with_a_number_of_the_graph(x: Any) -> Any:
    return Squared.apply(x, x.sum().item()).sum()


LAYER = torch.nn.Linear(2, 2)
LAYER.register_full_backward_hook(lambda module, inward, outward: (inward[0] * 3,))


def with_a_hooked_module(x: Any) -> Any:
    return LAYER(x).sum()


REFUSED = [
    with_a_traced_value, with_a_parameter, removed, with_a_number_of_the_graph,
    with_a_hooked_module,
]  # fmt: skip


@pytest.mark.parametrize("fn", REFUSED, ids=lambda fn: fn.__name__)
def test_refused(fn: Callable[[Any], Any]) -> None:
    with pytest.raises(BackendLimit) as caught:
        bcgraph.compile(fn, backend="torch")(torch.ones(2, requires_grad=True))
    assert caught.value.place is not None and caught.value.place.filename == __file__
    assert caught.value.help


def test_other_threads_are_left_alone() -> None:
    """They call functions of their own while a graph is captured in this one."""
    stop, wrong = threading.Event(), []

    def train() -> None:
        while not stop.is_set():
            with torch.inference_mode():
                inference = (torch.ones(1) * 2).is_inference()
            x = torch.ones(2, requires_grad=True)
            Rounded.apply(x).sum().backward()
            if not inference or x.grad is None or x.grad.tolist() != [7.0, 7.0]:
                wrong.append((inference, x.grad))

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(5):
            compiled = bcgraph.compile(around_a_branch, backend="torch")
            value_and_gradients(compiled, [1.3, 2.2])
    finally:
        stop.set()
        thread.join()
    assert not wrong
    assert "apply" in vars(torch.autograd.Function)
