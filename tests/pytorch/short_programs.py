"""Short programs in natural Python, each with another shape of control flow."""

from __future__ import annotations

from typing import Any


def absolute(x: Any) -> Any:
    return x if x > 0 else -x


def collatz(n: Any) -> Any:
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def squares_of_positives(m: Any) -> Any:
    total = 0.0
    for row in m:
        for v in row:
            if v > 0:
                total = total + v * v
    return total


def grown(x: Any, limit: Any) -> Any:
    i = 0
    while i < 10:
        x = x * 1.5
        if x > limit:
            return x
        if x < -limit:
            break
        i += 1
    return x - i
