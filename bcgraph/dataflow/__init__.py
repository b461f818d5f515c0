"""Dataflow over the graph: which local variables are live, and which surely have a value.

Sets of variables are bit masks over `Facts.variables`. Exception edges count: what a handler reads
is live throughout its `try`.

Example: in `if a: y = 1` / `return y`, `y` is live at the return and not surely assigned there.
"""

from ._facts import Facts, analyse, unsuppressed

__all__ = ["Facts", "analyse", "unsuppressed"]
