"""The door between the core and its backends: what a backend must be able to do."""

from __future__ import annotations

from typing import Any, Protocol


class Backend(Protocol):
    """What a framework must do for bcgraph."""

    name: str

    def is_staged(self, value: Any) -> bool:
        """Whether a value is symbolic in a graph that is being built."""
        ...
