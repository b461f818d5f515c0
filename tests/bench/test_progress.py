"""The bench tells what it measures: a line each, or a bar where rich and a terminal are there."""

from __future__ import annotations

import re
import sys

import pytest

from bench.progress import shown

ITEMS = [("sum", 1), ("collatz", 2)]
LINES = r"programs 1/2: sum \(\d\.\d s\)\nprograms 2/2: collatz \(\d\.\d s\)\n"


@pytest.mark.parametrize("has_rich", [True, False])
def test_without_a_terminal_each_is_a_line(has_rich, capsys, monkeypatch):
    if not has_rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    assert list(shown("programs", ITEMS)) == [1, 2]
    assert re.fullmatch(LINES, capsys.readouterr().err)


def test_on_a_terminal_it_is_a_bar(capsys, monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert list(shown("programs", ITEMS)) == [1, 2]
    drawn = capsys.readouterr().err
    assert "programs" in drawn
    assert "100%" in drawn
    assert "1/2" not in drawn
