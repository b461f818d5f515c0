"""How many branches and loops of a file's functions can't be staged, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from library.files import compiled, functions

from bcgraph.cfg import build
from bcgraph.dataflow import analyse
from bcgraph.instructions import Op, read
from bcgraph.regions import plan, whole


@dataclass(frozen=True)
class Sites:
    """The sites of some files; `left` counts those that stay Python's, by reason."""

    number: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Sites) -> Sites:
        return Sites(self.number + other.number, self.left + other.left)

    def __str__(self) -> str:
        head = f"{self.number} sites in the files, {self.left.total()} of them can't be staged"
        return "\n".join([head, *(f"{n:8}  {why}" for why, n in self.left.most_common())])


@cache
def sites_of(path: str) -> Sites:
    """The sites of a file's functions."""
    code = compiled(Path(path))
    number, left = 0, Counter[str]()
    for function in functions(code) if code is not None else ():
        cfg = build(read(function))
        flow = whole(cfg, analyse(cfg))
        for block in cfg.blocks:
            if block.terminator in (Op.BRANCH, Op.FOR):
                number += 1
                refusal = plan(flow, block.id, repeatable=False).refusal
                if refusal is not None:
                    left[refusal] += 1
    return Sites(number, left)
