"""Executing regions as they come: the predicate is a value, so only the way taken runs.

This is how the NumPy reference backend stages. It needs no types and no merging, so whatever
differs from the original function is a fault of regions or rewriting.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from bcgraph.instructions import Op
from bcgraph.regions import Cond, Flow, Loop, Site

from ._region import Environment, decided, resumed, run

_EXHAUSTED = object()


def execute(
    flow: Flow, site: Site, at: Environment, coded: Callable[[Flow], CodeType]
) -> tuple[int | None, Any]:
    """Runs a site's first decision on the state `at` (the predicate or iterator on top)."""
    over = flow.cfg.blocks[site.block].terminator is Op.FOR
    if over:
        iterator = at.operands[-1]
        item = next(iterator, _EXHAUSTED)
        which = 0 if item is not _EXHAUSTED else 1
        if which == 0:
            at.operands.append(item)
        else:
            at.operands.pop()
    else:
        which = 0 if decided(flow, site, at.operands.pop()) else 1
    decision = site.decisions[0]
    port: Any
    if isinstance(decision, Cond):
        arm = decision.arms[which]
        port = decision.targets[which] if arm is None else run(arm, coded(arm), at)
    elif decision.targets[which] == decision.enters:
        port = _loop(decision, at, coded)
    else:
        port = decision.targets[which]
    return resumed(flow, site, port, at)


def _loop(loop: Loop, at: Environment, coded: Callable[[Flow], CodeType]) -> Any:
    while True:
        port = run(loop.body, coded(loop.body), at)
        if port != loop.start:
            return port
        if loop.test is not None:
            port = run(loop.test, coded(loop.test), at)
            if port != loop.enters:
                return port
        if loop.over:
            item = next(at.operands[-1], _EXHAUSTED)
            if item is _EXHAUSTED:
                at.operands.pop()
                return loop.targets[1 - loop.stays]
            at.operands.append(item)
