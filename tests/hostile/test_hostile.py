"""Each hostile program runs in a process of its own: a crash of the interpreter would show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hostile.programs import PROGRAMS

HERE = Path(__file__).parent.parent


@pytest.mark.parametrize("options", [(), ("-O",), ("-X", "no_debug_ranges")], ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_crash(name: str, options: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *options, "-m", "hostile.programs", name],
        cwd=HERE,
        env=os.environ | {"PYTHONFAULTHANDLER": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
