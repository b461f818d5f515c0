"""Every competitor of every program gives what eager execution does, or fails as is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.competitors import COMPETITORS, Competitor, fresh
from bench.frameworks import FRAMEWORKS
from bench.measurements.programs import WrongResult, check, without_gradients
from bench.programs import PROGRAMS, Program

# What competitors cannot do; a test turns red when they can.
AUTOGRAPH = {
    "cumsum threshold": "NotImplementedError",
    "linear search": "ValueError",
    "break and return": "ValueError",
    "list append": "InaccessibleTensorError",
    "greedy search": "InaccessibleTensorError",
}
FAILURES = {
    "tensorflow: AutoGraph": AUTOGRAPH,
    "tensorflow: AutoGraph, XLA": AUTOGRAPH,
    "tensorflow: by hand, XLA": {"greedy search": "WrongResult"},  # TensorArray of dynamic size
    "tensorflow: bcgraph, XLA": dict.fromkeys(
        ["rnn training", "greedy search", "l-bfgs", "maml"], "BackendLimit"
    ),
    "torch: jit.script": dict.fromkeys(
        ["plain", "fibonacci", "rnn", "rnn training"], "RuntimeError"
    ),
}


def _pairs() -> Iterator[pytest.ParameterSet]:
    for competitor in COMPETITORS:
        for program in PROGRAMS:
            slow = competitor.framework == "torch" and competitor.slow
            if competitor.framework in program.forms and (not slow or "torch" in program.quick):
                marks = [
                    getattr(pytest.mark, name)
                    for name in ("tensorflow", "torch")
                    if name == competitor.framework
                ]
                name = f"{competitor.name}-{program.name}"
                yield pytest.param(competitor, program, marks=marks, id=name)


@pytest.mark.parametrize(("competitor", "program"), list(_pairs()))
def test_gives_what_eager_execution_gives(competitor: Competitor, program: Program) -> None:
    pytest.importorskip(competitor.framework)
    known = FAILURES.get(competitor.name, {}).get(program.name)
    if competitor.takes(program) is None:
        assert known is None
        return
    try:
        with without_gradients(competitor.framework):
            made = competitor.build(program)
            assert made is not None
            check(competitor, program, made, program.sizes.tiny)
    except Exception as error:
        if type(error).__name__ != known:
            raise
    else:
        assert known is None, f"{competitor.name} can do {program.name} now"


@pytest.mark.torch
@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if "torch" in p.forms], ids=lambda program: program.name
)
def test_torch_by_hand_without_its_compiler(program: Program) -> None:
    """Inductor takes seconds for each; the forms can be checked without."""
    torch = pytest.importorskip("torch")
    by_hand = program.forms["torch"]().by_hand
    assert by_hand is not None

    def make(function):
        return torch.compile(function, fullgraph=True, dynamic=False, backend="eager")

    competitor = Competitor("torch", "by hand, not compiled", "by_hand", make)
    with without_gradients("torch"):
        check(competitor, program, competitor.build(program), program.sizes.tiny)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_other_sizes_take_more_turns(program: Program) -> None:
    tiny, quick, full = (
        int(program.trips(size))
        for size in (program.sizes.tiny, program.sizes.quick, program.sizes.full)
    )
    assert tiny == quick == full == 0 or tiny < quick < full


def test_a_fresh_function_is_unknown_to_caches_and_does_the_same() -> None:
    def helper(x):
        return x + 1

    def function(x, y=2, *, z=3):
        return helper(x) * y + z

    first, second = fresh(function), fresh(function)
    assert first(1) == second(1) == function(1) == 7
    assert len({first.__code__, second.__code__, function.__code__}) == 3
    assert first.__closure__[0].cell_contents.__code__ != helper.__code__


def test_a_wrong_result_is_told() -> None:
    (program,) = (program for program in PROGRAMS if program.name == "collatz")
    competitor = Competitor("numba", "wrong", "natural", lambda function: function)
    with pytest.raises(WrongResult, match="-1 instead of 16"):
        check(competitor, program, lambda n: -1, program.sizes.tiny)
    check(competitor, program, lambda n: 16, program.sizes.tiny)  # 7, 22, 11, 34, … 1: 16 steps


def test_frameworks_are_named_alike() -> None:
    assert {c.framework for c in COMPETITORS} == set(FRAMEWORKS)
    assert {name for p in PROGRAMS for name in p.forms} <= set(FRAMEWORKS)
