"""The runtime: what guards call, and how a diverted site is staged on a backend."""

from ._outside import python
from ._runtime import DISABLED, INNER, Runtime
from ._staged import Staged, original, staged_sites

__all__ = ["DISABLED", "INNER", "Runtime", "Staged", "original", "python", "staged_sites"]
