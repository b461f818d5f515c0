"""Compiled modules are the modules: their parameters, buffers, modes and parts."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

import bcgraph
from pytorch.networks import Deep, EarlyExit, Gate

PYTHON = {"backend": "torch", "compiler": "python"}


def same(one: Any, other: Any) -> bool:
    """Whether results are equal, nearly."""
    if isinstance(one, tuple):
        return all(same(a, b) for a, b in zip(one, other, strict=True))
    return torch.allclose(torch.as_tensor(one), torch.as_tensor(other), atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, -1.0, 5.0])
def test_a_module_gives_what_it_gives_eagerly(scale: float) -> None:
    module = Deep().eval()
    compiled = bcgraph.compile(module, **PYTHON)
    assert same(compiled(torch.ones(2, 4) * scale), module(torch.ones(2, 4) * scale))
    assert same(compiled(-torch.ones(2, 4) * scale), module(-torch.ones(2, 4) * scale))
    assert compiled.cache_info().traces == 1


def test_a_decorated_forward() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(3, 3)

        @bcgraph.compile(**PYTHON)
        def forward(self, x: Any) -> Any:
            return self.inner(x) if x.sum() > 0 else x

    net = Net()
    x = torch.ones(2, 3)
    assert same(net(x), net.inner(x))
    assert same(net(-x), -x)


def test_training_changes_the_modules_own_parameters() -> None:
    """Steps of the compiled module are those of the eager one, from parameter to parameter."""
    eager = Deep()
    ours = copy.deepcopy(eager)
    compiled = bcgraph.compile(ours, **PYTHON)
    pairs = [(m, torch.optim.SGD(m.parameters(), 0.1)) for m in (eager, compiled)]
    for step in range(6):
        x = torch.randn(3, 4) + (step % 2 - 0.5)
        for module, optimizer in pairs:
            torch.manual_seed(step)  # the same dropout
            optimizer.zero_grad()
            module(x)[0].square().sum().backward()
            optimizer.step()
    for (name, one), (_, other) in zip(
        eager.state_dict().items(), ours.state_dict().items(), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-6), name
    assert list(compiled.state_dict()) == list(eager.state_dict())


def test_buffers_change_where_their_path_is_taken() -> None:
    module = Gate()
    compiled = bcgraph.compile(module, **PYTHON)
    for sign, count in ((1, 1.0), (-1, 1.0), (1, 2.0)):
        compiled(torch.ones(2, 4) * sign)
        assert module.taken.item() == count


def test_modes_and_replaced_parameters_are_seen() -> None:
    module = Deep()
    compiled = bcgraph.compile(module, **PYTHON)
    x = torch.ones(2, 4)
    compiled.train()
    assert not same(compiled(x)[0], compiled(x)[0])  # the dropout draws anew in each call
    compiled.eval()
    assert same(compiled(x), module(x))
    module.head.weight = nn.Parameter(torch.zeros(2, 4))
    assert same(compiled(x), module(x))
    with torch.no_grad():
        module.head.bias.fill_(7.0)
    assert same(compiled(x)[0], torch.full((2, 2), 7.0))


def test_settings_of_modules_are_seen() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.limit, self.name, self.calls = 0.5, "plain", 0

        def forward(self, x: Any) -> Any:
            if self.name == "plain" and x.sum() > self.limit:
                return x + self.limit
            return -x

    module = Net()
    compiled = bcgraph.compile(module, **PYTHON)
    x = torch.ones(2)
    for limit, name in ((0.5, "plain"), (1.5, "plain"), (2.5, "plain"), (0.5, "other")):
        module.limit, module.name = limit, name
        module.calls += 1  # which `forward` does not read
        assert same(compiled(x), module(x))
    assert compiled.cache_info().traces == 4
    module.calls += 1
    compiled(x)
    assert compiled.cache_info().traces == 4


def test_batch_norm_in_a_branch() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(3)

        def forward(self, x: Any) -> Any:
            return self.norm(x) if x.sum() > 0 else x

    eager = Net()
    ours = copy.deepcopy(eager)
    compiled = bcgraph.compile(ours, **PYTHON)
    for sign in (1, -1, 1):
        x = torch.randn(5, 3).abs() * sign
        assert same(compiled(x), eager(x))
        assert same(ours.norm.running_mean, eager.norm.running_mean)


def test_hooks_run() -> None:
    module = Gate()
    module.inner.register_forward_hook(lambda _, inputs, output: output * 2)
    compiled = bcgraph.compile(module, **PYTHON)
    assert same(compiled(torch.ones(2, 4)), module(torch.ones(2, 4)))


def test_an_early_exit_network_learns_digits() -> None:
    """Trained side by side, the compiled network ends with the eager one's weights and accuracy."""
    data = pytest.importorskip("sklearn.datasets").load_digits()
    inputs = torch.tensor(data.data / 16.0, dtype=torch.float32)
    labels = torch.tensor(data.target)
    eager = EarlyExit()
    ours = copy.deepcopy(eager)
    compiled = bcgraph.compile(ours, **PYTHON)
    accuracies = []
    for module, weights in ((eager, eager), (compiled, ours)):
        optimizer = torch.optim.Adam(weights.parameters(), 0.01)
        for epoch in range(3):
            for start in range(0, 1408, 64):
                rows = slice(start, start + 64)
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(module(inputs[rows]), labels[rows])
                loss.backward()
                optimizer.step()
        found = torch.cat([module(inputs[i : i + 64]) for i in range(1408, 1792, 64)])
        accuracies.append((found.argmax(-1) == labels[1408:1792]).float().mean().item())
    assert accuracies[0] > 0.85
    assert accuracies[1] == pytest.approx(accuracies[0], abs=0.01)
    assert compiled.cache_info().traces == 1


class Checkpointed(nn.Module):
    """Has a library call another of its methods, which decides."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def block(self, x: Any) -> Any:
        return torch.tanh(self.linear(x)) if x.sum() > 0 else self.linear(x)

    def forward(self, x: Any) -> Any:
        return torch.utils.checkpoint.checkpoint(self.block, x, use_reentrant=False)


def test_methods_that_a_library_calls() -> None:
    module = Checkpointed()
    compiled = bcgraph.compile(module, backend="torch")
    for x in (torch.ones(4, 3), -torch.ones(4, 3)):
        expected, found = module(x), compiled(x)
        torch.testing.assert_close(found, expected)
        gradients = [torch.autograd.grad(y.sum(), module.linear.weight) for y in (expected, found)]
        torch.testing.assert_close(*gradients)
