"""What the project aims at, and whether it is met."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.clock import Spread, ratios
from bench.competitors import ADAPTED, AUTOGRAPH, BY_HAND, OURS, OURS_REASSOCIATED
from bench.programs import PROGRAMS
from bench.results import Results, Sample

_TF = "tensorflow: "


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target on one case.

    Attributes:
        target: what is aimed at.
        case: where.
        ratio: what was measured.
        limit: what it may be at most.
    """

    target: str
    case: str
    ratio: Spread
    limit: float

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or, where the quartiles lie on both sides of the limit, `open`."""
        if self.ratio.high <= self.limit:
            return "met"
        return "missed" if self.ratio.low > self.limit else "open"


def verdicts(results: Results) -> list[Verdict]:
    """All that the results tell something about."""
    return [
        *_programs(results), *_conversion(results), *_calls(results), *_growth(results)
    ]  # fmt: skip


def _programs(results: Results) -> Iterator[Verdict]:
    """TensorFlow without XLA."""
    for program in PROGRAMS:
        name = program.name
        for measure in ("call", "turn"):  # a call is mostly overhead where the turns are few
            limit = 1.0 if program.exits else 1.05
            yield from _ratio(results, measure, name, OURS, BY_HAND, limit)
        yield from _ratio(results, "call", name, OURS, AUTOGRAPH, 1.0)
        yield from _ratio(results, "call", name, OURS, ADAPTED, 1.0)
        if program.folds:
            yield from _ratio(results, "call", name, OURS_REASSOCIATED, AUTOGRAPH, 0.04)
            yield from _ratio(results, "call", name, OURS_REASSOCIATED, ADAPTED, 0.04)
    for program in PROGRAMS:
        yield from _ratio(results, "first call", program.name, OURS, BY_HAND, 1.15)
    for program in PROGRAMS:
        yield from _ratio(results, "retrace", program.name, OURS, BY_HAND, 1.1)


def _ratio(
    results: Results, measure: str, case: str, one: str, other: str, limit: float
) -> Iterator[Verdict]:
    first, second = (results.find(measure, case, _TF + name) for name in (one, other))
    if first is not None and second is not None:
        found = ratios(first.values, second.values)
        yield Verdict(f"{measure}, {one} / {other}", case, found, limit)


def _conversion(results: Results) -> Iterator[Verdict]:
    """At most a thirtieth of AutoGraph's time."""
    for ours in results.of("convert"):
        if ours.competitor == _TF + OURS:
            theirs = results.find("convert", ours.case, _TF + AUTOGRAPH, ours.size)
            if theirs is not None:
                found = ratios(ours.values, theirs.values)
                case = f"{ours.size:g} lines"
                yield Verdict(f"convert, {OURS} / {AUTOGRAPH}", case, found, round(1 / 30, 4))


def _calls(results: Results) -> Iterator[Verdict]:
    """A microsecond more than the original, or a tenth more than the framework's own call."""
    measure = "call, nothing staged"
    for ours in results.of(measure):
        if ours.competitor != OURS:
            continue
        for way, limit in (("tf.function", 1.1), ("torch.compile", 1.1)):
            theirs = results.find(measure, ours.case, way)
            if theirs is not None:
                yield Verdict(
                    f"call, nothing staged, {OURS} / {way}",
                    ours.case,
                    ratios(ours.values, theirs.values),
                    limit,
                )
        original = results.find(measure, ours.case, "original")
        if original is not None and "numbers" in ours.case and "tensorflow" not in ours.case:
            more = [(a - b) * 1e6 for a, b in zip(ours.values, original.values, strict=True)]
            yield Verdict("µs over the original's call", ours.case, Spread.of(more), 1.0)


def _growth(results: Results) -> Iterator[Verdict]:
    """The power of the size with which a cost grows (upper half of the sizes), and the largest."""
    for measure in ("convert", "convert, peak", "convert, kept", "record", "nodes"):
        samples = [s for s in results.of(measure) if s.size is not None and s.case != "lines"]
        ours = [s for s in samples if s.competitor.endswith(OURS)]
        for case in dict.fromkeys(s.case for s in ours):
            curve = sorted((s for s in ours if s.case == case), key=lambda s: s.size or 0)
            if len(curve) > 2:
                target = f"{measure}: grows with the power"
                yield Verdict(target, case, _power(curve[len(curve) // 2 - 1], curve[-1]), 1.1)
            by_hand = results.find(measure, case, _TF + BY_HAND, curve[-1].size)
            if by_hand is not None:
                found = ratios(curve[-1].values, by_hand.values)
                target = f"{measure}, {OURS} / {BY_HAND}"
                yield Verdict(target, f"{case}, {curve[-1].size:g}", found, 1.15)


def _power(small: Sample, large: Sample) -> Spread:
    assert small.size is not None
    assert large.size is not None
    stretch = math.log(large.size / small.size)
    pairs = zip(small.values, large.values, strict=True)
    return Spread.of([math.log(more / less) / stretch for less, more in pairs])
