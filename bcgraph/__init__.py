"""Tensor programs in ordinary Python, as one graph.

`@bcgraph.compile` turns a function whose `if`, `while`, `for`, `break`, `return`, `and`, `assert` …
depend on tensors into one graph. It rewrites CPython bytecode and never reads source.
"""

from bcgraph import _logs, errors
from bcgraph._backends import backends
from bcgraph._compiled import CacheInfo, Compiled, compile, convert, disable
from bcgraph._config import Config, config
from bcgraph._history import Compilation
from bcgraph.runtime import python
from bcgraph.show import Explanation, SiteReport, explain, to_code

__all__ = [
    "CacheInfo",
    "Compilation",
    "Compiled",
    "Config",
    "Explanation",
    "SiteReport",
    "backends",
    "compile",
    "config",
    "convert",
    "disable",
    "errors",
    "explain",
    "python",
    "to_code",
]

_logs.start()
