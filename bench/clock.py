"""Times of things that take turns."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

Run = Callable[[], Any]


def _processor() -> float:
    """Seconds that this process's threads have run, and the compilers that it has started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


CLOCKS = {"wall": time.perf_counter, "cpu": _processor}


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to measure.

    Attributes:
        rounds: how many rounds at most.
        block_s: in a round, each is run as often as fits into this many seconds, at least once.
        budget_s: no round begins after this many seconds, once there are `LEAST` rounds.
        clock: one of `CLOCKS`; "cpu" does not see what else the machine does, nor waiting.
    """

    rounds: int
    block_s: float
    budget_s: float
    clock: str = "wall"


LEAST = 5


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of figures, and their quartiles."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises `StatisticsError` if there are none."""
        if len(values) < 2:
            return cls(*(statistics.median(values),) * 3)
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(low, middle, high)


def ratios(ones: Sequence[float], others: Sequence[float]) -> Spread:
    """How many times the others the ones are, round by round: a busy moment meets both."""
    return Spread.of([one / other for one, other in zip(ones, others, strict=False)])


def turns(runs: Sequence[Run], count: int, clock: str) -> list[list[float]]:
    """Seconds of each, `count` times; they take turns, and no garbage of others' is collected."""
    times: list[list[float]] = [[] for _ in runs]
    for number in range(count):
        for place in _order(len(runs), number):
            gc.collect()
            times[place].append(_block(runs[place], 1, clock))
    return times


def rounds(runs: Sequence[Run], pace: Pace) -> list[list[float]]:
    """Seconds a call of each, by round; all have been called before."""
    repeats = [max(1, int(pace.block_s / max(_block(run, 1, "cpu"), 1e-9))) for run in runs]
    times: list[list[float]] = [[] for _ in runs]
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        for number in range(pace.rounds):
            if number >= LEAST and time.perf_counter() - start > pace.budget_s:
                break
            for place in _order(len(runs), number):
                block = _block(runs[place], repeats[place], pace.clock)
                times[place].append(block / repeats[place])
    finally:
        gc.enable()
    return times


def _order(count: int, number: int) -> list[int]:
    """Another one begins each round, and every other round runs backwards: nobody has a place."""
    places = [(number + place) % count for place in range(count)]
    return places[::-1] if number % 2 else places


def _block(run: Run, times: int, clock: str) -> float:
    now = CLOCKS[clock]
    start = now()
    for _ in repeat(None, times):
        run()
    return now() - start
