"""The programs of `programs.reference` on every backend, made in every way."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from programs.ops import Harness, T
from programs.reference import PROGRAMS, Case, Program, ways

import bcgraph

CALLS = [
    pytest.param(program, way, case, id=f"{program.name}-{way.__name__}-{number}")
    for program in PROGRAMS
    for way in ways(program)
    for number, case in enumerate(program.cases)
]


def skip_elsewhere(program: Program, backend: Harness) -> None:
    """Skip a program that the backend has no operations for."""
    if backend.name not in program.backends:
        pytest.skip(f"{program.name} is for {', '.join(program.backends)}")


@pytest.mark.parametrize(("program", "way", "case"), CALLS)
def test_compiled_gives_what_is_expected(
    program: Program,
    way: Callable[[Program], FunctionType],
    case: Case,
    backend: Harness,
    capfd: pytest.CaptureFixture[str],
) -> None:
    skip_elsewhere(program, backend)
    compiled = bcgraph.compile(way(program), backend=backend.name, **backend.options)
    arguments = backend.arguments(case.arguments)
    if case.raises:
        kind, text = case.raises
        with pytest.raises(Exception) as caught:
            compiled(*arguments)
        told = f"{type(caught.value).__name__}: {caught.value}"
        assert kind in told
        assert text in told
        assert not isinstance(caught.value, bcgraph.errors.BcgraphError)
    else:
        check(backend.plain(compiled(*arguments)), case.expected)
        printed = capfd.readouterr().out.split("\n")[:-1]
        if backend.name == "torch" and case.printed:  # a tensor's text is PyTorch's own
            way(program)(*backend.arguments(case.arguments))
            assert printed == capfd.readouterr().out.split("\n")[:-1]
        else:
            assert printed == list(case.printed)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_convert_keeps_eager_execution(program: Program, backend: Harness) -> None:
    skip_elsewhere(program, backend)
    if backend.name == "torch" and program.stacks_numbers:
        pytest.skip("eager PyTorch stacks tensors only, and at least one")
    for case in program.cases:
        if not case.raises:
            converted = bcgraph.convert(_fresh(program), backend=backend.name)
            check(backend.plain(converted(*backend.arguments(case.arguments))), case.expected)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_one_trace_serves_all_values(program: Program, backend: Harness) -> None:
    """Calls that differ in the values of their tensors only share one trace."""
    skip_elsewhere(program, backend)
    if backend.name == "numpy":
        pytest.skip("NumPy has no traces")
    groups: dict[Any, list[Case]] = {}
    for case in program.cases:
        if not case.raises:
            groups.setdefault(tuple(map(_signature, case.arguments)), []).append(case)
    function, traces = counted(_fresh(program))
    compiled = bcgraph.compile(function, backend=backend.name, **backend.options)
    for number, cases in enumerate(groups.values(), start=1):
        for case in cases:
            check(backend.plain(compiled(*backend.arguments(case.arguments))), case.expected)
        assert len(traces) == number


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.unknown_length], ids=lambda program: program.name
)
def test_unknown_length(program: Program, backend: Harness) -> None:
    """With lengths left open one trace serves all; PyTorch tells none and one from many."""
    skip_elsewhere(program, backend)
    if backend.name == "numpy":
        pytest.skip("NumPy has no signatures")
    options: dict[str, Any] = {"dynamic": True}
    if backend.name == "tensorflow":
        import tensorflow as tf

        signature = [
            tf.TensorSpec([None] * argument.array().ndim, argument.array().dtype)
            for argument in program.cases[0].arguments
        ]
        options = {"input_signature": signature}
    function, traces = counted(_fresh(program))
    compiled = bcgraph.compile(function, backend=backend.name, **backend.options, **options)
    for case in program.cases:
        check(backend.plain(compiled(*backend.arguments(case.arguments))), case.expected)
    several = {
        tuple(min(n, 2) for argument in case.arguments for n in argument.array().shape)
        for case in program.cases
    }
    assert len(traces) <= (len(several) if backend.name == "torch" else 1)


def counted(function: FunctionType) -> tuple[Callable[..., Any], list[int]]:
    """A function that calls `function`, and a list that grows with each trace of it."""
    traces: list[int] = []
    trace = bcgraph.python(lambda: traces.append(1))

    def caller(*arguments: Any) -> Any:
        trace()
        return function(*arguments)

    return caller, traces


def check(got: Any, expected: Any) -> None:
    """`got` is near `expected`, tuple by tuple."""
    if isinstance(expected, tuple):
        assert isinstance(got, tuple)
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            check(one, other)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-6)
        assert np.shape(got) == np.shape(expected)


def _fresh(program: Program) -> FunctionType:
    return next(ways(program))(program)


def _signature(argument: Any) -> Any:
    if isinstance(argument, T):
        return argument.array().dtype.name, argument.array().shape
    return argument
