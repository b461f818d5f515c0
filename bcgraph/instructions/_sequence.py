"""Sequences of instructions that are written again and again: recorded once, then copied."""

from __future__ import annotations

from typing import NamedTuple


class Sequence(NamedTuple):
    """Instructions as numbers, and where its operands go; `~n` stands for its own `n`-th label."""

    operations: bytes
    arguments: tuple[int, ...]
    constants: tuple[tuple[int, object], ...]  # where, and which, of those that are always the same
    given: tuple[tuple[int, int], ...]  # where a constant is an operand, and the number of that
    jumps: tuple[tuple[int, int], ...]  # where one is, and the number of the operand it goes to
    labels: tuple[int, ...]  # where its own labels lie
