"""What was staged of each function so far, and as what; `explain` tells it.

Flows hold copies of a function's code. What is told of a site is told of the function's own code
object: two equal functions are two.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from bcgraph import _progress
from bcgraph._places import Place
from bcgraph._weak import ByIdentity
from bcgraph.regions import Flow, Loop, Site

from ._evidence import place_of

_log = logging.getLogger("bcgraph.staging")

Key = tuple[Any, Any]  # the operation and the location of a site


@dataclass(frozen=True, slots=True)
class Staged:
    """How a site was staged: as a loop or a conditional, with how many ways out.

    `turns`: how many turns of a loop were recorded one by one; 0 if it is one loop of the graph.
    `because`: what was said of it as one loop.
    """

    is_loop: bool
    ways: int
    turns: int = 0
    because: str = ""

    def __str__(self) -> str:
        if not self.is_loop:
            return "conditional"
        turns, ways = self.turns, self.ways
        told = f"loop of {turns} turn{'s' * (turns != 1)}, recorded one by one" if turns else "loop"
        return told if ways == 1 else f"{told}{',' * bool(turns)} with {ways} ways out"


class _Local(threading.local):
    recorded: Set[Place] = frozenset()  # the sites that are being recorded, one in the other


_local = _Local()
_originals: ByIdentity[CodeType, tuple[weakref.ref[CodeType], CodeType | None]] = ByIdentity()
_staged: ByIdentity[CodeType, dict[Key, Staged]] = ByIdentity()


def made_of(code: CodeType, copy: CodeType, original: CodeType) -> None:
    """A function's code has been rewritten, from a copy of it."""
    _originals[copy] = weakref.ref(original), None
    _originals[code] = weakref.ref(original), copy


def original(code: CodeType) -> CodeType:
    """The function's own code object of a copy or of rewritten code; of any other, itself.

    When the function is gone it is the copy.
    """
    found = _originals.get(code)
    if found is None:
        return code
    own, copy = found
    return own() or copy or code


def note(flow: Flow, site: Site) -> None:
    """A site is being staged."""
    first = site.decisions[0]
    known = _known(flow)
    known.setdefault(_key(flow, site), Staged(isinstance(first, Loop), len(first.ports)))


def note_turns(flow: Flow, site: Site, turns: int, because: str) -> None:
    """The turns of a loop have been recorded one by one."""
    known, key = _known(flow), _key(flow, site)
    if key in known:
        known[key] = replace(known[key], turns=turns, because=because)


@contextmanager
def recording(flow: Flow, site: Site) -> Iterator[None]:
    """Inside, a site is recorded: progress tells of it, and a log when it is done."""
    place, started, around = place_of(flow, site), time.perf_counter(), _local.recorded
    if place in around:  # its test, or its way back
        yield
        return
    _progress.step(place.filename, place.line)
    _local.recorded = {*around, place}
    try:
        yield
    finally:
        _local.recorded = around
    if _log.isEnabledFor(logging.INFO):
        became = _known(flow).get(_key(flow, site))
        if became is not None:  # what Python decides in a region comes here, too
            took = 1000 * (time.perf_counter() - started)
            _log.info("%s: recorded as a %s, in %.0f ms", place, became, took)


def staged_sites(code: CodeType) -> dict[Key, Staged]:
    """What was staged of a function so far, by operation and location."""
    return _staged.get(code) or {}


def _known(flow: Flow) -> dict[Key, Staged]:
    code = original(flow.cfg.code.origin)
    known = _staged.get(code)
    if known is None:
        known = _staged[code] = {}
    return known


def _key(flow: Flow, site: Site) -> Key:
    ins = flow.cfg.instructions(flow.cfg.blocks[site.block])[0]
    return ins.op, ins.location
