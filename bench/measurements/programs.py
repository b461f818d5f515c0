"""Every program by every competitor: checked against eager execution, then timed by turns."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import graphs
from bench.clock import CLOCKS, rounds, turns
from bench.competitors import COMPETITORS, EAGER, Competitor
from bench.frameworks import FRAMEWORKS, prepared
from bench.memory import peak_bytes
from bench.programs import PROGRAMS, Function, Program
from bench.progress import shown
from bench.results import Remark, Sample

from ._selection import Selection

Found = Iterator[Sample | Remark]


class WrongResult(Exception):
    """A competitor gives something else than eager execution."""


def measure(selection: Selection) -> Found:
    """All programs that are selected, on all frameworks that are."""
    for name, framework in FRAMEWORKS.items():
        if name in selection.frameworks and not framework.is_installed:
            yield Remark("left out", "all programs", name, "not installed")
    chosen = [p for p in PROGRAMS if not selection.programs or p.name in selection.programs]
    for program in shown("programs", [(program.name, program) for program in chosen]):
        for name in FRAMEWORKS:
            if selection.has(name) and name in program.forms:
                prepared(name)
                with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of competitors' compilers
                    yield from _on(name, program, selection)


@dataclass(slots=True)
class _Entry:
    """A competitor that gives the right results for a program."""

    competitor: Competitor
    function: Function  # the form
    made: Function  # what is called
    run: Callable[[], Any]
    run_tiny: Callable[[], Any]


def _on(framework: str, program: Program, selection: Selection) -> Found:
    """One program on one framework."""
    entries: list[_Entry] = []
    size = program.sizes.quick if selection.quick else program.sizes.full
    with without_gradients(framework):
        for competitor in COMPETITORS:
            if competitor.framework != framework:
                continue
            if selection.quick and competitor.slow and framework not in program.quick:
                reason = "with --quick: it takes seconds to compile"
                yield Remark("left out", program.name, competitor.name, reason)
                continue
            try:
                entry, found = _entry(competitor, program, size, selection.clock)
            except Exception as error:
                yield Remark("failed", program.name, competitor.name, told(error))
                continue
            yield from found
            entries += [entry] if entry is not None else []
        yield from _first_calls(entries, program, selection)
        yield from _calls(entries, program, size, selection)


def _entry(
    competitor: Competitor, program: Program, size: int, clock: str
) -> tuple[_Entry | None, list[Sample | Remark]]:
    """Builds it, checks what it gives, and what it gives away but once. Raises what it raises."""
    eager(program, program.sizes.tiny)
    function = competitor.takes(program)
    if function is None:
        return None, []
    framework = FRAMEWORKS[competitor.framework]
    began = CLOCKS[clock]()
    made = competitor.wrapped(program, function)
    tiny = framework.arguments(program.data(program.sizes.tiny))
    arguments = framework.arguments(program.data(size))
    first = peak_bytes(lambda: check(competitor, program, made, program.sizes.tiny))
    took = CLOCKS[clock]() - began
    check(competitor, program, made, size)
    entry = _Entry(
        competitor,
        function,
        made,
        lambda: framework.settled(made(*arguments)),
        lambda: framework.settled(made(*tiny)),
    )
    for _ in range(competitor.warm):
        entry.run()
    found: list[Sample | Remark] = []
    if competitor.compiles:  # once is enough
        found.append(Sample("first call", program.name, competitor.name, "s", (took,)))
    for name, peak in (("peak, first call", first), ("peak, call", peak_bytes(entry.run))):
        if peak is not None:
            found.append(Sample(name, program.name, competitor.name, "bytes", (peak,)))
    return entry, found + list(_sizes(entry, program, arguments))


def _sizes(entry: _Entry, program: Program, arguments: tuple[Any, ...]) -> Found:
    """How many nodes its graph has, and what its loops carry."""
    name = entry.competitor.name
    if hasattr(entry.made, "get_concrete_function") and not entry.competitor.compiles:
        graph = graphs.tensorflow_graph(entry.made, arguments)
        yield Sample("nodes", program.name, name, "nodes", (graphs.size(graph),))
        yield Remark("state of loops", program.name, name, graphs.loops(graph) or "none")
    elif name == "torch: bcgraph" and hasattr(entry.made, "graphs"):
        yield Sample("nodes", program.name, name, "nodes", (graphs.captured_size(entry.made),))
        yield Remark("run by", program.name, name, entry.made.captures()[0].how)


def _first_calls(entries: list[_Entry], program: Program, selection: Selection) -> Found:
    """First calls of functions that no cache knows, and of known ones traced again."""
    some = [e for e in entries if e.competitor.way != EAGER and not e.competitor.compiles]
    arguments = [
        FRAMEWORKS[entry.competitor.framework].arguments(program.data(program.sizes.tiny))
        for entry in some
    ]
    for measure, make in (("first call", _new), ("retrace", _again)):
        runs = [
            lambda e=entry, a=given, m=make: m(e, program)(*a)
            for entry, given in zip(some, arguments, strict=True)
        ]
        found = turns(runs, selection.builds, selection.clock)
        for entry, times in zip(some, found, strict=True):
            yield Sample(measure, program.name, entry.competitor.name, "s", tuple(times))


def _new(entry: _Entry, program: Program) -> Function:
    made = entry.competitor.build(program)
    assert made is not None
    return made


def _again(entry: _Entry, program: Program) -> Function:
    return entry.competitor.wrapped(program, entry.function)


def _calls(entries: list[_Entry], program: Program, size: int, selection: Selection) -> Found:
    """Calls of what has been called before, and what a turn of its loops takes of them."""
    runs = [run for entry in entries for run in (entry.run, entry.run_tiny)]
    times = rounds(runs, selection.pace) if runs else []
    turns_more = int(program.trips(size)) - int(program.trips(program.sizes.tiny))
    for entry, call, tiny in zip(entries, times[::2], times[1::2], strict=True):
        name = entry.competitor.name
        yield Sample("call", program.name, name, "s", tuple(call))
        if turns_more > 0:
            each = tuple((a - b) / turns_more for a, b in zip(call, tiny, strict=True))
            yield Sample("turn", program.name, name, "s", each)


def check(competitor: Competitor, program: Program, made: Function, size: int) -> None:
    """Calls what a competitor has made; raises `WrongResult` unless it gives what eager does."""
    framework = FRAMEWORKS[competitor.framework]
    given = framework.arrays(framework.settled(made(*framework.arguments(program.data(size)))))
    expected = eager(program, size)
    same = len(given) == len(expected) and all(
        np.shape(one) == np.shape(other)
        and np.allclose(one, other, rtol=program.tolerance, atol=program.tolerance)
        for one, other in zip(given, expected, strict=True)
    )
    if not same:
        raise WrongResult(f"{_short(given)} instead of {_short(expected)}")


_expected: dict[tuple[str, int], list[Any]] = {}


def eager(program: Program, size: int) -> list[Any]:
    """What eager execution gives, by the first framework there is that has the program."""
    key = (program.name, size)
    if key not in _expected:
        eagers = (c for c in COMPETITORS if c.way == EAGER and c.framework in program.forms)
        for competitor in (c for c in eagers if FRAMEWORKS[c.framework].is_installed):
            framework = FRAMEWORKS[competitor.framework]
            made = competitor.build(program)
            assert made is not None
            _expected[key] = framework.arrays(made(*framework.arguments(program.data(size))))
            break
        else:
            natural = program.forms["numba"]().natural  # plain Python on NumPy's values
            assert natural is not None
            _expected[key] = [np.asarray(natural(*program.data(size)))]
    return _expected[key]


def _short(arrays: list[Any]) -> str:
    return np.array2string(np.asarray(arrays[0]), threshold=8) if arrays else "nothing"


def told(error: Exception) -> str:
    """An exception's type, and the line of its message that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    kind = type(error).__name__
    saying = [line for line in lines if line.startswith(f"{kind}: ")]
    return f"{kind}: {(saying[-1:] or lines)[0].removeprefix(f'{kind}: ')[:300]}"


@contextlib.contextmanager
def without_gradients(framework: str) -> Iterator[None]:
    """On PyTorch nothing tracks gradients but what takes them."""
    if framework != "torch":
        yield
        return
    with importlib.import_module("torch").no_grad():
        yield
