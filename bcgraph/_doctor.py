"""`python -m bcgraph doctor`: whether this machine has what bcgraph needs, line by line."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from bcgraph._installed import installed
from bcgraph.instructions import SUPPORTED

_VARIABLES = (
    "BCGRAPH_BACKEND",
    "BCGRAPH_DISABLE",
    "BCGRAPH_DUMP",
    "BCGRAPH_LOGS",
    "BCGRAPH_PROGRESS",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fine` is None where it is only worth knowing."""

    what: str
    fine: bool | None
    told: str

    def __str__(self) -> str:
        mark = {True: "ok", False: "PROBLEM", None: "note"}[self.fine]
        return f"{mark:<8} {self.what:<18} {self.told}"


def findings() -> Iterator[Finding]:
    """Looks at Python, the packages, the backends and the settings; imports no framework."""
    here = sys.version_info[:2]
    wanted = ", ".join(f"{major}.{minor}" for major, minor in SUPPORTED)
    known = here in SUPPORTED and platform.python_implementation() == "CPython"
    told = f"{platform.python_implementation()} {platform.python_version()}"
    yield Finding("Python", known, told if known else f"{told}; needed: CPython {wanted}")
    yield Finding("bcgraph", True, version("bcgraph"))
    yield Finding("bytecode", True, version("bytecode"))
    backends = installed()
    ready = [backend for backend in backends.values() if backend.installed]
    if not ready:
        yield Finding("backends", False, "none is installed: pip install 'bcgraph[tensorflow]'")
    for backend in backends.values():
        yield Finding(backend.name, True if backend.installed else None, str(backend))
    if any(backend.name == "torch" for backend in ready):
        found = next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)
        yield Finding(
            "C++ compiler", True if found else None,
            found or "none: Inductor needs one; Python drives the graphs without",
        )  # fmt: skip
    for name in _VARIABLES:
        if name in os.environ:
            yield Finding(name, _is_good(name), repr(os.environ[name]))
    yield _converts()


def _is_good(name: str) -> bool | None:
    if name == "BCGRAPH_BACKEND":
        return os.environ[name] in installed()
    return None


def _converts() -> Finding:
    """Whether a rewritten function does what the original does."""
    from bcgraph.testing import stage_everything

    def steps(n: int) -> int:
        count = 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            count += 1
        return count

    try:
        agree = stage_everything(steps)(27) == steps(27)
    except Exception as error:  # whatever it is, it is what the doctor looks for
        return Finding("conversion", False, f"{type(error).__name__}: {error}")
    return Finding("conversion", agree, "a rewritten loop gives what the original gives")
