"""Eager execution on NumPy: it runs everywhere, and is the oracle for the other backends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bcgraph.backend import Program, check_options


class Backend:
    """Executes regions: an array decides a branch when it is reached."""

    name = "numpy"
    symbolic = False

    def owns(self, value: Any) -> bool:
        """Whether a value is an array or a NumPy scalar."""
        return isinstance(value, np.ndarray | np.generic)

    def is_staged(self, value: Any) -> bool:
        """Arrays decide regions; an array of other than one element cannot."""
        return isinstance(value, np.ndarray | np.generic)

    def compile(self, program: Program, options: Mapping[str, Any]) -> Callable[..., Any]:
        """The converted function itself: there is nothing to trace."""
        check_options(self.name, options, ())
        return program.converted
