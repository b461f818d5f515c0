"""Which functions are left alone: the standard library's and the frameworks'."""

from __future__ import annotations

import os
import sys
from types import FunctionType

_FRAMEWORKS = {
    "bcgraph", "bcgraph_numpy", "bcgraph_tensorflow", "bcgraph_torch", "bytecode", "jax", "jaxlib",
    "keras", "numpy", "scipy", "sklearn", "pandas", "tensorflow", "tf_keras", "torch",
    "torchvision", "pytest", "_pytest", "pluggy", "hypothesis",
}  # fmt: skip
LIBRARIES = (frozenset(sys.stdlib_module_names) | _FRAMEWORKS) - {"__main__", "antigravity", "this"}


def is_library(fn: FunctionType) -> bool:
    """Whether a function belongs to a library that is never converted."""
    name = fn.__globals__.get("__name__")
    return is_library_name(name)


def is_library_name(module: object) -> bool:
    """Whether a module of this name belongs to such a library."""
    return isinstance(module, str) and module.partition(".")[0] in LIBRARIES


_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def is_users_class(kind: type) -> bool:
    """Whether a `class` statement outside of the libraries made it."""
    return bool(kind.__flags__ & _HEAP) and not is_library_name(kind.__module__)


def is_users_file(filename: str) -> bool:
    """Whether a file belongs to no library that has been imported from where it lies."""
    for name in _FRAMEWORKS:
        folders = getattr(sys.modules.get(name), "__path__", ())
        if any(filename.startswith(f"{folder}{os.sep}") for folder in folders):
            return False
    return True
