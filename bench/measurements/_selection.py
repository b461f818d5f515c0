"""What a run of the suite is asked to measure, and how long."""

from __future__ import annotations

from dataclasses import dataclass

from bench.clock import Pace
from bench.frameworks import FRAMEWORKS


@dataclass(frozen=True, slots=True)
class Selection:
    """Which programs and frameworks, and how thoroughly.

    Attributes:
        quick: smaller sizes, fewer rounds, and few programs for what takes seconds to compile.
        programs: the names of programs; empty for all.
        frameworks: the names of frameworks; those that are not installed are left out.
        clock: "wall", or "cpu" on a machine that others use, too.
    """

    quick: bool = False
    programs: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = tuple(FRAMEWORKS)
    clock: str = "wall"

    @property
    def pace(self) -> Pace:
        """For what is called again and again."""
        if self.quick:
            return Pace(9, 0.001, 0.3, self.clock)
        return Pace(21, 0.005, 15.0, self.clock)

    @property
    def builds(self) -> int:
        """How often what is done once per function is done, each time with a new one."""
        return 1 if self.quick else 5

    def has(self, framework: str) -> bool:
        """Whether it is selected and installed."""
        return framework in self.frameworks and FRAMEWORKS[framework].is_installed
