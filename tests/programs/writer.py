"""What writes a random program: its lines, and suites of statements."""

from __future__ import annotations

import random


class Writer:
    """Writes one program; a subclass writes its statements."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines: list[str] = []
        self.serial = 0

    def put(self, depth: int, text: str) -> None:
        """Adds a line."""
        self.lines.append("    " * depth + text)

    def suite(self, depth: int, length: int) -> None:
        """Adds statements."""
        for _ in range(length):
            self.statement(depth)

    def statement(self, depth: int) -> None:
        """Adds a statement."""
        raise NotImplementedError

    def function(self, signature: str) -> str:
        """The program."""
        return f"def f({signature}):\n" + "\n".join(self.lines) + "\n"
