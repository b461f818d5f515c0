"""What bcgraph does with a function, for people to read.

Example: `explain(f)` tells what became of each branch, `to_code(f)` gives the function as text.
"""

from ._code import text_of, to_code
from ._dump import dump
from ._explain import explain
from ._record import Explanation, SiteReport

__all__ = ["Explanation", "SiteReport", "dump", "explain", "text_of", "to_code"]
