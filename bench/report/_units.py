"""Figures as people read them."""

from __future__ import annotations

from bench.clock import Spread


def shown(value: float, unit: str) -> str:
    """With three digits and the prefix that suits it."""
    if unit == "s":
        return _scaled(value, (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)))
    if unit == "bytes":
        return _scaled(value, (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)))
    return f"{value:.0f}"


def _scaled(value: float, units: tuple[tuple[str, float], ...]) -> str:
    for name, size in units:
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value / units[-1][1]:.2g} {units[-1][0]}"


def ratio(spread: Spread) -> str:
    """The median, and the quartiles."""
    return f"{_digits(spread.middle)} ({_digits(spread.low)}–{_digits(spread.high)})"  # noqa: RUF001


def _digits(value: float) -> str:
    return f"{value:.3g}" if value >= 10 else f"{value:.2f}"
