"""Code objects are encoded as `bytecode` encodes them; `EVERY` = 1 compares the whole library."""

from __future__ import annotations

from types import CodeType

import pytest

from library.encoded import difference
from library.files import compiled, functions, sources

EVERY = 25


def test_a_slice_of_the_library_is_encoded_as_by_bytecode() -> None:
    number = 0
    for path in sources()[::EVERY]:
        for code in functions(compiled(path) or compile("", "empty", "exec")):
            number += 1
            assert difference(code) is None, f"{path}: {code.co_qualname}"
    assert number > 200


def _function(text: str) -> CodeType:
    return next(functions(compile(text, "<made>", "exec")))


@pytest.mark.parametrize("count", [80, 3_000, 15_000])
def test_far_jumps_and_many_names(count: int) -> None:
    """Arguments of one, two and three bytes: jumps, constants, names, locals; long handlers."""
    body = "\n".join(f"        v{i} = g{i} + {i}.5" for i in range(count))
    code = _function(
        f"def f(x):\n  for i in x:\n    try:\n{body}\n    except A:\n      pass\n  return v0"
    )
    assert len(code.co_consts) >= count
    assert difference(code) is None


def test_places_far_to_the_right_and_down() -> None:
    text = "def f(a):\n" + "\n" * 400 + "  return (" + " " * 300 + "a +\n" + "\n" * 90 + " a[\n0])"
    assert difference(_function(text)) is None
