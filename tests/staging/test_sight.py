"""Exchanged code: there while a graph is recorded, gone afterwards, whatever threads do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import bcgraph
import bcgraph.testing

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.tensorflow


class Level:
    """Decides in an operator, a property and a method that a library may call."""

    def __init__(self, value: Any) -> None:
        self.value = value if value < 100 else value * 0

    def __add__(self, other: Any) -> Any:
        return self.value + other if self.value > 0 else other - self.value

    @property
    def high(self) -> Any:
        return 1.0 if self.value > 10 else 0.0


ORIGINALS = (Level.__init__.__code__, Level.__add__.__code__, Level.high.fget.__code__)  # type: ignore[attr-defined]


def codes() -> tuple[Any, ...]:
    """The code that these functions have now."""
    return (Level.__init__.__code__, Level.__add__.__code__, Level.high.fget.__code__)  # type: ignore[attr-defined]


def uses(x: Any) -> Any:
    level = Level(x)
    return level + level.high


def fails(x: Any) -> Any:
    assert codes() != ORIGINALS
    level = Level(x)
    raise LookupError(level.high.shape)


def test_code_is_put_back() -> None:
    compiled = bcgraph.compile(uses, backend="tensorflow")
    for value in (3.0, -2.0, 20.0, 200.0):
        assert float(compiled(tf.constant(value))) == float(uses(value))
    assert codes() == ORIGINALS
    with pytest.raises(LookupError):
        bcgraph.compile(fails, backend="tensorflow")(tf.constant(1.0))
    assert codes() == ORIGINALS


def test_threads_see_the_same_classes() -> None:
    wrong: list[Any] = []

    def run(number: int) -> None:
        for turn in range(6):
            compiled = bcgraph.compile(lambda x: uses(x) * 1, backend="tensorflow")
            value = float(number * 10 - turn)
            got, expected = float(compiled(tf.constant(value))), float(uses(value))
            if got != expected:
                wrong.append((value, got, expected))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert codes() == ORIGINALS


class Asked:
    """Counts how often its truth is asked."""

    def __init__(self) -> None:
        self.count = 0

    def __bool__(self) -> bool:
        self.count += 1
        return bool(self.count % 2)


def test_python_asks_once() -> None:
    def asks(asked: Any) -> Any:
        return (1 if asked else 2), (3 if not asked else 4), asked.count

    for convert in (
        lambda f: bcgraph.convert(f, backend="tensorflow"),
        lambda f: bcgraph.compile(f, backend="numpy"),
        bcgraph.testing.stage_everything,
    ):
        assert convert(asks)(Asked()) == asks(Asked()) == (1, 3, 2)
