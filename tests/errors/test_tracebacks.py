"""Tracebacks hold the user's own frames; `BCGRAPH_LOGS=+frames` shows those between."""

from __future__ import annotations

import traceback

import pytest

import bcgraph
from bcgraph.errors import InternalFault
from bcgraph.runtime import _symbolic

BACKENDS = [
    pytest.param("tensorflow", marks=pytest.mark.tensorflow),
    pytest.param("torch", marks=pytest.mark.torch),
]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")


def broken(x):
    return x.no_such_attribute


def misfit(x, framework):
    return framework.ones((2, 3)) @ framework.ones((2, 3))


def in_a_loop(x, framework):
    while x > 1.0:
        if x > 2.0:
            x = x - misfit(x, framework)
        x = x - 1
    return x


def raising(x):
    if x > 1.0:
        raise ValueError("too big")
    return x


def _call(function, backend, *rest):
    module = pytest.importorskip(backend)
    number = {"tensorflow": "constant", "torch": "tensor"}[backend]
    arguments = [module if one is None else one for one in rest]

    def program(x):
        return function(x, *arguments)

    bcgraph.compile(program, backend=backend)(getattr(module, number)(2.5))


def _frames(error):
    """The functions in a traceback from the call of the compiled one on."""
    entries = traceback.extract_tb(error.__traceback__)
    return [entry.name for entry in entries if entry.filename == __file__], entries


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operation_that_fails_in_a_region_has_the_users_frames(backend, caplog):
    with pytest.raises((ValueError, RuntimeError)) as caught:
        _call(in_a_loop, backend, None)
    names, entries = _frames(caught.value)
    assert names[-4:] == ["_call", "program", "in_a_loop", "misfit"]
    lines = [entry.line for entry in entries if entry.name == "in_a_loop"]
    assert lines == ["x = x - misfit(x, framework)"]
    assert not [e for e in entries if "bcgraph" in e.filename and "tests" not in e.filename]
    assert "failed while attempting to run meta" not in caplog.text


@pytest.mark.parametrize("backend", BACKENDS)
def test_frames_shows_all(backend, monkeypatch):
    monkeypatch.setenv("BCGRAPH_LOGS", "+frames")
    with pytest.raises((ValueError, RuntimeError)) as caught:
        _call(in_a_loop, backend, None)
    names, entries = _frames(caught.value)
    assert names[-4:-1].count("in_a_loop") == 3
    assert [e for e in entries if e.name == "while_loop"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_graph_raises_tells_its_line(backend, monkeypatch):
    with pytest.raises(ValueError, match="too big") as caught:
        _call(raising, backend)
    line = raising.__code__.co_firstlineno + 2
    assert caught.value.__notes__ == [f"raised at {__file__}:{line}, in raising"]
    assert caught.value.__cause__ is None
    monkeypatch.setenv("BCGRAPH_LOGS", "+frames")
    with pytest.raises(ValueError, match="too big") as caught:
        _call(raising, backend)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_of_bcgraph_ends_at_the_users_line(backend):
    def mixed(x):
        if x > 1.0:
            return "a"
        return x

    with pytest.raises(bcgraph.errors.Disagreement) as caught:
        _call(mixed, backend)
    names, entries = _frames(caught.value)
    assert names[-1] == "mixed"
    assert entries[-1].name == "mixed"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fault_of_bcgraph_is_told_as_such(backend, monkeypatch):
    def fails(*_):
        raise AssertionError("no resume at block 3")

    fails = type(fails)(
        fails.__code__, {"__name__": "bcgraph.runtime", "AssertionError": AssertionError}
    )
    monkeypatch.setattr(_symbolic, "decides", fails)
    with pytest.raises(InternalFault, match="no resume at block 3") as caught:
        _call(raising, backend)
    assert caught.value.code == "BCG901"
    assert caught.value.place.line == raising.__code__.co_firstlineno + 1


def test_numpy_has_the_frames_of_eager_execution():
    np = pytest.importorskip("numpy")

    def program(x):
        while x > 1:
            x = broken(x)
        return x

    with pytest.raises(AttributeError) as eager:
        program(np.float32(2))
    with pytest.raises(AttributeError) as compiled:
        bcgraph.compile(program, backend="numpy")(np.float32(2))
    own = [[(e.name, e.lineno) for e in _frames(c.value)[1]][1:] for c in (eager, compiled)]
    assert own[0] == own[1]
