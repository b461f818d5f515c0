"""Runs a program of `programs` and gives the error that it raises.

A program is a module with `program` and `arguments`, or with `raises`; `backends` and `versions`
say where it applies. `before(compile, *arguments)` runs first, `after()` last.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import bcgraph
from bcgraph.errors import BcgraphError

PROGRAMS = Path(__file__).parent / "programs"
SYMBOLIC = ("tensorflow", "torch")


def loaded(path: Path, *, source: bool = True) -> ModuleType:
    """The module of a program; without source, code of the same lines that no file holds."""
    module = ModuleType(path.stem)
    filename = path.name if source else f"<{path.stem}>"
    text = path.read_text()
    if source:
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), module.__dict__)
    return module


def backends(path: Path) -> tuple[str, ...]:
    """The backends that a program is for, on the running Python; nothing of it is run."""
    said = {}
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            with contextlib.suppress(ValueError):
                said[statement.targets[0].id] = ast.literal_eval(statement.value)
    if sys.version_info[:2] not in said.get("versions", (sys.version_info[:2],)):
        return ()
    return said.get("backends", SYMBOLIC if "arguments" in said else ("numpy",))


def tensor(backend: str, value: Any) -> Any:
    """A tensor of a framework."""
    if backend == "tensorflow":
        import tensorflow

        return tensorflow.constant(value)
    import torch

    return torch.tensor(value)


def error_of(module: ModuleType, backend: str) -> BcgraphError:
    """The error that a program raises on a backend."""

    def compiled(fn: Any) -> Any:
        return bcgraph.compile(fn, backend=backend)

    try:
        if hasattr(module, "raises"):
            module.raises()
        else:
            arguments = [tensor(backend, value) for value in module.arguments]
            getattr(module, "before", lambda *_: None)(compiled, *arguments)
            compiled(module.program)(*arguments)
    except BcgraphError as error:
        return error
    finally:
        getattr(module, "after", lambda: None)()
    raise AssertionError("it raises nothing")


def golden(path: Path, backend: str) -> Path:
    """The file of a program's message: of the backend's own, or of all."""
    own = path.with_suffix(f".{backend}.err")
    return own if own.exists() else path.with_suffix(".err")


def text_of(error: BcgraphError) -> str:
    """What a golden file holds."""
    version = f"CPython {sys.version_info[0]}.{sys.version_info[1]}\n"
    return f"{type(error).__name__}: {error}\n".replace(version, "CPython 3.99\n", 1)
