"""`python -m bcgraph`: its answers, its exit codes, and what `BCGRAPH_DUMP` writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import webbrowser
from pathlib import Path

import numpy as np
import pytest

import bcgraph
from bcgraph.__main__ import main

PROGRAM = """\
def halve(x):
    while x > 1:
        x = x / 2
    return x


class Layer:
    def call(self, x):
        return x if x > 0 else -x
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "shown_program.py"
    path.write_text(PROGRAM)
    return str(path)


def run(capsys, *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_explain(capsys, file, tmp_path):
    text = run(capsys, "explain", f"{file}:halve")
    assert "line 2: while x > 1: a loop over x if a tensor decides it" in text
    assert json.loads(run(capsys, "explain", f"{file}:halve", "--json"))["name"] == "halve"
    page = tmp_path / "page.html"
    assert run(capsys, "explain", f"{file}:halve", "--html", str(page)) == ""
    assert page.read_text().startswith("<!doctype html>")
    assert "Layer.call" in run(capsys, "explain", f"{file}:Layer.call")


def test_open_shows_the_page(capsys, file, monkeypatch):
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    run(capsys, "explain", f"{file}:halve", "--open")
    (address,) = shown
    path = Path(address.removeprefix("file://"))
    assert "halve" in path.read_text()
    path.unlink()


def test_code_and_graph(capsys, file, tmp_path):
    assert run(capsys, "code", f"{file}:halve") == PROGRAM.partition("\n\n")[0] + "\n"
    assert "loop B" in run(capsys, "graph", f"{file}:halve")
    picture = tmp_path / "picture.svg"
    run(capsys, "graph", f"{file}:halve", "--svg", str(picture))
    assert picture.read_text().startswith("<svg")


def test_a_module_is_named_by_its_import_path(capsys):
    assert "collatz" in run(capsys, "code", "bcgraph.demo.programs:collatz")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("no_such_module:f", "there is no module 'no_such_module'"),
        ("no_such_file.py:f", "there is no file no_such_file.py"),
        ("json:nothing", "json has no 'nothing'"),
        ("json", "not of the form module:function"),
        ("sys:version", "is no function"),
        ("math:sqrt", "no Python function"),
    ],
)
def test_what_is_not_there_exits_with_2(named, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["explain", named])
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


def test_doctor(capsys, monkeypatch):
    assert main(["doctor"]) == 0
    assert "ok       Python" in capsys.readouterr().out
    monkeypatch.setenv("BCGRAPH_BACKEND", "nothing")
    assert main(["doctor"]) == 1
    assert "PROBLEM  BCGRAPH_BACKEND    'nothing'" in capsys.readouterr().out


def test_backends(capsys):
    assert "numpy        installed: numpy" in run(capsys, "backends")


def test_no_framework_is_imported(file):
    code = (
        "import sys\nfrom bcgraph.__main__ import main\n"
        f"main(['explain', {file + ':halve'!r}, '--html', {file + '.html'!r}])\n"
        "heavy = {'numpy', 'tensorflow', 'torch', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_reader_that_stops_is_no_error(file):
    line = f"{sys.executable} -m bcgraph graph {file}:halve | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_dump_writes_each_stage(tmp_path):
    def halve(x):
        while x > 1:
            x = x / 2
        return x

    with bcgraph.config(dump=str(tmp_path)):
        bcgraph.compile(halve, backend="numpy")(np.float32(8))
    (folder,) = [path for path in tmp_path.iterdir() if "halve" in path.name]
    assert sorted(path.name for path in folder.iterdir()) == [
        "1-instructions.txt", "2-graph.txt", "3-facts.txt", "4-code.py", "5-rewritten.txt",
    ]  # fmt: skip
    assert "while x > 1:" in (folder / "4-code.py").read_text()
    assert "live" in (folder / "3-facts.txt").read_text()
    assert "0x" not in (folder / "5-rewritten.txt").read_text()


def test_dump_by_the_environment(tmp_path):
    code = (
        "import bcgraph\n"
        "bcgraph.compile(lambda x: x if x > 0 else -x, backend='numpy')(2)\n"
    )  # fmt: skip
    environment = {"BCGRAPH_DUMP": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **environment})
    assert [path.name for path in tmp_path.iterdir()] == ["lambda-2"]
