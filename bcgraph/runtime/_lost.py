"""What stands for the contents of a container that nobody knows any more."""

from __future__ import annotations

import copy
from typing import NoReturn

from bcgraph.errors import Disagreement

from ._refusing import refusing


@refusing
class Lost:
    """Contents of a container; the `error` says why no graph holds them.

    It may be held and handed on; its use is that error.
    """

    __slots__ = ("error",)

    def __init__(self, error: Disagreement) -> None:
        self.error = error

    def refuse(self) -> NoReturn:
        """Raises `Disagreement`."""
        raise copy.copy(self.error)

    def __repr__(self) -> str:
        return "<contents that were lost>"
