"""Long work that a user waits for, shown on a terminal: what is being done, since when.

rich draws it (the extra of that name) once it has taken a while, on standard error, and takes it
away in the end. Without rich, without a terminal and with `BCGRAPH_PROGRESS=0` nothing is drawn.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.spinner import Spinner

AFTER = 2.0  # seconds in which nothing is shown

_screen = threading.Lock()  # held by what is being drawn


class _Work:
    """What a thread is at."""

    def __init__(self, what: str) -> None:
        self.what, self.place, self.steps = what, "", 0
        self._begun = time.perf_counter()
        self._lock = threading.Lock()
        self._live: Any = None
        self._spinner: Spinner | None = None
        self._is_over = False
        self._timer = threading.Timer(AFTER, self._draw)
        self._timer.daemon = True
        self._timer.start()

    def _draw(self) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        with self._lock:
            if self._is_over or not _screen.acquire(blocking=False):
                return
            self._spinner = Spinner("dots")
            self._live = Live(
                get_renderable=self._drawn,
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _drawn(self) -> Spinner:
        from rich.text import Text

        assert self._spinner is not None
        told = [f"bcgraph: {self.what}"]
        if self.steps:
            told.append(f"{self.steps} branches and loops")
        if self.place:
            told.append(self.place)
        told.append(f"{time.perf_counter() - self._begun:.0f} s")
        self._spinner.update(text=Text(" · ".join(told), overflow="ellipsis", no_wrap=True))
        return self._spinner

    def end(self) -> None:
        """Takes away what is drawn."""
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            if self._live is not None:
                self._live.stop()
                _screen.release()


class _Local(threading.local):
    work: _Work | None = None


_local = _Local()


@functools.cache
def _has_rich() -> bool:
    return importlib.util.find_spec("rich") is not None


def _is_wanted() -> bool:
    stream = sys.stderr
    return (
        stream is not None
        and stream.isatty()
        and os.environ.get("BCGRAPH_PROGRESS", "") != "0"
        and _has_rich()
    )


@contextmanager
def working(what: str) -> Iterator[None]:
    """Inside, `what` is being done; inside of other work of this thread, as a part of it."""
    work = _local.work
    if work is not None:
        before, work.what = work.what, what
        try:
            yield
        finally:
            work.what = before
        return
    if not _is_wanted():
        yield
        return
    work = _local.work = _Work(what)
    try:
        yield
    finally:
        _local.work = None
        work.end()


def step(filename: str, line: int | None) -> None:
    """A branch or loop of the program is being recorded."""
    work = _local.work
    if work is not None:
        work.steps += 1
        work.place = f"{os.path.basename(filename)}:{line or '?'}"
