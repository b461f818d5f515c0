"""What bcgraph does with a function, for people to read."""

from ._explain import Explanation, SiteReport, explain

__all__ = ["Explanation", "SiteReport", "explain"]
