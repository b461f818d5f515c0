"""A step with a tensor's branch, on two replicas: the weights that one replica gives."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflow_users.distributed import alone

pytest.importorskip("sklearn.datasets")
TESTS = Path(__file__).parents[1]
LIMIT = 1.0  # reached before the epoch ends


def start(kind: str, file: Path, **settings: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", "tensorflow_users.distributed"]
    return subprocess.Popen(
        [*command, kind, str(file), str(LIMIT)],
        cwd=TESTS,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **settings},
        stderr=subprocess.PIPE,
        text=True,
    )


def check(processes: list[Any], file: Path) -> None:
    try:
        told = [process.communicate(timeout=120)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * len(processes), told[0][-3000:]
    expected, steps = alone(LIMIT)
    assert 2 < steps < 10
    found = np.load(file)
    assert int(found["steps"]) == steps
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5)


def test_two_devices(tmp_path: Path) -> None:
    check([start("mirrored", tmp_path / "weights.npz")], tmp_path / "weights.npz")


def test_two_processes(tmp_path: Path) -> None:
    probes = [socket.socket() for _ in range(2)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    workers = [f"127.0.0.1:{probe.getsockname()[1]}" for probe in probes]
    for probe in probes:
        probe.close()
    processes = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        settings = json.dumps({"cluster": {"worker": workers}, "task": task})
        processes.append(start("workers", tmp_path / "weights.npz", TF_CONFIG=settings))
    check(processes, tmp_path / "weights.npz")
