"""The control-flow graph: canonical instructions in, basic blocks with dominators and loops out.

Instructions that the compiler copied (the test of a `while` at its bottom, a `finally` on each way
out, the shared end of several returns) are one again: the graph is minimised, so the same source
has the same graph on every supported CPython.

Example: `while i < n: i += 1` is three blocks: the test's operands, the branch, the body, with one
back edge from the body to the operands.
"""

from ._build import build
from ._graph import Block, Cfg, Loop, bits
from ._order import closure, postdominators

__all__ = ["Block", "Cfg", "Loop", "bits", "build", "closure", "postdominators"]
