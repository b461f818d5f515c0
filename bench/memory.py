"""Peaks of memory: of the process, and of Python's objects."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_bytes(run: Callable[[], Any]) -> int | None:
    """By how many bytes the process's resident memory grew at most while it ran.

    Linux only (`/proc/self/clear_refs`, see proc(5)); None elsewhere. Memory that the allocator has
    kept from before is not seen.
    """
    try:
        _RESET.write_text("5")
    except OSError:
        return None
    before = _kilobytes("VmRSS")
    run()
    return max(0, _kilobytes("VmHWM") - before) * 1024


def _kilobytes(field: str) -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def python_bytes(run: Callable[[], Any]) -> tuple[int, int]:
    """The peak of Python's objects while it ran, and what is left with its result kept."""
    gc.collect()
    tracemalloc.start()
    try:
        result = run()
        peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        left = tracemalloc.get_traced_memory()[0]
        del result
    finally:
        tracemalloc.stop()
    return peak, left
