"""Loops whose turns can be computed all at once: maps, reductions, scans and searches.

`recorded` takes a loop whose test and body have been recorded, and gives its values after the last
turn: where it is one of these by operations on all turns at once, else by the loop itself.
Whether that `is_asked` for says the setting, or the innermost `asked`, which tells what became of
the loops inside.
"""

from ._asked import asked, is_asked, recorded
from ._counting import Loop

__all__ = ["Loop", "asked", "is_asked", "recorded"]
