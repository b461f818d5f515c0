"""Regions: what each site would stage, from the graph and its facts alone.

A *flow* is a piece of the graph that becomes one function: an entry, blocks, and *ports*, the
blocks (or the return) at which control leaves it. The whole function is a flow too. A *site* is a
branch or a `for` of a flow; its *decisions* say what runs when the site is decided by a staged
value: a `Cond` runs one of several arms, each a flow, up to where they join; a `Loop` runs a body
flow again and again. When what was run leaves at a port that is itself a staged value, the next
decision switches on it, until one point is left at which the flow goes on.

Example: `while a: … if b: return x …` is a Loop with two ports, then a Cond whose arms are what
follows each of them.
"""

from ._flow import RETURN, Flow, suspends, whole
from ._head import Head
from ._plan import apart, plan
from ._sites import Cond, Decision, Loop, Resume, Site

__all__ = [
    "RETURN",
    "Cond",
    "Decision",
    "Flow",
    "Head",
    "Loop",
    "Resume",
    "Site",
    "apart",
    "plan",
    "suspends",
    "whole",
]
