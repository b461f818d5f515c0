"""Converts every function of the standard library and counts what comes of it.

    python -m library.standard_library [EVERY]

run in `tests/`, does all modules (or every EVERY-th), prints a table of refusals by kind, and
exits with 1 where bcgraph failed. Nothing is imported or run: files are compiled, and each
function's code is rewritten, with guards and with every predicate staged; then each site's regions
are made.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import CodeType
from typing import Any

from bcgraph.instructions import read
from bcgraph.regions import Cond, Decision, Flow, Site
from bcgraph.rewrite import Hooks, SiteHook, region, rewrite
from library.files import compiled, functions, sources
from library.stack import fault


@dataclass
class Tally:
    """What was converted: counts, and a text for each failure of bcgraph's own."""

    modules: int = 0
    functions: int = 0
    sites: int = 0
    regions: int = 0
    refusals: dict[str, list[str]] = field(default_factory=dict)  # kind → where
    faults: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many sites can't be staged."""
        return sum(map(len, self.refusals.values()))

    def __str__(self) -> str:
        kinds = sorted(self.refusals.items(), key=lambda kind: -len(kind[1]))
        lines = [
            f"{self.modules:8} modules",
            f"{self.functions:8} functions",
            f"{self.sites:8} sites",
            f"{self.regions:8} regions",
            f"{self.refused:8} sites refused, {self.refused / max(1, self.sites):.2%}",
            *(f"{len(at):12}  {kind}, as in {', '.join(at[:2])}" for kind, at in kinds),
            f"{len(self.faults):8} faults",
        ]
        return "\n".join(lines)


class Converter:
    """Converts code objects as `compile` and `stage_everything` do, and makes every region."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._sites: list[tuple[Flow, Site]] = []
        stubs: dict[str, Any] = {field.name: _unused for field in fields(Hooks)}
        stubs.update(site=self._record, nested=lambda code: code)
        self._modes = (
            Hooks(**stubs | {"everything": False, "symbolic": True, "journal": True}),
            Hooks(**stubs | {"everything": True, "symbolic": False, "journal": False}),
        )

    def _record(self, held: Callable[[], Flow | None], site: Site) -> SiteHook:
        flow = held()
        assert flow is not None
        self._sites.append((flow, site))
        return _unused

    def convert(self, code: CodeType) -> None:
        """Rewrites one function in both modes, and makes the regions of its sites."""
        self.tally.functions += 1
        for hooks in self._modes:
            self._sites.clear()
            try:
                shell = read(code)
                shell.verify()
                self._check(code, rewrite(shell, hooks))
                sites = list(self._sites)
                for flow, site in sites:
                    flow.cfg.verify()
                    if not site.refusal:
                        for piece in (f for d in site.decisions for f in flows(d)):
                            self.tally.regions += 1
                            self._check(code, region(piece, hooks))
            except Exception:
                self._fault(code, traceback.format_exc(limit=-4))
            else:
                if not hooks.everything:
                    self.tally.sites += len(sites)
                    for flow, site in sites:
                        if site.refusal:
                            line = flow.cfg.instructions(flow.cfg.blocks[site.block])[0].line
                            place = f"{Path(code.co_filename).name}:{line}"
                            self.tally.refusals.setdefault(site.refusal, []).append(place)

    def _check(self, code: CodeType, made: CodeType) -> None:
        if wrong := fault(made):
            self._fault(code, wrong)

    def _fault(self, code: CodeType, text: str) -> None:
        place = f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}"
        self.tally.faults.append(f"{place}\n{text}")


def _unused(*_: object) -> tuple[int, object]:
    raise AssertionError("converted code is not run here")


def flows(decision: Decision) -> list[Flow]:
    """The flows that become functions when a decision is staged."""
    if isinstance(decision, Cond):
        return [arm for arm in decision.arms if arm is not None]
    return [decision.body] if decision.test is None else [decision.body, decision.test]


def convert_files(paths: Iterable[Path], *, progress: bool = False) -> Tally:
    """Converts every function of some files."""
    converter = Converter()
    tally = converter.tally
    for path in paths:
        if (code := compiled(path)) is not None:
            tally.modules += 1
            for function in functions(code):
                converter.convert(function)
        if progress:
            text = f"\r{tally.modules} modules, {tally.functions} functions"
            print(text, end="", file=sys.stderr, flush=True)
    return tally


def main() -> int:
    """Converts the whole library, prints the table."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    tally = convert_files(sources()[::every], progress=True)
    print(file=sys.stderr)
    for text in tally.faults:
        print(text)
    print(f"CPython {sys.version.split()[0]}\n{tally}")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
