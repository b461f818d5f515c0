"""The examples run as they are told to, and say what they found."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LEARNED = re.compile(r"accuracy.* (\d\.\d+)")


def output(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / f"{name}.py"), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def learned(told: str) -> float:
    found = LEARNED.search(told.splitlines()[-1])
    assert found is not None
    return float(found[1])


def test_without_source() -> None:
    assert "collatz(6171): 261" in output("without_source")


def test_training_loop() -> None:
    pytest.importorskip("sklearn")
    told = output("training_loop")
    assert told.count("  step 10, loss ") == 5
    assert learned(told) > 0.8


def test_training_in_the_graph(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    picture = tmp_path / "curves.png"
    plots = importlib.util.find_spec("matplotlib") is not None
    told = output("training_in_the_graph", *([str(picture)] if plots else []))
    assert [line.split(":")[0] for line in told.splitlines()[:4]] == [
        "step 0", "step 50", "step 100", "step 150",
    ]  # fmt: skip
    assert float(told.split("accuracy ")[-1].split()[0]) > 0.9
    if plots:
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_keras_models() -> None:
    pytest.importorskip("sklearn")
    told = output("keras_models")
    assert "[261 111]" in told
    assert learned(told) > 0.6


def test_export(tmp_path: Path) -> None:
    assert "SavedModel: [162.0, 2.0]" in output("export", str(tmp_path))
    assert (tmp_path / "square_root.tflite").stat().st_size > 0


def test_datasets() -> None:
    flowers = pytest.importorskip("sklearn.datasets").load_iris()
    petals, kinds = flowers.data[:, 2], flowers.target
    first = int((petals > 6).argmax())
    told = output("datasets").splitlines()
    assert told[0].endswith(f": {first} {flowers.target_names[kinds[first]]}")
    assert told[1].endswith(str([f"{petals[kinds == kind].mean():.3f}" for kind in range(3)]))
    assert told[2:] == ["longest row: 3", "running sums: [1.0, 3.0, 6.0]"]


def test_variables() -> None:
    hits, again = output("variables").splitlines()
    assert hits.startswith("hits: 100 tries for each: ") and 4 < float(hits.split()[-1]) < 9
    assert again.endswith(" 1")


def test_distributed() -> None:
    pytest.importorskip("sklearn")
    assert "the same weights on two devices: True" in output("distributed")
