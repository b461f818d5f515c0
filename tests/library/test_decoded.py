"""Code objects are decoded as `bytecode` decodes them; `EVERY` = 1 compares the whole library."""

from __future__ import annotations

import dis
from types import CodeType

import pytest

from bcgraph.instructions import UnreadableCode, read
from library.decoded import difference
from library.files import compiled, functions, sources

EVERY = 12


def test_a_slice_of_the_library_is_decoded_as_by_bytecode() -> None:
    number = 0
    for path in sources()[::EVERY]:
        for code in functions(compiled(path) or compile("", "empty", "exec")):
            number += 1
            assert difference(code) is None, f"{path}: {code.co_qualname}"
    assert number > 400


def _function(text: str) -> CodeType:
    return next(functions(compile(text, "<made>", "exec")))


@pytest.mark.parametrize("count", [80, 3_000, 15_000])
def test_arguments_of_several_bytes(count: int) -> None:
    """Jumps, constants, names, locals; long handlers."""
    body = "\n".join(f"        v{i} = g{i} + {i}.5" for i in range(count))
    code = _function(
        f"def f(x):\n  for i in x:\n    try:\n{body}\n    except A:\n      pass\n  return v0"
    )
    assert difference(code) is None


def test_variables_that_are_cells() -> None:
    text = (
        "def f(a, b, *c, d=1, **e):\n"
        "  def g(x, y):\n"
        "    nonlocal b\n"
        "    b = [lambda: (x, a, z) for z in c]\n"
        "    del y\n"
        "    return d, e, b\n"
        "  return g, super().f(a), super().b\n"
    )
    code = _function(text)
    inner = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    assert difference(code) is None
    assert difference(inner) is None


@pytest.mark.parametrize("table", [b"", b"\x80\x00"], ids=["no places", "some places"])
def test_code_without_places(table: bytes) -> None:
    code = _function("def f(a):\n  while a:\n    a = a - 1\n  return a").replace(co_linetable=table)
    assert difference(code) is None


def test_what_leads_nowhere_is_told() -> None:
    code = _function("def f(a):\n  return g(a)")
    with pytest.raises(UnreadableCode, match="cannot be decoded"):
        read(code.replace(co_names=()))
    with pytest.raises(UnreadableCode, match="cannot be decoded"):
        read(code.replace(co_code=code.co_code[:-2] + bytes((dis.opmap["JUMP_FORWARD"], 40))))
