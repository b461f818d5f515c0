"""A process of two that train one network: `python -m pytorch.parallel_training RANK PORT FILE`."""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import distributed, nn

import bcgraph

STEPS, ROWS = 4, 8


class Net(nn.Module):
    """As deep as its input asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.Linear(4, 4), nn.Linear(4, 1)

    @bcgraph.compile(backend="torch", compiler="python")
    def forward(self, x: Any) -> Any:
        x = torch.tanh(self.layer(x))
        while x.norm() > 1.5:
            x = torch.tanh(self.layer(x)) * 0.5
        return self.head(x)


def trained(wrap: Any, mine: slice) -> dict[str, Any]:
    """The weights after a few steps on these rows of each batch."""
    torch.manual_seed(1)
    network = Net()
    module = wrap(network)
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    data = torch.Generator().manual_seed(3)
    for step in range(STEPS):
        rows = torch.randn(ROWS, 4, generator=data) * (1 + step)
        optimizer.zero_grad()
        parts = [rows[:4], rows[4:]]  # each is a batch of its own, also in one process
        losses = [module(part).square().mean() for part in parts[mine]]
        torch.stack(losses).mean().backward()
        optimizer.step()
    return network.state_dict()


def main(rank: int, port: int, file: str) -> None:
    """Trains as one of two processes; the first saves the weights."""
    torch.set_num_threads(1)
    where = f"tcp://127.0.0.1:{port}"
    distributed.init_process_group("gloo", init_method=where, rank=rank, world_size=2)
    weights = trained(nn.parallel.DistributedDataParallel, slice(rank, rank + 1))
    if rank == 0:
        torch.save(weights, file)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
