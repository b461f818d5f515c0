"""The runtime: what guards call, and how a diverted site is staged on a backend."""

from ._outside import python
from ._runtime import DISABLED, Runtime, staged_sites

__all__ = ["DISABLED", "Runtime", "python", "staged_sites"]
