"""The runtime: what guards call, and how a diverted site is staged on a backend."""

from ._runtime import DISABLED, Runtime

__all__ = ["DISABLED", "Runtime"]
