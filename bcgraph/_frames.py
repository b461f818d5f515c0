"""Tracebacks as users know them: the frames of their own functions, as often as they called them.

What bcgraph and the framework's tracing put between is left out, unless `BCGRAPH_LOGS` holds
`+frames`.
"""

from __future__ import annotations

from types import FrameType, TracebackType

from bcgraph._library import is_library_name
from bcgraph._logs import frames_are_shown

_OWN = ("bcgraph", "bcgraph_numpy", "bcgraph_tensorflow", "bcgraph_torch")


def without_internals(trace: TracebackType | None) -> TracebackType | None:
    """The traceback of an exception without the frames that no user wrote.

    A run of library frames with bcgraph's own among them goes; of one at the end, what follows
    bcgraph's last frame stays: it tells what a framework's function was doing. A function that has
    been left for a part of itself is one frame, where it was in that part.
    """
    if frames_are_shown():
        return trace
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    kept: list[TracebackType] = []
    run: list[TracebackType] = []
    for entry in entries:
        if is_library_name(_module(entry.tb_frame)) or _is_made_by_tools(entry.tb_frame):
            run.append(entry)
            continue
        own = any(is_own(one.tb_frame) for one in run)
        if not own:
            kept += run
        elif kept and _is_same_function(kept[-1].tb_frame, entry.tb_frame):
            kept.pop()
        run = []
        kept.append(entry)
    last = max((i for i, one in enumerate(run) if is_own(one.tb_frame)), default=-1)
    kept += run[last + 1 :]
    found: TracebackType | None = None
    for entry in reversed(kept):
        found = TracebackType(found, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return found


def cause(error: BaseException) -> BaseException | None:
    """What to name as the cause of an error that says all there is to say: nothing by default."""
    return error if frames_are_shown() else None


def _module(frame: FrameType) -> object:
    return frame.f_globals.get("__name__")


def is_own(frame: FrameType) -> bool:
    """Whether a frame is of bcgraph or of one of its backends."""
    name = _module(frame)
    return isinstance(name, str) and name.partition(".")[0] in _OWN


def _is_made_by_tools(frame: FrameType) -> bool:
    """Whether a tracer has made a function of text, which lies in no module."""
    return _module(frame) is None


def _is_same_function(first: FrameType, second: FrameType) -> bool:
    one, other = first.f_code, second.f_code
    return (one.co_filename, one.co_qualname) == (other.co_filename, other.co_qualname)
