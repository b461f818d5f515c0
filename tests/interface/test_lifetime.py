"""What bcgraph makes lives as long as what it is made of, and keeps nobody's objects alive."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import bcgraph
import bcgraph.testing

TEXT = """
class Scale:
    def __init__(self, by):
        self.by = by

    def __call__(self, x):
        return x * self.by if x > 0 else -x

def make(scale):
    def inner(x):
        return scale(x) + 1 if x < 100 else x

    def f(x):
        total = x * 0
        for v in (1.0, 2.0):
            if x > v:
                total = total + inner(x)
                if total > 50:
                    break
        while total > 10:
            total = total / 2
        scale.last = total
        return total + sum(y * 2 for y in (1.0, 2.0) if y < 2)

    return f
"""


def made():
    """A function without source, and the object that it closes over."""
    namespace = {"__name__": "made"}
    exec(TEXT, namespace)
    scale = namespace["Scale"](3.0)
    return namespace["make"](scale), scale, namespace


def number(backend, value):
    if backend == "tensorflow":
        return pytest.importorskip("tensorflow").constant(value)
    if backend == "torch":
        return pytest.importorskip("torch").tensor(value)
    return np.float32(value)


BACKENDS = [
    "numpy",
    pytest.param("tensorflow", marks=pytest.mark.tensorflow),
    pytest.param("torch", marks=pytest.mark.torch),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("how", [bcgraph.compile, bcgraph.convert], ids=["compile", "convert"])
def test_nothing_outlives_the_function(backend, how):
    number(backend, 0.0)
    f, scale, namespace = made()
    options = {"compiler": "python"} if (backend, how) == ("torch", bcgraph.compile) else {}
    ours = how(f, backend=backend, **options)
    for start in (3.0, -3.0):
        ours(number(backend, start))
    watched = [
        weakref.ref(v)
        for v in (f, f.__code__, scale, type(scale), ours, namespace["make"].__code__)
    ]
    del f, scale, namespace, ours
    gc.collect()
    assert [w() for w in watched] == [None] * len(watched)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_converted_function_outlives_its_original(backend):
    f, scale, _ = made()
    expected = [float(f(number(backend, start))) for start in (3.0, -3.0, 40.0)]
    converted = bcgraph.convert(f, backend=backend)
    del f
    gc.collect()
    got = [float(converted(number(backend, start))) for start in (3.0, -3.0, 40.0)]
    assert got == expected and scale.last is not None


def test_everything_staged_is_freed():
    f, scale, namespace = made()
    staged = bcgraph.testing.stage_everything(f)
    assert staged(3.0) == f(3.0)
    watched = [weakref.ref(v) for v in (f, f.__code__, staged, staged.__code__, scale)]
    del f, scale, staged, namespace
    gc.collect()
    assert [w() for w in watched] == [None] * len(watched)


def test_results_and_arguments_are_not_kept():
    class Held:
        def __init__(self, value):
            self.value = value

    def f(held, flag):
        return Held(held.value + 1) if flag else held

    ours = bcgraph.compile(f, backend="numpy")
    given = Held(1)
    result = ours(given, np.bool_(True))
    watched = [weakref.ref(given), weakref.ref(result)]
    del given, result
    gc.collect()
    assert [w() for w in watched] == [None, None]


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_threads_convert_and_call(backend):
    """Each thread converts functions of its own and one that all share."""
    number(backend, 0.0)
    shared, _, _ = made()
    ours = bcgraph.compile(shared, backend=backend, **python_driven(backend))
    expected = [float(shared(number(backend, float(i)))) for i in range(4)]
    failures = []
    barrier = threading.Barrier(8)

    def work():
        try:
            barrier.wait()
            for i in range(4):
                own, _, _ = made()
                mine = bcgraph.compile(own, backend=backend, **python_driven(backend))
                for function in (ours, mine):
                    got = float(function(number(backend, float(i))))
                    assert got == expected[i], (i, got, expected[i])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def python_driven(backend):
    return {"compiler": "python"} if backend == "torch" else {}
