"""Logs: `BCGRAPH_LOGS` names what is written to standard error.

Each category is the logger `bcgraph.<category>`; programs that set up logging themselves need no
variable. `recompiles`: why a function is captured again. `captures`: what was captured, and what
runs it.
"""

from __future__ import annotations

import logging
import os

from bcgraph.errors import UnknownOption

CATEGORIES = ("captures", "recompiles")


def start() -> None:
    """Turns on the categories of `BCGRAPH_LOGS`, a list with commas.

    Raises:
        UnknownOption: on a category that there is not.
    """
    names = [name.strip() for name in os.environ.get("BCGRAPH_LOGS", "").split(",")]
    for name in filter(None, names):
        if name not in CATEGORIES:
            raise UnknownOption(
                f"BCGRAPH_LOGS names {name!r}; there are: {', '.join(CATEGORIES)}",
            )
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("bcgraph: %(message)s"))
        logger = logging.getLogger(f"bcgraph.{name}")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
