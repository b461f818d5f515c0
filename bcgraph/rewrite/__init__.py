"""Rewriting: code objects with guards, and functions for the regions that guards divert to.

`rewrite` gives a function's code with its own instructions in their own order and a guard before
each branch and `for`: where the value is no staged one, the original jump follows. `region` makes
the function of one flow. What guards call is handed in as `Hooks`; nothing here knows a backend.
"""

from ._hooks import Hooks, SiteHook
from ._main import rewrite
from ._region import region

__all__ = ["Hooks", "SiteHook", "region", "rewrite"]
