"""Training in two processes gives the weights that one process gives."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import torch

from pytorch.parallel_training import trained

TESTS = Path(__file__).parents[1]


def test_distributed_data_parallel(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = tmp_path / "weights.pt"
    command = [sys.executable, "-W", "ignore", "-m", "pytorch.parallel_training"]
    workers = [
        subprocess.Popen([*command, str(rank), str(port), str(file)], cwd=TESTS)
        for rank in range(2)
    ]
    assert [worker.wait(timeout=180) for worker in workers] == [0, 0]
    alone = trained(lambda module: module, slice(0, 2))
    together = torch.load(file)
    for name, weight in alone.items():
        assert torch.allclose(weight, together[name], atol=1e-6), name
