"""Logs: `BCGRAPH_LOGS` names what is written to standard error.

Each category is the logger `bcgraph.<category>`; programs that set up logging themselves need no
variable. `+frames` is no logger: tracebacks then keep the frames of bcgraph and of tracing.
"""

from __future__ import annotations

import logging
import os

from bcgraph.errors import UnknownOption

CATEGORIES = {
    "captures": "each graph that is recorded, of which arguments, and how long it took",
    "conversion": "each function that is rewritten; with a `+`, its text",
    "jit": "what runs a graph (XLA or not, Inductor or Python), and why",
    "recompiles": "why a function is recorded again",
    "staging": "each branch and loop that is recorded, as what",
}
ALL, FRAMES = "all", "frames"


def start() -> None:
    """Turns on the categories of `BCGRAPH_LOGS`, a list with commas; a `+` before one tells more.

    Raises:
        UnknownOption: on a category that there is not.
    """
    for name, level in _named().items():
        if name == FRAMES:
            continue
        if name != ALL and name not in CATEGORIES:
            there = ", ".join((*CATEGORIES, ALL, f"+{FRAMES}"))
            raise UnknownOption(
                f"BCGRAPH_LOGS names {name!r}, which is no category of logs",
                mend=f"there are: {there}",
            )
        for category in CATEGORIES if name == ALL else (name,):
            _turn_on(category, level)


def _turn_on(category: str, level: int) -> None:
    logger = logging.getLogger(f"bcgraph.{category}")
    logger.setLevel(min(level, logger.level or level))
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(f"bcgraph {category}: %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False


def frames_are_shown() -> bool:
    """Whether tracebacks keep the frames between the user's own."""
    return FRAMES in _named()


def _named() -> dict[str, int]:
    """The names, each with the level that it is for."""
    found: dict[str, int] = {}
    for name in os.environ.get("BCGRAPH_LOGS", "").split(","):
        if plain := name.strip().removeprefix("+"):
            found[plain] = logging.DEBUG if name.strip() != plain else logging.INFO
    return found
