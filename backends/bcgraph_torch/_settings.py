"""What of a module's Python values a captured graph depends on: numbers, flags and texts."""

from __future__ import annotations

from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import torch

from bcgraph.backend import attributes_read

PLAIN = (bool, int, float, complex, str, bytes, type(None))
_HELD: WeakKeyDictionary[type, frozenset[str]] = WeakKeyDictionary()

Setting = tuple[dict[str, Any], str, Any]


def settings(modules: list[torch.nn.Module]) -> list[Setting]:
    """Where modules hold the plain values that their code may read, and the values."""
    return [
        (module.__dict__, name, value)
        for module in modules
        for name, value in module.__dict__.items()
        if name == "training" or (name in _named(type(module)) and type(value) in PLAIN)
    ]


def reads(owner: Any, name: str) -> bool:
    """Whether methods of an object's class read an attribute of this name."""
    return name in _named(type(owner))


def hold(found: list[Setting]) -> bool:
    """Whether all of them are as they were."""
    for held, name, value in found:
        now = held.get(name)
        if now is not value and (type(now) is not type(value) or now != value):
            return False
    return True


def _named(kind: type) -> frozenset[str]:
    """The names that the methods of a module's class use, other than where it is made."""
    found = _HELD.get(kind)
    if found is None:
        methods = [
            method
            for owner in kind.__mro__
            if owner not in (torch.nn.Module, object)
            for name, method in vars(owner).items()
            if isinstance(method, FunctionType) and name != "__init__"
        ]
        names = (name for method in methods for name in attributes_read(method.__code__))
        found = _HELD[kind] = frozenset(names)
    return found
