"""`BCGRAPH_LOGS`: what each category tells, on each backend, and that nothing else is told."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import Any

import pytest

import bcgraph
from bcgraph._logs import ALL, CATEGORIES

PROGRAM = """\
import bcgraph, {module} as framework

def halve(x, by=2.0):
    while x > 1.0:
        if x > 4.0:
            x = x - 1.0
        x = x / by
    return x

compiled = bcgraph.compile(halve, backend={module!r}, **{options!r})
compiled(framework.{maker}(9.0))
compiled(framework.{maker}(9.0), 4.0)
compiled(framework.{maker}(8.0))
"""
BACKENDS = [
    pytest.param("tensorflow", "constant", {}, marks=pytest.mark.tensorflow, id="tensorflow"),
    pytest.param("torch", "tensor", {"compiler": "python"}, marks=pytest.mark.torch, id="torch"),
]


def told(names: str, module: str, maker: str, options: dict[str, Any]) -> list[str]:
    """The lines of bcgraph on standard error."""
    pytest.importorskip(module)
    code = PROGRAM.format(module=module, maker=maker, options=options)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BCGRAPH_LOGS": names, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    return [line for line in done.stderr.splitlines() if line.startswith("bcgraph")]


@pytest.mark.parametrize(("module", "maker", "options"), BACKENDS)
def test_all_categories(module, maker, options):
    lines = told("all", module, maker, options)
    kinds = {line.split()[1].rstrip(":") for line in lines}
    assert {"captures", "conversion", "recompiles", "staging"} <= kinds <= set(CATEGORIES)
    (converted,) = [line for line in lines if "conversion: " in line]
    assert converted.startswith("bcgraph conversion: <string>:3, in halve is rewritten, in ")
    staged = [line.partition(" in halve: ")[2] for line in lines if "staging: " in line]
    assert any(line.startswith("recorded as a loop, in ") for line in staged)
    assert any(line.startswith("recorded as a conditional, in ") for line in staged)
    captured = [line for line in lines if "captures: " in line]
    assert len(captured) == 2
    assert captured[0].startswith("bcgraph captures: halve(x: float32 ()")
    assert f") is recorded for {module}, in " in captured[0]
    (again,) = [line for line in lines if "recompiles: " in line]
    assert again.startswith("bcgraph recompiles: halve is ")
    if module == "tensorflow":
        assert "`by` was the float 2.0, is the float 4.0" in again
    if module == "torch":
        decided = [line for line in lines if line.startswith("bcgraph jit: halve: ")]
        assert [line.endswith("that is asked for") for line in decided] == [True, True]


@pytest.mark.tensorflow
def test_one_category_alone():
    lines = told("recompiles", "tensorflow", "constant", {})
    assert len(lines) == 1
    assert lines[0].startswith("bcgraph recompiles: ")
    assert told("", "tensorflow", "constant", {}) == []


@pytest.mark.tensorflow
def test_what_xla_is_for_is_told():
    lines = told("jit", "tensorflow", "constant", {"jit": True})
    assert lines
    assert all(line.startswith("bcgraph jit: (float32[]): by XLA") for line in lines)


@pytest.mark.tensorflow
def test_a_plus_gives_the_text():
    tf = pytest.importorskip("tensorflow")
    code = "import bcgraph\nbcgraph.compile(lambda x: x if x > 0 else -x, backend='tensorflow')"
    for names, expected in (("conversion", False), ("+conversion", True), ("+all", True)):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "BCGRAPH_LOGS": names},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert ("return x if x > 0 else -x" in done.stderr) == expected
    assert tf


def test_a_name_that_there_is_not():
    done = subprocess.run(
        [sys.executable, "-c", "import bcgraph"], env={**os.environ, "BCGRAPH_LOGS": "conversions"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error[BCG304]: BCGRAPH_LOGS names 'conversions'" in done.stderr
    for name in (*CATEGORIES, ALL, "+frames"):
        assert name in done.stderr.splitlines()[-1]


def test_a_program_that_sets_up_logging_needs_no_variable(caplog):
    import numpy as np

    def doubled(x):
        return x * 2 if x > 0 else x

    with caplog.at_level(logging.INFO, "bcgraph.conversion"):
        bcgraph.compile(doubled, backend="numpy")(np.float32(1))
    (record,) = caplog.records
    assert record.name == "bcgraph.conversion"
    assert "in test_a_program_that_sets_up_logging_needs_no_variable.<locals>.doubled" in (
        record.getMessage()
    )
