"""Each error is what stands beside its program, on each backend; without source it has the lines.

`UPDATE_GOLDEN=1 pytest tests/errors` writes the messages anew, to be read in the diff.
"""

from __future__ import annotations

import os
import re
import sys

import pytest

from bcgraph import errors

from .golden import PROGRAMS, backends, error_of, golden, loaded, text_of

CASES = [(path, backend) for path in sorted(PROGRAMS.glob("*.py")) for backend in backends(path)]
MARKS = {"tensorflow": pytest.mark.tensorflow, "torch": pytest.mark.torch, "numpy": ()}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")


def _cases(found):
    return pytest.mark.parametrize(
        ("path", "backend"),
        [
            pytest.param(*case, marks=MARKS[case[1]], id=f"{case[0].stem}-{case[1]}")
            for case in found
        ],
    )


@_cases(CASES)
def test_message(path, backend):
    if backend != "numpy":
        pytest.importorskip(backend)
    error = error_of(loaded(path), backend)
    text = text_of(error)
    file = golden(path, backend)
    if os.environ.get("UPDATE_GOLDEN") and (not file.exists() or file.read_text() != text):
        if file.exists() and backend == "torch":
            file = path.with_suffix(".torch.err")
        file.write_text(text)
    assert text == file.read_text()
    assert len(text.splitlines()) <= 15
    assert error.help


@_cases([case for case in CASES if case[1] != "numpy"])
def test_without_source(path, backend):
    pytest.importorskip(backend)
    text = str(error_of(loaded(path, source=False), backend))
    shown = golden(path, backend).read_text()
    shown = shown.replace("CPython 3.99", "CPython {}.{}".format(*sys.version_info))
    title, *rest = shown.splitlines()
    assert text.splitlines()[0] == title.partition(": ")[2]
    for number in re.findall(r"^ +(\d+) \|", shown, re.MULTILINE):
        assert re.search(rf"(line |:){number}\b", text), text
    for label in re.findall(r"\| +[\^-]+ (.+)", shown):
        assert re.search(rf"line \d+: {re.escape(label)}", text), text
    sources = [line.partition("| ")[2] for line in rest if re.match(r" +\d+ \|", line)]
    assert sources
    assert not [line for line in sources if line.strip() in text]


def test_every_error_has_a_program():
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BcgraphError)
    } - {errors.BcgraphError, errors.InternalFault}
    told = {file.read_text().partition(":")[0] for file in PROGRAMS.glob("*.err")}
    assert {kind.__name__ for kind in kinds} <= told
    codes = [kind.code for kind in kinds]
    assert len(set(codes)) == len(codes)
