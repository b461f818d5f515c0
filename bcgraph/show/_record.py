"""What `explain` tells: one record, as text, as data, and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bcgraph._history import Compilation

from ._nodes import Node


@dataclass(frozen=True, slots=True)
class SiteReport:
    """One branch or `for`.

    `kind`: "if", "while", "for", or "expression" (a ternary, `and`, `or`). `would_be`: what it is
    as part of a graph. `staged`: whether a staged value has decided it so far; else it ran as
    Python, and `why` says for what reason. `carries`: the variables that go in or come out.
    `exits`: how many ways lead out of it. `turns`: how many turns of a loop are in the graph one by
    one, because one loop could not hold them; else 0. `ran`: whether the function is known to have
    run at all.
    """

    line: int | None
    text: str
    kind: str
    would_be: str
    staged: bool
    why: str
    carries: tuple[str, ...]
    exits: int
    block: int
    turns: int = 0
    ran: bool = True

    def __str__(self) -> str:
        if not self.ran:
            return self.foreseen()
        state = f"staged as a {self.would_be}" if self.staged else "ran as Python"
        carried = f" over {', '.join(self.carries)}" if self.staged and self.carries else ""
        refused = f" ({self.why})" if self.would_be == "refusal" or self.turns else ""
        return f"line {self.line}: {self.text or self.kind}: {state}{carried}{refused}"

    def foreseen(self) -> str:
        """What it would be as part of a graph, in a line."""
        carried = f" over {', '.join(self.carries)}" if self.carries else ""
        would_be = f"a {self.would_be}{carried} if a tensor decides it"
        if self.would_be == "refusal":
            would_be = self.why
        return f"line {self.line}: {self.text or self.kind}: {would_be}"


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """What became of a function's sites, and what was compiled of it.

    `source`: its lines with their numbers; a listing made of its bytecode where `is_listing`.
    `compilations`, and `graphs` (for each graph what runs it, and why, as its backend tells): only
    of a compiled function.
    """

    name: str
    filename: str
    source: tuple[tuple[int | None, str], ...]
    is_listing: bool
    sites: tuple[SiteReport, ...]
    compilations: tuple[Compilation, ...]
    graphs: tuple[str, ...]
    structure: tuple[Node, ...]
    graph: str

    @property
    def has_run(self) -> bool:
        """Whether it is known to have run: something was compiled or staged of it."""
        return bool(self.compilations) or any(site.staged for site in self.sites)

    def __str__(self) -> str:
        if not self.sites:
            head = f"{self.name}: no branch and no loop; nothing to stage"
            return "\n".join([head, *(f"  {graph}" for graph in self.graphs)])
        count = sum(site.staged for site in self.sites)
        if not self.has_run:
            many = "branches and loops" if len(self.sites) > 1 else "branch or loop"
            head = f"{self.name}: {len(self.sites)} {many}, none staged so far"
            return "\n".join([head, *(f"  {site}" for site in self.sites)])
        head = f"{self.name}: {count} of {len(self.sites)} branches and loops staged"
        return "\n".join([head, *(f"  {line}" for line in (*self.sites, *self.graphs))])

    __repr__ = __str__

    def as_dict(self) -> dict[str, Any]:
        """The record as dictionaries, lists, numbers and texts."""
        return {
            "name": self.name,
            "filename": self.filename,
            "is_listing": self.is_listing,
            "source": [list(line) for line in self.source],
            "sites": [asdict(site) for site in self.sites],
            "compilations": [_compilation(c) for c in self.compilations],
            "graphs": list(self.graphs),
            "graph": self.graph,
        }

    def to_json(self) -> str:
        """The record as JSON."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def to_svg(self) -> str:
        """The function's control flow as a picture, its loops nested."""
        from ._drawing import drawing

        return drawing(self)

    def to_html(self) -> str:
        """One page that needs nothing else: the text, the picture, the sites, the compilations."""
        from ._page import page

        return page(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        from ._page import framed

        return framed(self)


def _compilation(found: Compilation) -> Mapping[str, Any]:
    return {
        "at": found.at,
        "backend": found.backend,
        "arguments": dict(found.arguments),
        "cause": found.cause,
        "steps": dict(found.steps),
    }
