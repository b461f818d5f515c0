"""Progress: a long trace shows on a terminal what it is at, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

pty = pytest.importorskip("pty")  # a terminal to write to
pytest.importorskip("rich")

WORK = """\
import sys, time
import bcgraph._progress as progress
progress.AFTER = 0.0
with progress.working("recording `f`"):
    progress.step("/a/train.py", 7)
    with progress.working("compiling"):
        time.sleep(0.5)
print("after", file=sys.stderr)
"""
TRACE = """\
import time, bcgraph, bcgraph._progress
import tensorflow as tf
bcgraph._progress.AFTER = 0.0

def big(x):
    for _ in range(4):
        bcgraph.python(time.sleep)(0.3)
        if x > 1:
            x = x - 1
    return x

bcgraph.compile(big, backend="tensorflow")(tf.constant(3.0))
"""


def on_a_terminal(code: str, **environment: str) -> str:
    """What a program writes on a terminal as its standard error."""
    ours, theirs = pty.openpty()
    given: Any = {**os.environ, "TERM": "xterm", "COLUMNS": "120", **environment}
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=theirs, stdout=subprocess.PIPE, env=given
    ) as process:
        os.close(theirs)
        found = b""
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:  # Linux: the other end is closed
                break
            if not read:
                break
            found += read
        assert process.stdout is not None
        assert process.stdout.read() == b""
    os.close(ours)
    assert process.returncode == 0, found.decode()
    return found.decode()


def test_what_is_being_done_is_shown_and_taken_away():
    text = on_a_terminal(WORK)
    assert "bcgraph: compiling · 1 branches and loops · train.py:7 · 0 s" in text
    assert text.rstrip().endswith("after")
    assert "\x1b[2K" in text  # the line is cleared


@pytest.mark.parametrize(
    "change",
    [
        ("progress.AFTER = 0.0\n", ""),
        ("import sys, time", "import sys, time; sys.modules['rich'] = None"),
    ],
    ids=["short", "without rich"],
)
def test_nothing_is_shown(change):
    assert on_a_terminal(WORK.replace(*change)).split() == ["after"]


def test_it_can_be_turned_off():
    assert on_a_terminal(WORK, BCGRAPH_PROGRESS="0").split() == ["after"]


def test_nothing_is_shown_without_a_terminal():
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)
    assert done.stderr == "after\n"


@pytest.mark.tensorflow
def test_the_first_compile_of_a_big_graph():
    pytest.importorskip("tensorflow")
    text = on_a_terminal(TRACE)
    assert "bcgraph: recording `big` for tensorflow · 3 branches and loops · <string>:8" in text
