"""`import bcgraph` is light, and `python -m bcgraph` loads no framework that it doesn't use."""

from importlib.resources import files

import pytest

HEAVY = ("numpy", "tensorflow", "torch", "jax", "keras", "rich", "bcgraph_numpy")

SHOW_LOADED = f"""
import sys
{{}}
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_import_loads_no_framework_no_numpy_no_rich(run_python):
    done = run_python("-c", SHOW_LOADED.format("import bcgraph, bcgraph.backend, bcgraph.errors"))
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("arguments", [["--help"], ["backends"], ["demo", "--help"]])
def test_the_command_line_loads_no_framework_unasked(run_python, arguments):
    command = f"""
from bcgraph.__main__ import main
try:
    main({arguments!r})
except SystemExit as stop:
    assert not stop.code, stop.code
print("loaded:")
"""
    done = run_python("-c", SHOW_LOADED.format(command))
    assert done.stdout.endswith("loaded:\n[]\n"), done.stdout + done.stderr
    assert done.returncode == 0


def test_the_public_names_are_there(run_python):
    done = run_python("-c", "import bcgraph; print(sorted(bcgraph.__all__))")
    for name in ("backends", "compile", "config", "convert", "disable", "explain"):
        assert repr(name) in done.stdout, done.stderr


def test_the_types_are_marked_as_shipped():
    assert files("bcgraph").joinpath("py.typed").is_file()
