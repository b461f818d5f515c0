"""Programs on which the library that assembles code goes wrong if left to itself.

It works out the operands that an exception handler keeps, the size of the stack and the flags anew,
and mixes up the locals of 3.13's two-register instructions from the 16th on. Each wrong answer may
crash the interpreter, so the programs run in one of their own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from library.files import functions
from library.stack import fault
from programs.oracle import MODES, recordable

TESTS = Path(__file__).parents[1]

_HANDLER = """
def f(a, b, c, log):
    for x in range(2):
        for y in range(3):
            try:
                try:
                    if y != a:
                        raise ValueError(y)
                {clause}
                    log.append((x, y))
                    {leave}
            except ValueError as error:
                log.append(str(error))
                if y > b:
                    {leave}
            except KeyError:
                raise
    return x, y
"""
_LOCALS = [f"v{i:02}" for i in range(24)]

PROGRAMS = {
    **{
        f"{clause}, {leave}": _HANDLER.format(
            clause=f"{clause}:", leave=leave
        )
        for clause in ("finally", "except IndexError", "except ValueError")
        for leave in ("continue", "break", "return y", "raise IndexError(y)")
    },
    "with_in_loops": """
def f(a, b, c, log):
    for x in range(3):
        for y in range(3):
            try:
                with Recorder(log, x, x == a):
                    if y > b:
                        raise ValueError(y)
                    if y == c:
                        break
            finally:
                log.append((x, y))
    return a
""",
    "many_locals": f"""
def f(a, b, c, log):
    {" = ".join(_LOCALS)} = a
    for v20 in range(3):
        v21, v22 = v20, b
        v18 = v22
        v19 = v17 if v21 > v22 else v23
        v16, v23 = v18 + v19, v22 + v21
        if v16 > v23:
            v17, v16 = v16, v17
    return {", ".join(_LOCALS)}
""",
    "cells": """
def f(a, b, c, log):
    def outer(x):
        nonlocal b
        def inner(y, *rest, key=a, **named):
            nonlocal x
            if y > c:
                x += y
                return inner(y - 1, *rest, key=key)
            return x, y, a, b, rest, key, named
        b = 7 if x else 8
        return inner
    return [outer(i)(i + 3, i, key=c, other=b) for i in range(3)], b
""",
    "wide_lines": f"""
def f(a, b, c, log):
    total = 0
    for x in range(3):
        y = (a if {"x + " * 30} x > b else c)
        if {"y + " * 30} x > b:
            y = 1 if {"y + " * 30} x > b else 2
        log.append(y)
        z = {"a * 1 + " * 16} (1 if y else 2) // (x - c)
        total += {"z + " * 32} y
    return total
""",
    "comprehension_of_two": """
def f(a, b, c, log):
    try:
        d = a
    finally:
        try:
            d = [b for b in range(3) if b > a for m in range(3) if m != c]
        finally:
            log.append((d, a or b))
    def later():
        nonlocal b
        b += 1
    later()
    return [m for b in d for m in range(b)], b
""",
    "deep_operands": f"""
def f(a, b, c, log):
    total = 0
    for x in range(3):
        with Recorder(log, x):
            total += combine({", ".join(f"a if x > {i} else b" for i in range(12))}, base=(
                combine({", ".join(f"{i} and c or x" for i in range(12))})
            ))
    return total
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    script = (
        "import sys; from programs.oracle import difference; "
        "print(difference(sys.stdin.read()), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "ignore", "-c", script],
        input=PROGRAMS[name],
        capture_output=True,
        text=True,
        cwd=TESTS,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("name", PROGRAMS)
def test_stack_is_large_enough(name: str) -> None:
    for code in codes(PROGRAMS[name]):
        function = FunctionType(code, {}, closure=closure(code))
        for mode, convert in MODES.items():
            assert fault(convert(function).__code__) == "", mode


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("name", PROGRAMS)
def test_both_readings_of_the_lines_agree(name: str) -> None:
    """CPython reads the table of positions in two ways: for tracebacks, and for columns."""
    for code in codes(PROGRAMS[name]):
        made = converted(FunctionType(code, {}, closure=closure(code)))
        lines = [line for start, end, line in made.co_lines() for _ in range(start, end, 2)]
        assert lines == [position[0] for position in made.co_positions()]


FORMS = """
def plain(a, /, b, *rest, c=1, **named): return a if b else rest
def generator(n):
    while n:
        yield n
        n -= 1
async def coroutine(x):
    if x:
        await x
async def asynchronous(xs):
    async for x in xs:
        if x:
            yield x
def around(a):
    def inner(b):
        return a if b else b
    return inner
class Thing:
    def method(self):
        if super().__init__():
            return __class__
"""
KEPT = (
    "co_flags", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_freevars",
    "co_cellvars", "co_name", "co_qualname", "co_filename", "co_firstlineno", "co_varnames",
)  # fmt: skip


@pytest.mark.parametrize(
    "code", list(functions(compile(FORMS, "<forms>", "exec"))), ids=lambda code: code.co_qualname
)
def test_what_describes_a_function_is_kept(code: CodeType) -> None:
    made = converted(FunctionType(code, {}, closure=closure(code)))
    assert {name: getattr(made, name) for name in KEPT} == {
        name: getattr(code, name) for name in KEPT
    }


def codes(source: str) -> list[CodeType]:
    return list(functions(compile(source, "<program>", "exec")))


def converted(function: FunctionType) -> CodeType:
    return recordable(function).__code__


def closure(code: CodeType) -> tuple[object, ...]:
    return tuple((lambda value: lambda: value)(None).__closure__[0] for _ in code.co_freevars)
