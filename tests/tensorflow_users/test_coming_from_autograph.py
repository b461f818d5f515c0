"""The page `docs/coming-from-autograph.md` is right about AutoGraph, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import programs.nasty_calls
import programs.nasty_caught
import programs.nasty_effects
import programs.nasty_generators
import programs.nasty_jumps
import programs.nasty_none
import programs.nasty_specials
import programs.nasty_texts
import programs.nasty_values  # noqa: F401
import pytest
import tensorflow as tf
from programs.nasty import TABLE
from programs.ops import HARNESSES, Harness, ops

PAGE = Path(__file__).parents[2] / "docs" / "coming-from-autograph.md"
ROWS = re.findall(r"^\| .+ \| `(\w+)` \|$", PAGE.read_text(), re.MULTILINE)
PROGRAMS = {row.function.__name__: row for row in TABLE}


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    made = HARNESSES["tensorflow"]()
    with ops.of(made):
        yield made


def outcome(call: Any, inputs: Any, harness: Harness) -> Any:
    """Its result, or its exception's type and text."""
    try:
        result = call(*harness.arguments(inputs))
        return [np.asarray(harness.plain(part)) for part in tf.nest.flatten(result)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def agree(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one.split(": ", 1)[1] in other
    return len(one) == len(other) and all(
        a.shape == b.shape and np.allclose(a, b) for a, b in zip(one, other)
    )


def autograph_gives_the_same(name: str, harness: Harness) -> bool:
    nasty = PROGRAMS[name]
    autograph = tf.function(nasty.function)
    return all(
        agree(outcome(nasty.function, i, harness), outcome(autograph, i, harness))
        for i in nasty.inputs
    )


def test_every_row_is_a_program_of_the_suite() -> None:
    assert len(ROWS) > 30
    assert set(ROWS) <= PROGRAMS.keys()
    assert not [name for name in ROWS if PROGRAMS[name].not_yet]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.filterwarnings("ignore")
def test_autograph_does_not_give_what_eager_execution_gives(name: str, harness: Harness) -> None:
    assert not autograph_gives_the_same(name, harness)


@pytest.mark.parametrize("name", ["early_return", "attributes_written", "chained_comparison"])
def test_what_autograph_can_do_is_seen_too(name: str, harness: Harness) -> None:
    assert autograph_gives_the_same(name, harness)
