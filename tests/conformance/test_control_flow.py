"""Small, nasty programs give what the same function gives when it is called on eager tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import programs.nasty_aliases
import programs.nasty_apart
import programs.nasty_calls
import programs.nasty_caught
import programs.nasty_copies
import programs.nasty_effects
import programs.nasty_exceptions
import programs.nasty_forms
import programs.nasty_generators
import programs.nasty_jumps
import programs.nasty_models
import programs.nasty_none
import programs.nasty_remade
import programs.nasty_searched
import programs.nasty_specials
import programs.nasty_structures
import programs.nasty_texts
import programs.nasty_unset
import programs.nasty_values  # noqa: F401
import pytest
from programs.nasty import TABLE, Nasty
from programs.ops import Harness, T

import bcgraph


def named(rows: list[Nasty]) -> list[Any]:
    """Parameters named after their function."""
    return [pytest.param(row, id=row.function.__name__) for row in rows]


@pytest.mark.parametrize("nasty", named(TABLE))
def test_same_as_eager(nasty: Nasty, backend: Harness, request: pytest.FixtureRequest) -> None:
    if nasty.not_yet and backend.name != "numpy":
        request.applymarker(pytest.mark.xfail(reason=nasty.not_yet, strict=True))
    if backend.name not in nasty.backends:
        pytest.skip(f"needs {', '.join(nasty.backends)}")
    compiled = bcgraph.compile(nasty.function, backend=backend.name, **backend.options)
    for inputs in nasty.inputs:
        expected = outcome(nasty.function, backend, inputs)
        got = outcome(compiled, backend, inputs)
        if isinstance(expected, Exception):
            assert nasty.raises, expected
            assert isinstance(got, Exception), f"{inputs}: {got} instead of {expected!r}"
            assert not isinstance(got, bcgraph.errors.BcgraphError), got
            assert type(expected).__name__ in f"{type(got).__name__}: {got}"
            assert str(expected) in str(got)
        elif isinstance(got, Exception):
            raise got
        else:
            same(backend, got, expected, f"{inputs}", widens=nasty.widens)


@pytest.mark.parametrize("nasty", named([row for row in TABLE if row.differentiable]))
def test_same_gradient_as_eager(nasty: Nasty, backend: Harness) -> None:
    if backend.gradient is None:
        pytest.skip(f"{backend.name} has no gradients")
    if backend.name not in nasty.backends:
        pytest.skip(f"needs {', '.join(nasty.backends)}")
    compiled = bcgraph.compile(nasty.function, backend=backend.name, **backend.options)
    for inputs in nasty.inputs:
        expected, got = (
            backend.gradient(function, *backend.arguments(inputs))
            for function in (nasty.function, compiled)
        )
        same(backend, got, expected, f"{inputs}")


def outcome(function: Callable[..., Any], backend: Harness, inputs: tuple[Any, ...]) -> Any:
    """What `function` gives on `inputs`, or the exception that it raises."""
    try:
        return function(*backend.arguments(inputs))
    except Exception as error:
        return error


def same(backend: Harness, got: Any, expected: Any, where: str, widens: bool = False) -> None:
    """`got` has the structure, the values and the dtypes of `expected`."""
    close(backend.plain(got), backend.plain(expected), where)
    if backend.is_tensor(got) and backend.is_tensor(expected) and not widens:
        assert got.dtype == expected.dtype, where
    if isinstance(expected, list | tuple):
        for one, other in zip(got, expected, strict=True):
            same(backend, one, other, where, widens)


def close(got: Any, expected: Any, where: str) -> None:
    """Nested values are equal, numbers nearly."""
    if isinstance(expected, int | float) and isinstance(got, int | float):
        both_none = math.isnan(got) and math.isnan(expected)
        near = math.isclose(got, expected, rel_tol=1e-5, abs_tol=1e-6)
        assert both_none or near, f"{where}: {got}"
        return
    assert type(got) is type(expected), f"{where}: {got!r} instead of {expected!r}"
    if isinstance(expected, list | tuple):
        assert len(got) == len(expected), f"{where}: {got!r} instead of {expected!r}"
        for one, other in zip(got, expected, strict=True):
            close(one, other, where)
    elif isinstance(expected, dict):
        assert list(got) == list(expected), where
        for key in expected:
            close(got[key], expected[key], f"{where}[{key!r}]")
    else:
        assert got == expected, f"{where}: {got!r} instead of {expected!r}"


def read_without_value(x: Any) -> Any:
    if x > 0:
        y = x
    return y


def read_without_value_after_loop(n: Any) -> Any:
    i = n
    while i > 0:
        i = i - 1
        if i == 2:
            y = i
    return y


def deleted_then_read(x: Any) -> Any:
    y = x
    if x > 0:
        del y
    return y


@pytest.mark.parametrize(
    ("function", "has_value", "has_none"),
    [
        (read_without_value, 3, -3),
        (read_without_value_after_loop, 4, 1),
        (deleted_then_read, -3, 3),
    ],
)
def test_read_without_value_is_an_error(
    function: Callable[..., Any], has_value: int, has_none: int, backend: Harness
) -> None:
    """A name that one path leaves without a value can be read on the other, as in Python."""
    if backend.name == "numpy":
        pytest.skip("NumPy runs what Python runs")
    compiled = bcgraph.compile(function, backend=backend.name, **backend.options)
    assert int(compiled(*backend.arguments((T(has_value),)))) == function(has_value)
    with pytest.raises(UnboundLocalError):
        function(has_none)
    with pytest.raises(bcgraph.errors.BcgraphError, match="`y`") as caught:
        compiled(*backend.arguments((T(has_none),)))
    assert caught.value.code == "BCG101"
    assert isinstance(caught.value, UnboundLocalError)
    assert compiled.cache_info().traces == 1


@pytest.mark.parametrize(
    "nasty", named([row for row in TABLE if row.inputs == programs.nasty_unset.COUNTS])
)
def test_a_loop_without_turns_leaves_no_value(nasty: Nasty, backend: Harness) -> None:
    compiled = bcgraph.compile(nasty.function, backend=backend.name, **backend.options)
    expected, got = (outcome(f, backend, (T(0),)) for f in (nasty.function, compiled))
    if isinstance(expected, NameError):
        assert isinstance(got, NameError), got
    else:
        same(backend, got, expected, "0")


def never_raises_when_traced(x: Any) -> Any:
    if x > 0:
        return x
    raise ValueError("not positive")


def test_untaken_raise_is_not_raised(backend: Harness) -> None:
    """Both arms are traced, yet the exception is one of the run only."""
    compiled = bcgraph.compile(never_raises_when_traced, backend=backend.name, **backend.options)
    assert backend.plain(compiled(*backend.arguments((T(3),)))) == 3
    with pytest.raises(Exception, match="not positive"):
        compiled(*backend.arguments((T(-3),)))
    assert backend.plain(compiled(*backend.arguments((T(4),)))) == 4
