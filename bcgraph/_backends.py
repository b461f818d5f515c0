"""Finding backends: by entry point, by name, by a call's arguments."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from bcgraph.backend import Backend
from bcgraph.errors import MissingFramework, UnknownBackend
from bcgraph.runtime import Runtime

from . import _config

GROUP = "bcgraph.backends"


def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def backends() -> tuple[str, ...]:
    """The names of the backends that are installed and whose frameworks can be imported."""
    return tuple(sorted(name for name in _found() if _loads(name)))


def _loads(name: str) -> bool:
    try:
        runtime(name)
    except MissingFramework:
        return False
    return True


@cache
def runtime(name: str) -> Runtime:
    """The runtime of the backend of this name.

    Raises:
        UnknownBackend: if no package offers it.
        MissingFramework: if its framework cannot be imported.
    """
    found = _found()
    point = found.get(name)
    names = ", ".join(sorted(found)) or "none"
    if point is None:
        raise UnknownBackend(
            f"there is no backend {name!r}; there are: {names}",
            mend="install the package that offers it, or choose one of those",
        )
    try:
        kind = point.load()
    except ImportError as error:
        others = ", ".join(n for n in sorted(found) if n != name)
        raise MissingFramework(
            f"the backend {name!r} cannot be loaded ({error}); others: {others}",
            mend=f"pip install 'bcgraph[{name}]'",
        ) from error
    backend: Backend = kind()
    return Runtime(backend)


def choose(explicit: str | None, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    """The backend of a call: the one asked for, the setting, the arguments' own, or numpy."""
    name = explicit or _config.current().backend
    if name is not None:
        return name
    for value in (*arguments, *keywords.values()):
        owner = _owner(value, 3)
        if owner is not None:
            return owner
    return "numpy"


def loaded(target: Any = None) -> tuple[str, ...]:
    """The backends for a function of which no arguments are known yet: one, or several."""
    name = _config.current().backend or _owner(target, 0)
    if name is not None:
        return (name,)
    names = [name for name in sorted(_found()) if name in sys.modules and name != "numpy"]
    return tuple(names) or ("numpy",)


def _owner(value: Any, depth: int) -> str | None:
    if isinstance(value, list | tuple | dict) and depth:
        for item in value.values() if isinstance(value, dict) else value:
            owner = _owner(item, depth - 1)
            if owner is not None:
                return owner
        return None
    if type(value).__module__ == "builtins":
        return None
    for name in _found_names():
        known = name in sys.modules and name != "numpy" and _loads(name)
        if known and runtime(name).backend.owns(value):
            return name
    return None


@cache
def _found_names() -> tuple[str, ...]:
    return tuple(sorted(_found()))
