"""Functions typed into a notebook or a REPL: they convert, and errors have their lines."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.ipynb"

TYPED = """\
import numpy as np, bcgraph

def halve(x):
    while x > 1:
        x = x / 2
    return x

print("gives", bcgraph.compile(halve, backend="numpy")(np.float32(8)))
print(bcgraph.explain(halve))
print(bcgraph.to_code(halve))

def broken(x):
    if x > 1:
        return x.no_such
    return x

bcgraph.compile(broken, backend="numpy")(np.float32(8))
"""


@pytest.fixture(scope="module")
def outputs() -> list[list[dict]]:
    pytest.importorskip("tensorflow")
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def _text(outputs) -> str:
    return "".join(o.get("text", "") for o in outputs if o.get("name") == "stdout")


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook(outputs):
    _, called, explained, again, failed, listed = outputs
    assert called[-1].data["text/plain"] == "2"
    assert explained[-1].data["text/html"].startswith("<iframe srcdoc=")
    assert "2 of 2 branches and loops staged" in explained[-1].data["text/plain"]
    assert "`values` was float32 (4), is float32 (2)" in _text(again)
    assert re.search(r"error\[BCG102\].*\n +at .*:3, in mixed\n +3 \| if x > 0:", _text(failed))
    assert "for index, value in enumerate(values):  # staged: loop" in _text(listed)


def test_typed_into_a_repl():
    done = subprocess.run(
        [sys.executable, "-q", "-i"],
        input=TYPED,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
    )
    assert "gives 1.0" in done.stdout
    shown = "while x > 1" if sys.version_info >= (3, 13) else "while"  # 3.13 keeps what is typed
    assert f"line 2: {shown}: staged as a loop over x" in done.stdout
    assert "    while x > 1:  # staged: loop over x" in done.stdout
    frames = re.findall(r'File "<(?:stdin|python-input-\d+)>", line (\d+), in (\w+)', done.stderr)
    assert frames[-1] == ("3", "broken")
    assert "no_such" in done.stderr
