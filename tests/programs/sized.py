"""Functions of any size, made anew each time so that no cache knows them."""

from __future__ import annotations

import linecache
from itertools import count
from types import FunctionType
from typing import Any

_serial = count()

BLOCK = """\
    while x < n:
        if x % 3 == 0:
            x = x + 1
        x = x * 2 + 1
"""


def mixed(blocks: int) -> str:
    """Loops with an `if` in them, one after the other: four lines each, and two around them."""
    return f"def f(x, n):\n{BLOCK * blocks}    return x\n"


def in_sequence(branches: int) -> str:
    """One `if` after the other."""
    body = "".join(f"    if x > {i % 100}:\n        y = y + x\n" for i in range(branches))
    return f"def f(x, n):\n    y = 0\n{body}    return y\n"


def returns(branches: int) -> str:
    """One early return after the other: what each governs is all the rest."""
    body = "".join(f"    if x > {i + 9}:\n        return x + {i % 100}\n" for i in range(branches))
    return f"def f(x, n):\n{body}    return n\n"


def continues(branches: int) -> str:
    """One loop with many a `continue`."""
    body = "".join(f"        if y > {i + 9}:\n            continue\n" for i in range(branches))
    return f"def f(x, n):\n    y = 0\n    while y < n:\n        y = y + x\n{body}    return y\n"


def breaks(branches: int) -> str:
    """One loop with many a `break`, after what all turns do."""
    body = "".join(f"        if y > {i + 9}:\n            break\n" for i in range(branches))
    return f"def f(x, n):\n    y = 0\n    while True:\n        y = y + x\n{body}    return y\n"


def conditions(tests: int) -> str:
    """One condition of many tests."""
    test = " and ".join(f"x > {i}" for i in range(tests))
    return f"def f(x, n):\n    if {test}:\n        return n\n    return x\n"


def nested(depth: int) -> str:
    """One `if` inside the other, with an `else` each."""
    lines = ["def f(x, n):", " y = 0"]
    lines += [" " * (i + 1) + f"if x > {i - depth}:" for i in range(depth)]
    lines.append(" " * (depth + 1) + "y = y + x")
    for i in reversed(range(depth)):
        lines += [" " * (i + 1) + "else:", " " * (i + 2) + f"y = y - {i}"]
    return "\n".join([*lines, " return y", ""])


def nested_loops(depth: int) -> str:
    """One `while` inside the other (CPython allows 20), each left by its test or a `break`."""
    lines = ["def f(x, n):", " y = x"]
    for i in range(depth):
        lines += [" " * (i + 1) + f"while y < {i + 2}:", " " * (i + 2) + "y = y + 1"]
        lines += [" " * (i + 2) + f"if y > {i + 9}:", " " * (i + 3) + "break"]
    return "\n".join([*lines, " return y", ""])


def variables(count: int) -> str:
    """One loop that carries so many variables, and a counter."""
    names = [f"v{i}" for i in range(count)]
    begin = "".join(f"    {name} = x + {i}\n" for i, name in enumerate(names))
    turn = "".join(f"        {name} = {name} + {i}\n" for i, name in enumerate(names))
    loop = f"    while i < n:\n{turn}        i = i + 1\n"
    return f"def f(x, n):\n    i = 0\n{begin}{loop}    return {' + '.join(names)}\n"


def made(source: str) -> FunctionType:
    """The function `f` of a source, a new one each time; its lines are there to be read."""
    filename = f"<bench {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": "bench_program"}
    exec(compile(source, filename, "exec"), namespace)
    return namespace["f"]
