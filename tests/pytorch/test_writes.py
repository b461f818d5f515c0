"""What a call leaves in objects that outlive it is there after each call, as eagerly."""

from __future__ import annotations

import copy
import logging
from typing import Any

import pytest
import torch
from torch import nn

import bcgraph

PYTHON = {"backend": "torch", "compiler": "python"}


class State(nn.Module):
    """A module with a buffer, numbers, tensors, and a list."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(2))
        self.count: Any = 0
        self.last: Any = None
        self.best: Any = None
        self.history: list[Any] = []
        self.other = Other()


class Other:
    """An object that is no module."""

    def __init__(self) -> None:
        self.seen: Any = torch.zeros(())
        self.named: dict[str, Any] = {"last": torch.zeros(2)}


class Assigned(State):
    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            self.total = self.total + x
        return self.total * 2


class InPlace(State):
    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            self.total += x
        return self.total * 2


class Counted(State):
    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            self.count += 1
        return x * self.count


class Kept(State):
    def forward(self, x: Any) -> Any:
        self.last = x.sum() if x.sum() > 0 else -x.sum()
        return x


class Optional(State):
    def forward(self, x: Any) -> Any:
        if x.sum() > 0 and (self.best is None or x.sum() > self.best):
            self.best = x.sum()
        return x


class Listed(State):
    def forward(self, x: Any) -> Any:
        self.history.append(x.sum())
        return x + len(self.history)


class Elsewhere(State):
    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            self.other.seen = self.other.seen + 1
            self.other.named["last"] = x * 2
        return x * self.other.seen


def state(module: State) -> Any:
    other = module.other
    return [module.total, module.count, module.last, module.best, module.history, other.seen,
            other.named]  # fmt: skip


@pytest.mark.parametrize("kind", [Assigned, InPlace, Counted, Kept, Optional, Listed, Elsewhere])
def test_after_each_call(kind: type[State]) -> None:
    eager = kind()
    ours = copy.deepcopy(eager)
    compiled = bcgraph.compile(ours, **PYTHON)
    for sign in (-1.0, 1.0, 1.0, -1.0, 2.0):
        x = torch.ones(2) * sign
        torch.testing.assert_close(compiled(x), eager(x))
        torch.testing.assert_close(state(ours), state(eager))
        assert type(ours.count) is type(eager.count)


def test_a_buffer_and_what_is_never_read_need_one_graph() -> None:
    for kind in (Assigned, InPlace, Kept):
        compiled = bcgraph.compile(kind(), **PYTHON)
        for sign in (1.0, -1.0, 1.0):
            compiled(torch.ones(2) * sign)
        assert compiled.cache_info().traces == 1


def test_a_graph_for_each_state_is_told(caplog: pytest.LogCaptureFixture) -> None:
    compiled = bcgraph.compile(Counted(), **PYTHON)
    with caplog.at_level(logging.WARNING, "bcgraph.recompiles"):
        for _ in range(12):
            compiled(torch.ones(2))
    (message,) = [record.getMessage() for record in caplog.records]
    assert "`.count` of a Counted" in message


def test_variables_of_enclosing_functions() -> None:
    total: Any = torch.zeros(())

    def adds(x: Any) -> Any:
        nonlocal total
        if x > 0:
            total = total + x
        return total * 2

    compiled = bcgraph.compile(adds, **PYTHON)
    results = [compiled(torch.tensor(value)).item() for value in (1.0, -1.0, 2.0)]
    assert results == [2.0, 2.0, 6.0]
    assert total.item() == 3.0


def test_a_failed_capture_leaves_nothing() -> None:
    module = State()

    def fails(x: Any) -> Any:
        module.last = x + 1
        module.history.append(x)
        return {1: x}[int(x[0])]

    with pytest.raises(bcgraph.errors.PythonValueNeeded):
        bcgraph.compile(fails, **PYTHON)(torch.ones(2))
    assert module.last is None
    assert module.history == []


def test_a_list_that_is_an_argument() -> None:
    def appends(x: Any, found: Any) -> Any:
        found.append(x * 2)
        return x

    with pytest.raises(bcgraph.errors.UnsupportedEffect, match="argument"):
        bcgraph.compile(appends, **PYTHON)(torch.ones(2), [])


def test_objects_made_inside_are_as_eagerly() -> None:
    def makes(x: Any) -> Any:
        other = Other()
        other.named["a"] = x
        if x.sum() > 0:
            other.seen = other.seen + 1
            other.named["a"] = -x
        return other.named, other.seen, [other.seen]

    compiled = bcgraph.compile(makes, **PYTHON)
    for sign in (1.0, -1.0):
        x = torch.ones(2) * sign
        torch.testing.assert_close(compiled(x), makes(x))
