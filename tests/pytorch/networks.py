"""Small networks whose control flow depends on their data."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Gate(nn.Module):
    """One of two paths, by the input's sum; a buffer counts how often the first is taken."""

    def __init__(self, size: int = 4) -> None:
        super().__init__()
        self.inner = nn.Linear(size, size)
        self.register_buffer("taken", torch.zeros(()))

    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            self.taken += 1
            return self.inner(x).relu()
        return x - 1


class Halving(nn.Module):
    """Halves its input while it is large, and tells how often."""

    def forward(self, x: Any) -> Any:
        count = 0
        while x.norm() > 1.0:
            x = x * 0.5
            count += 1
        return x, count


class Rows(nn.Module):
    """Sums a layer's output over the rows whose sum is positive."""

    def __init__(self, size: int = 4) -> None:
        super().__init__()
        self.inner = nn.Linear(size, size)

    def forward(self, x: Any) -> Any:
        total = 0.0
        for row in x:
            if row.sum() > 0:
                total = total + self.inner(row).sum()
        return total


class Totals(nn.Module):
    """Adds up rows, and stops for good once the total is large."""

    def forward(self, x: Any) -> Any:
        total = x[0] * 0
        for row in x:
            total = total + row
            if total.sum() > 4:
                break
        return total


class Deep(nn.Module):
    """As many layers as the input asks for, a dropout, and gates in a container of PyTorch's."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = nn.Sequential(Gate(), Gate())
        self.layer = nn.Linear(4, 4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        x = self.gates(x)
        depth = 0
        while x.norm() > 1 and depth < 4:
            x = torch.tanh(self.layer(x)) * 0.8
            depth += 1
        return self.head(self.drop(x)), depth


class EarlyExit(nn.Module):
    """A classifier of digits that leaves after the first head if that is sure of all its rows."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(64, 32), nn.Linear(32, 10)
        self.second, self.last = nn.Linear(32, 32), nn.Linear(32, 10)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.first(x))
        found = self.head(x)
        if found.softmax(-1).amax(-1).mean() > 0.9:
            return found
        for _ in range(2):
            x = torch.relu(self.second(x)) + x
        return self.last(x)
