"""PyTorch: control flow on tensors becomes `cond` and `while_loop` of one captured graph."""

from ._backend import Backend

__all__ = ["Backend"]
