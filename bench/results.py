"""What is found: figures and remarks, in the form in which they are kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import bcgraph

from .frameworks import FRAMEWORKS


@dataclass(frozen=True, slots=True)
class Sample:
    """Figures of one competitor.

    Attributes:
        measure: what was measured: "call", "first call", "convert" …
        case: of what: a program's name, or a curve's.
        competitor: whose.
        unit: "s", "bytes" or "nodes".
        values: one for each round; the same place of two competitors is the same round.
        size: on a curve, how large the case was.
    """

    measure: str
    case: str
    competitor: str
    unit: str
    values: tuple[float, ...]
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What is no figure: `kind` is "failed", "left out", or "state of loops"."""

    kind: str
    case: str
    competitor: str
    text: str


@dataclass(slots=True)
class Results:
    """All that a run of the suite finds, and where."""

    about: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def add(self, found: Iterable[Sample | Remark]) -> None:
        """Takes what a measurement yields, as it comes."""
        for one in found:
            if isinstance(one, Sample):
                self.samples.append(one)
            else:
                self.remarks.append(one)

    def of(self, measure: str) -> Iterator[Sample]:
        """The samples of a measure."""
        return (sample for sample in self.samples if sample.measure == measure)

    def find(
        self, measure: str, case: str, competitor: str, size: float | None = None
    ) -> Sample | None:
        """One of them; None if there is none."""
        for sample in self.of(measure):
            if (sample.case, sample.competitor, sample.size) == (case, competitor, size):
                return sample
        return None

    def json(self) -> str:
        """As JSON text; `read` takes it back."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def read(cls, text: str) -> Results:
        """Of JSON text."""
        found = json.loads(text)
        samples = [Sample(**{**s, "values": tuple(s["values"])}) for s in found["samples"]]
        return cls(found["about"], samples, [Remark(**r) for r in found["remarks"]])


def about(**settings: Any) -> dict[str, Any]:
    """The machine, the versions and the settings."""
    return {
        "python": sys.version.split()[0],
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "bcgraph": list(bcgraph.backends()),
        "frameworks": {f.name: f.version for f in FRAMEWORKS.values() if f.is_installed},
        "settings": settings,
    }
