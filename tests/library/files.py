"""The standard library's files and the functions in them."""

from __future__ import annotations

import inspect
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

SKIPPED = {"site-packages", "test", "tests", "idlelib", "lib2to3", "turtledemo", "__pycache__"}


def sources(root: Path | None = None) -> list[Path]:
    """The standard library's files (or another tree's), in order of their names."""
    root = root or Path(sysconfig.get_path("stdlib"))
    found = (p for p in root.rglob("*.py") if not SKIPPED & set(p.relative_to(root).parts))
    return sorted(found, key=lambda path: str(path.relative_to(root)))


def compiled(path: Path) -> CodeType | None:
    """A file's code; None where this Python can't compile it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None


def functions(code: CodeType) -> Iterator[CodeType]:
    """Every function within a code object, itself included; modules and class bodies are none."""
    if code.co_flags & inspect.CO_OPTIMIZED:
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from functions(constant)
