"""Debugging: run eagerly, compiled functions run the original code, line by line."""

from __future__ import annotations

import bdb
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import tensorflow as tf

import bcgraph


def inner(x: Any) -> Any:
    if x > 2:
        return x * 10  # here
    return x


@bcgraph.compile(backend="tensorflow")
def program(values: Any) -> Any:
    total = 0
    for value in values:
        if value % 2 == 0:
            continue
        total += inner(value)
    return total


class Model(tf.Module):
    @bcgraph.compile(backend="tensorflow")
    def __call__(self, values: Any) -> Any:
        return program(values) + 1


@contextmanager
def of_tensorflow() -> Iterator[None]:
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def of_bcgraph() -> Any:
    return bcgraph.config(mode="eager")


class Debugger(bdb.Bdb):
    """Stops at one line, and looks at `x`."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def user_line(self, frame: FrameType) -> None:
        if frame.f_code.co_name == "inner" and frame.f_lineno == LINE:
            self.seen.append(frame.f_locals["x"])
        self.set_continue()


LINE = inner.__code__.co_firstlineno + 2


@pytest.mark.parametrize("eagerly", [of_tensorflow, of_bcgraph])
@pytest.mark.parametrize("function", [program, Model()])
def test_a_breakpoint_is_hit(eagerly: Any, function: Any) -> None:
    before = sys.gettrace()
    values = tf.constant([1, 4, 5, 3])
    expected = int(function(values))
    debugger = Debugger()
    assert debugger.set_break(__file__, LINE) is None
    try:
        with eagerly():
            found = debugger.runcall(function, values)
    finally:
        debugger.clear_all_breaks()
        sys.settrace(before)
    assert int(found) == expected
    assert [int(x.numpy()) for x in debugger.seen] == [5, 3]


def test_in_a_graph_there_is_nothing_to_see() -> None:
    """So that the test above tests something: a graph's values are not there yet."""
    debugger = Debugger()
    debugger.set_break(__file__, LINE)
    try:
        debugger.runcall(program, tf.constant([1, 4, 5, 3]))
    finally:
        debugger.clear_all_breaks()
        sys.settrace(None)
    assert debugger.seen == []


def test_python_sees_each_turn() -> None:
    seen = []

    @bcgraph.compile(backend="tensorflow")
    def halved(x: Any) -> Any:
        while x > 1.0:
            seen.append(x)
            x = x / 2
        return x

    with of_bcgraph():
        assert float(halved(tf.constant(8.0))) == 1.0
    assert [float(x) for x in seen] == [8.0, 4.0, 2.0]
