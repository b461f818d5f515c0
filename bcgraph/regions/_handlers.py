"""The handlers around a site that may become a part of what is staged there."""

from __future__ import annotations

from collections.abc import Iterator

from bcgraph.instructions import Op

from ._flow import Flow

_MATCHES = {"CHECK_EXC_MATCH", "CHECK_EG_MATCH"}


def handled(flow: Flow, block: int) -> Iterator[tuple[int, ...]]:
    """The chains of handlers around each `except` of the flow that a block lies under."""
    for chain, handler in _around(flow, block):
        if handler[1:2] == ["POP"] or not _MATCHES.isdisjoint(handler):
            yield chain


def is_free(flow: Flow, block: int) -> bool:
    """Whether all handlers of the flow around a block may become a part of what is staged there."""
    chain = flow.cfg.outer[block]
    for rest, _ in _around(flow, block):
        chain = rest
    return len(chain) == len(flow.outer)


def _around(flow: Flow, block: int) -> Iterator[tuple[tuple[int, ...], list[str]]]:
    """The chains around each `try` of the flow that a block lies under, and what its handler does.

    Innermost first. What the handler of a `with` guards is not looked beyond: its `__exit__` would
    run on each way. Nor is what an `except` itself does: the exception in hand is its caller's.
    """
    chain = flow.cfg.outer[block]
    while len(chain) > len(flow.outer):
        handler = _names(flow, chain[0])
        if handler[:1] != ["PUSH_EXC_INFO"] or "WITH_EXCEPT_START" in handler:
            return
        chain = flow.cfg.outer[chain[0]]
        if chain and "POP_EXCEPT" in _names(flow, chain[0]):  # of the handler itself
            chain = chain[1:]
        if len(chain) < len(flow.outer):
            return
        yield chain, handler


def _names(flow: Flow, block: int) -> list[str]:
    cfg = flow.cfg
    found = cfg.instructions(cfg.blocks[block])
    return [str(i.arg[0]) if i.op is Op.OPAQUE else i.op.name for i in found]  # type: ignore[index]
