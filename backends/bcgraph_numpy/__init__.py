"""The reference backend: NumPy arrays, regions executed as they come."""

from ._backend import Backend

__all__ = ["Backend"]
