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


FEW_THREADS = """
import tensorflow as tf, bcgraph
tf.config.threading.set_inter_op_parallelism_threads(%d)
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

def first(dataset):
    for x in dataset:
        if strategy.reduce("sum", x, axis=0) > 0:
            break
    return strategy.reduce("sum", x, axis=0)

dataset = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
bcgraph.compile(first, backend="tensorflow").get_concrete_function(dataset)
"""


@pytest.mark.parametrize(("threads", "told"), [(2, True), (3, False)])
def test_too_few_threads_for_the_devices_are_told_of(threads: int, told: bool) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-W",
            "default::RuntimeWarning",
            "-c",
            FEW_THREADS % threads,
        ],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert ("set_inter_op_parallelism_threads(3)" in done.stderr) == told


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
