"""The text of `to_code`, run as a program, does what the function does: it reads right."""

from __future__ import annotations

import dis
import functools
import inspect
import random
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs.generator import program
from programs.oracle import INPUTS
from programs.prelude import forget, make, outcome

import bcgraph
from bcgraph import to_code
from bcgraph.demo.programs import programs
from bcgraph.instructions import UnreadableCode
from bcgraph.show._expressions import Unreadable
from bcgraph.show._structure import structure

SEEDS = range(100)
PATTERNS = "from collections.abc import Mapping, Sequence"  # as a pattern's text names them


def run(fn: Any) -> Any:
    """The function that its text defines."""
    text = to_code(fn)
    space = dict(fn.__globals__)
    exec(PATTERNS, space)
    space.update({name: cell.cell_contents for name, cell in _cells(fn)})
    before = set(space)
    exec(compile(text, "<text>", "exec"), space)
    (name,) = (
        {n for n in space if n not in before or space[n] is not fn.__globals__.get(n)}
        - set(fn.__code__.co_freevars)
        - {"__builtins__", "Mapping", "Sequence"}
    )
    return space[name]


def _cells(fn: Any) -> Any:
    return zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True)


@pytest.mark.parametrize("shown", programs(np.stack), ids=lambda shown: shown.title)
def test_the_demos_programs(shown: Any) -> None:
    again = run(shown.function)
    for values in shown.inputs:
        tensors = tuple(map(np.array, values))
        expected, result = shown.function(*tensors), again(*tensors)
        assert np.array_equal(expected, result)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_generated_programs() -> None:
    compared = 0
    for seed in SEEDS:
        function = make(program(random.Random(seed)))
        text = to_code(function)
        if (
            "# Not structured" in text
            or "comp>" in text
            or "<genexpr" in text
            or _inlines(function)
        ):
            forget(function)
            continue
        again = make(f"{PATTERNS}\n{text}")
        for inputs in INPUTS:
            expected, found = outcome(function, function, inputs), outcome(again, again, inputs)
            assert (found.kind, found.result, found.log) == (
                    expected.kind, expected.result, expected.log,
                ), text  # fmt: skip
        compared += 1
        forget(function)
        forget(again)
    assert compared > 15


def _inlines(function: Any) -> bool:
    """Whether a comprehension is part of the function (3.12 and later): it is told as a loop."""
    found = (ins for code in _codes(function.__code__) for ins in dis.get_instructions(code))
    return any(ins.opname == "LOAD_FAST_AND_CLEAR" for ins in found)


def loops(values, limit):
    total, seen = 0, []
    for index, value in enumerate(values):
        if value < 0 or index > 10:
            continue
        if not 0 < value < limit:
            break
        total += value if value % 2 else -value
    else:
        total = total * 100
    while True:
        total -= 1
        if total < limit:
            return total, seen
        seen.append(total)


def handlers(values, limit):
    found = []
    for value in values:
        try:
            found.append(limit // value)
        except ZeroDivisionError as error:
            found.append(str(error))
        except (TypeError, ValueError):
            raise
    return found, [v * 2 for v in values if v], {v: v for v in values}, lambda a, b=2: a + b + limit


def texts(values, limit):
    first, *rest = values
    name = f"{first!r} of {limit:>4}"
    values[0:1] = [limit]
    return name, rest, values[-1], -(first**2), (first + limit) * 3, not (first and limit)


def decorated(values, limit):
    @functools.lru_cache
    def doubled(value):
        return value * 2

    class Held(list):
        """Kept."""

        first = limit

        def most(self):
            return max(self, default=self.first)

    return doubled(limit), Held(values).most(), Held.__doc__, Held().first


def delegating(values, limit):
    def inner():
        last = yield from values
        yield last is None
        yield from range(limit)

    async def waiting(x):
        return await x + 1

    async def given():
        return limit

    try:
        waiting(given()).send(None)
    except StopIteration as end:
        return list(inner()), end.value


def matching(values, limit):
    match values:
        case [1, second, *rest] if second > 1:
            return second, rest
        case [first, *_, 0]:
            found = first
        case [20, _, 1] | [_, 20, 1]:
            found = "twenty"
        case _:
            found = None
    match {"values": values, "limit": limit, "whole": complex(limit, 1)}:
        case {"limit": 11}:
            return None
        case {"values": [a, b, c], "whole": complex(real=int(part) | float(part))}:
            return found, a + b + c, part


def guarded(values, limit):
    found = []
    for value in values:
        try:
            if value == 2:
                continue
            with suppress(ZeroDivisionError):
                if value > 10:
                    break
                found.append(limit // value)
                if value == 5:
                    return "five", found
        finally:
            found.append(-value)
    return found


@pytest.mark.parametrize(
    "function", [loops, handlers, texts, decorated, delegating, matching, guarded]
)
@pytest.mark.parametrize("values", [[1, 2, 3], [3, -1, 0], [5, 20, 1]])
def test_forms(function: Any, values: list[int]) -> None:
    expected, found = function(list(values), 10), run(function)(list(values), 10)
    if function is handlers:
        assert found[-1](1) == expected[-1](1)
        expected, found = expected[:-1], found[:-1]
    assert found == expected


def test_the_text_of_a_function() -> None:
    assert to_code(loops) == LOOPS


LOOPS = """\
def loops(values, limit):
    seen = []
    total = 0
    for index, value in enumerate(values):
        if value < 0 or index > 10:
            continue
        if not 0 < value < limit:
            break
        total += value if value % 2 else -value
    else:
        total = total * 100
    while True:
        total -= 1
        if total < limit:
            return (total, seen)
        seen.append(total)
"""


def test_a_finally_is_told_once() -> None:
    assert to_code(guarded) == GUARDED
    assert to_code(nested) == NESTED


def nested(x, log):
    try:
        try:
            if x > 1:
                return x if x > 5 else x * 3
            x = x + 20
        except ValueError:
            x = 0
        finally:
            log.append(x)
    finally:
        log.append("end")
    return x


NESTED = """\
def nested(x, log):
    try:
        try:
            try:
                if x > 1:
                    return x if x > 5 else x * 3
                x = x + 20
            except ValueError:
                x = 0
        finally:
            log.append(x)
    finally:
        log.append('end')
    return x
"""
GUARDED = """\
def guarded(values, limit):
    found = []
    for value in values:
        try:
            if not value == 2:
                with suppress(ZeroDivisionError):
                    if value > 10:
                        break
                    found.append(limit // value)
                    if value == 5:
                        return ('five', found)
        finally:
            found.append(-value)
    return found
"""


def test_what_is_staged_is_marked() -> None:
    def halved(x):
        while x > 1:
            x = x / 2
        return x

    bcgraph.compile(halved, backend="numpy")(np.float32(9))
    assert "    while x > 1:  # staged: loop over x\n" in to_code(halved)


def test_what_has_no_structure_says_so() -> None:
    async def waits(x):
        async for y in x:
            print(y)

    text = to_code(waits)
    assert "# Not structured" in text
    assert "B0" in text


def test_most_of_the_standard_library_has_a_structure() -> None:
    import argparse
    import heapq
    import textwrap

    done, failed = 0, []
    for module in (argparse, heapq, textwrap):
        for code in _codes(compile(Path(module.__file__).read_text(), module.__file__, "exec")):
            if not code.co_flags & 1:
                continue
            try:
                structure(code)
                done += 1
            except Unreadable as reason:
                failed.append((code.co_qualname, str(reason)))
    assert done > 150
    assert len(failed) < done / 20, failed


@pytest.mark.parametrize("told", [to_code, bcgraph.explain])
def test_what_cannot_be_read_is_an_error_with_a_code(told: Any) -> None:
    path = Path(__file__).parents[1] / "errors" / "programs" / "shared_name_of_a_comprehension.py"
    space: dict[str, Any] = {}
    exec(path.read_text(), space)
    codes = [code for code in _codes(space["program"].__code__) if code.co_name == "steps"]
    function = types.FunctionType(codes[0], {}, closure=(types.CellType(1),))
    twice = set(codes[0].co_cellvars) & set(codes[0].co_freevars)
    if not twice:
        pytest.skip("only CPython 3.12 and later make such code")
    with pytest.raises(bcgraph.errors.UnreadableFunction):
        told(function)


def test_the_programs_of_the_tests_have_a_structure() -> None:
    done, failed = 0, []
    for path in (Path(__file__).parents[1]).rglob("*.py"):
        for code in _codes(compile(path.read_text(), str(path), "exec")):
            if not code.co_flags & inspect.CO_OPTIMIZED:
                continue
            try:
                structure(code)
                done += 1
            except (Unreadable, UnreadableCode) as reason:
                failed.append((path.name, code.co_qualname, str(reason)))
    assert done > 1500
    assert len(failed) < 12, failed


def _codes(code: types.CodeType) -> Any:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
