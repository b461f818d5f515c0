"""What `python.mjs` runs inside Pyodide: what WebAssembly lacks, then the command."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import sysconfig
import traceback
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import node  # type: ignore[import-not-found]  # registered by `python.mjs`

STDLIB = sysconfig.get_path("stdlib")


def unpacked() -> None:
    """Lays the standard library's files where `sysconfig` says; Pyodide has them zipped."""
    for path in [path for path in sys.path if path.endswith(".zip")]:
        zipfile.ZipFile(path).extractall(STDLIB)
        sys.path[sys.path.index(path)] = STDLIB


def spawned(
    command: Sequence[str],
    *,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    input: str | None = None,
    timeout: float | None = None,
    check: bool = False,
    capture_output: bool,
    text: bool,
) -> subprocess.CompletedProcess[str]:
    """`subprocess.run` of another Python, its output captured as text."""
    assert command[0] == sys.executable
    assert capture_output
    assert text
    environment = {**(os.environ if env is None else env), "PYODIDE_CWD": str(cwd or os.getcwd())}
    status, output, errors, failed = node.spawn(list(command[1:]), environment, input, timeout)
    if failed == "ETIMEDOUT":
        raise subprocess.TimeoutExpired(command, timeout or 0, output, errors)
    assert not failed, failed
    done = subprocess.CompletedProcess(command, status, output, errors)
    if check:
        done.check_returncode()
    return done


def run(command: Any) -> int:
    """Runs `-c CODE …` or `-m MODULE …`; gives the exit status."""
    kind, what, *arguments = command
    subprocess.run = spawned  # type: ignore[assignment]
    os.chdir(os.environ.pop("PYODIDE_CWD"))
    sys.path.insert(0, os.getcwd())
    sys.path_importer_cache.clear()  # the folders of PYTHONPATH were not there at the start
    sys.argv = [kind, *arguments]
    try:
        if kind == "-c":
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
        else:
            unpacked()
            runpy.run_module(what, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
