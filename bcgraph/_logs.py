"""Logs: `BCGRAPH_LOGS` names what is written to standard error.

Each category is the logger `bcgraph.<category>`; programs that set up logging themselves need no
variable. `recompiles`: why a function is captured again. `captures`: what was captured, and what
runs it. `+frames` is no logger: tracebacks then keep the frames of bcgraph and of tracing.
"""

from __future__ import annotations

import logging
import os

from bcgraph.errors import UnknownOption

CATEGORIES = ("captures", "recompiles")
FRAMES = "frames"


def start() -> None:
    """Turns on the categories of `BCGRAPH_LOGS`, a list with commas; a `+` before one is ignored.

    Raises:
        UnknownOption: on a category that there is not.
    """
    for name in _named():
        if name == FRAMES:
            continue
        if name not in CATEGORIES:
            raise UnknownOption(
                f"BCGRAPH_LOGS names {name!r}; there are: {', '.join((*CATEGORIES, FRAMES))}",
            )
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("bcgraph: %(message)s"))
        logger = logging.getLogger(f"bcgraph.{name}")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


def frames_are_shown() -> bool:
    """Whether tracebacks keep the frames between the user's own."""
    return FRAMES in _named()


def _named() -> list[str]:
    names = os.environ.get("BCGRAPH_LOGS", "").split(",")
    return [name.strip().removeprefix("+") for name in names if name.strip()]
