"""Times by turns, spreads, peaks of memory."""

from __future__ import annotations

import sys

import pytest

from bench.clock import LEAST, Pace, Spread, ratios, rounds, turns
from bench.memory import peak_bytes, python_bytes


def test_spread_is_median_and_quartiles() -> None:
    assert Spread.of([5.0, 1.0, 3.0, 2.0, 4.0]) == Spread(2.0, 3.0, 4.0)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0)


def test_ratios_are_of_the_same_round() -> None:
    """The second round met a busy machine; the ratio does not tell."""
    assert ratios([2.0, 200.0, 2.0], [1.0, 100.0, 1.0]) == Spread(2.0, 2.0, 2.0)


@pytest.mark.parametrize("clock", ["wall", "cpu"])
def test_rounds_let_each_begin(clock: str) -> None:
    begun: list[str] = []
    first: dict[int, str] = {}

    def run(name: str) -> None:
        begun.append(name)

    runs = [lambda n=name: run(n) for name in "abc"]
    times = rounds(runs, Pace(6, 0.0, 60.0, clock))
    assert [len(found) for found in times] == [6, 6, 6]
    measured = begun[3:]  # three calls before tell how long each takes
    first = {measured[i] for i in range(0, 18, 3)}
    assert first == {"a", "b", "c"}
    assert all(set(measured[i : i + 3]) == {"a", "b", "c"} for i in range(0, 18, 3))


def test_rounds_end_with_their_budget() -> None:
    (found,) = rounds([lambda: None], Pace(1000, 0.0, 0.0))
    assert len(found) == LEAST


def test_turns_are_as_many_as_asked() -> None:
    calls = []
    times = turns([lambda: calls.append(1), lambda: calls.append(2)], 3, "wall")
    assert [len(found) for found in times] == [3, 3]
    assert sorted(calls) == [1, 1, 1, 2, 2, 2]


def test_python_bytes_are_the_peak_and_what_is_kept() -> None:
    def run() -> bytes:
        passing = bytes(3_000_000)
        return bytes(len(passing) // 3)

    peak, kept = python_bytes(run)
    assert 4_000_000 <= peak < 4_100_000
    assert 1_000_000 <= kept < 1_100_000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self")
def test_peak_bytes_see_what_was_freed() -> None:
    found = peak_bytes(lambda: bytearray(b"x" * 80_000_000) and None)
    assert found is None or found > 60_000_000  # None: the file is not ours to write
