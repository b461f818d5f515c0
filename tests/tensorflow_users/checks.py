"""A program with checks, which pytest does not rewrite."""

from __future__ import annotations

from typing import Any


class TooLarge(Exception):
    pass


def checked(values: Any) -> Any:
    total = 0
    for value in values:
        assert value >= 0, f"got {value}"
        if value > 100:
            raise TooLarge("large", 7)
        total += value
    return total
