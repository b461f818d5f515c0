"""A function twice as long costs twice as much: counted, in calls and in instructions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

import pytest
from programs.sized import (
    breaks,
    conditions,
    continues,
    in_sequence,
    made,
    mixed,
    nested,
    returns,
)

import bcgraph
from bcgraph.testing import stage_everything

SHAPES = {
    "if in sequence": in_sequence,
    "early return": returns,
    "continue in one loop": continues,
    "break in one loop": breaks,
    "loops": mixed,
    "short circuit": conditions,
}
MOST = 2.3  # what twice the size may cost


def _calls(run: Callable[[], Any]) -> int:
    """How many functions of Python's are called."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_conversion_grows_with_length(shape: str) -> None:
    def converted(size: int) -> tuple[int, int]:
        function, found = made(SHAPES[shape](size)), []
        count = _calls(lambda: found.append(bcgraph.convert(function, backend="numpy")))
        return count, len(found[0].__code__.co_code)

    converted(1)
    small, large = converted(50), converted(100)
    assert large[0] <= MOST * small[0], "calls"
    assert large[1] <= MOST * small[1], "instructions"


@pytest.mark.parametrize("shape", [*SHAPES, "if nested"])
def test_staging_grows_with_length(shape: str) -> None:
    source = SHAPES.get(shape, nested)

    def staged(size: int) -> int:
        function: FunctionType = stage_everything(made(source(size)))
        return _calls(lambda: function(3, 9))

    staged(1)
    small, large = staged(20), staged(40)
    assert large <= MOST * small
