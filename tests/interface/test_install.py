"""The import hook converts every function of chosen packages, and changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bcgraph.testing import install

SOURCE = '''
"""A module."""
import functools

class Stack:
    limit = max(v for v in (1, 2, 3))
    def __init__(self, *values):
        self.values = [v for v in values if v is not None]
    def __len__(self):
        return len(self.values)
    def pop(self):
        if not self.values:
            raise IndexError("empty")
        return self.values.pop()

def drained(stack):
    found = []
    while stack:
        value = stack.pop()
        if value < 0:
            continue
        found.append(lambda: value) if value > 2 else found.append(value)
    return [f() if callable(f) else f for f in found]

@functools.lru_cache
def collatz(n):
    return 0 if n == 1 else 1 + collatz(n // 2 if n % 2 == 0 else 3 * n + 1)

class Manager:
    async def __aenter__(self):
        pass
    async def __aexit__(self, *raised):
        return False

async def managed(error):
    async with Manager():
        raise error

def squares(n):
    for i in range(n):
        yield i * i
'''


@pytest.fixture(params=[False, True])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ModuleType, Any]]:
    (tmp_path / "sample_of_a_package.py").write_text(SOURCE)
    sys.path.insert(0, str(tmp_path))
    hook = install(["sample_of_a_package"], stage_everything=request.param)
    try:
        import sample_of_a_package  # type: ignore[import-not-found]

        yield sample_of_a_package, hook
    finally:
        hook.remove()
        sys.path.remove(str(tmp_path))
        del sys.modules["sample_of_a_package"]
        assert not list(tmp_path.glob("__pycache__/sample*"))


def test_a_module_does_what_it_did(sample: tuple[ModuleType, Any]) -> None:
    module, hook = sample
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(SOURCE, plain)
    for values in ((), (1, None, 5, -2, 3)):
        assert module.drained(module.Stack(*values)) == plain["drained"](plain["Stack"](*values))
    assert module.collatz(27) == plain["collatz"](27) == 111
    assert list(module.squares(4)) == [0, 1, 4, 9]
    with pytest.raises(IndexError, match="empty"):
        module.Stack().pop()
    assert (module.__doc__, module.Stack.limit) == ("A module.", 3)
    assert hook.converted >= 6
    assert not hook.refused


def test_its_functions_are_converted(sample: tuple[ModuleType, Any]) -> None:
    module, _ = sample
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(SOURCE, plain)
    for name in ("drained", "squares"):
        made, original = getattr(module, name).__code__, plain[name].__code__
        assert made.co_code != original.co_code
        assert made.co_firstlineno == original.co_firstlineno


def test_an_exception_leaves_an_async_with(sample: tuple[ModuleType, Any]) -> None:
    module, _ = sample
    with pytest.raises(KeyError):
        module.managed(KeyError()).send(None)


def test_other_packages_stay() -> None:
    hook = install(["no_such_package"])
    try:
        import colorsys

        assert type(colorsys.__loader__).__name__ == "SourceFileLoader"
        assert hook.converted == 0
    finally:
        hook.remove()
