"""Which objects a piece of state holds, however deep."""

from __future__ import annotations

from collections import deque
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

from bcgraph._library import is_users_class

from ._journal import Location


def reachable(*roots: Any, depth: int = 5) -> dict[int, Any]:
    """The objects that these hold, by identity, through containers, cells and attributes."""
    found: dict[int, Any] = {}
    level = list(roots)
    for _ in range(depth):
        following: list[Any] = []
        for value in level:
            if id(value) in found:
                continue
            found[id(value)] = value
            if isinstance(value, tuple | list | deque | set):
                following.extend(value)
            elif isinstance(value, dict):
                following.extend(value.values())
            elif isinstance(value, CellType):
                following.append(Location("cell", value).read())
            elif isinstance(value, FunctionType):
                following.extend(value.__closure__ or ())
                following.extend(value.__defaults__ or ())
            elif isinstance(value, MethodType | BuiltinFunctionType):
                following.append(value.__self__)
            elif isinstance(value, type):
                following.extend(vars(value).values() if is_users_class(value) else ())
            elif not isinstance(value, ModuleType):
                held = getattr(value, "__dict__", None)
                following.extend(held.values() if isinstance(held, dict) else ())
                following.append(type(value))
        level = following
    return found


class Reachable:
    """The identities of what some roots hold; not looked for before one is asked for."""

    def __init__(self, *roots: Any) -> None:
        self._roots = roots
        self._found: dict[int, Any] | None = None

    def __contains__(self, identity: object) -> bool:
        if self._found is None:
            self._found = reachable(*self._roots)
        return identity in self._found
