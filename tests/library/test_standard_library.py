"""A slice of the standard library converts; `python -m library.standard_library` does all of it."""

from __future__ import annotations

import pytest

from library.files import functions, sources
from library.stack import fault
from library.standard_library import convert_files

EVERY = 12


def test_a_slice_of_the_library_converts() -> None:
    tally = convert_files(sources()[::EVERY])
    assert tally.faults == []
    assert tally.functions > 500
    assert tally.refused < tally.sites / 10


@pytest.mark.parametrize("size", [0, 1])
def test_a_stack_too_small_is_noticed(size: int) -> None:
    def three(a: int, b: int, c: int) -> tuple[int, int, int]:
        return a, b, c

    assert fault(three.__code__) == ""
    assert "depth" in fault(three.__code__.replace(co_stacksize=size))


def test_functions_are_found_at_any_depth() -> None:
    code = compile("class A:\n def f(s):\n  return lambda: [g() for g in s]", "<a>", "exec")
    names = [found.co_name for found in functions(code)]
    assert names[:2] == ["f", "<lambda>"]
