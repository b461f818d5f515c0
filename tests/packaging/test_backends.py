"""Backends are found by entry point, chosen by argument or environment, and missed with advice."""

import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "sample_backend"

PROGRAM = """
import numpy
import bcgraph

def halve(x):
    while x > 1:
        x = x // 2
    return x

print(int(bcgraph.compile(halve{arguments})(numpy.array(40))))
"""

FAILING = """
import bcgraph

def same(x):
    return x

{before}
try:
    bcgraph.compile(same, backend={backend!r})(1)
except bcgraph.errors.BcgraphError as error:
    print(error.code)
    print(error)
"""


@pytest.fixture(scope="module")
def sample_backend(tmp_path_factory):
    """The folder that the sample backend's package is installed in."""
    installed = {distribution.name for distribution in distributions()}
    for tool in ("hatchling", "pip"):
        if tool not in installed:
            pytest.skip(f"{tool} is needed to install the sample backend")
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    done = subprocess.run(
        [*pip, *alone, str(SAMPLE)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_another_package_s_backend_is_found_and_runs(run_python, sample_backend):
    program = PROGRAM.format(arguments=", backend='sample'")
    done = run_python("-c", program, PYTHONPATH=str(sample_backend))
    assert done.stdout == "1\n", done.stderr


def test_another_package_s_backend_is_listed(run_python, sample_backend):
    done = run_python("-m", "bcgraph", "backends", PYTHONPATH=str(sample_backend))
    [line] = [line for line in done.stdout.splitlines() if line.startswith("sample")]
    assert "1.2.3" in line


@pytest.mark.parametrize("name", ["sample", "numpy"])
def test_the_environment_chooses(run_python, sample_backend, name):
    program = PROGRAM.format(arguments="")
    done = run_python("-c", program, PYTHONPATH=str(sample_backend), BCGRAPH_BACKEND=name)
    assert done.stdout == "1\n", done.stderr


def test_the_environment_s_unknown_backend_is_an_error(run_python):
    done = run_python("-c", PROGRAM.format(arguments=""), BCGRAPH_BACKEND="nowhere")
    assert done.returncode == 1
    assert "BCG3" in done.stderr
    assert "nowhere" in done.stderr
    assert "numpy" in done.stderr


def test_an_argument_goes_before_the_environment(run_python):
    done = run_python(
        "-c", PROGRAM.format(arguments=", backend='numpy'"), BCGRAPH_BACKEND="nowhere"
    )
    assert done.stdout == "1\n", done.stderr


def test_an_unknown_backend_names_those_installed(run_python):
    done = run_python("-c", FAILING.format(before="", backend="nowhere"))
    code, _, text = done.stdout.partition("\n")
    assert code.startswith("BCG3"), done.stderr
    assert "nowhere" in text
    assert "numpy" in text


def test_a_backend_without_its_framework_says_what_to_install(run_python):
    before = "import sys; sys.modules['tensorflow'] = None  # as where it isn't installed"
    done = run_python("-c", FAILING.format(before=before, backend="tensorflow"))
    code, _, text = done.stdout.partition("\n")
    assert code.startswith("BCG3"), done.stderr
    assert "pip install" in text
    assert "bcgraph[tensorflow]" in text
    assert "numpy" in text
