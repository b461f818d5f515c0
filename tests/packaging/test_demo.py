"""The demo as a test: it exits with 0 only where compiled and eager agree."""

import pytest


def _demo(run_python, backend):
    done = run_python("-m", "bcgraph", "demo", "--backend", backend, TF_CPP_MIN_LOG_LEVEL="2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 6 programs give what eager execution gives" in done.stdout.splitlines()[-1]


def test_on_numpy(run_python):
    _demo(run_python, "numpy")


@pytest.mark.tensorflow
def test_on_tensorflow(run_python):
    pytest.importorskip("tensorflow", exc_type=ImportError)
    _demo(run_python, "tensorflow")


def test_a_backend_that_is_not_there_is_named(run_python):
    done = run_python("-m", "bcgraph", "demo", "--backend", "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
