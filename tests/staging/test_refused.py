"""What no graph can hold is refused, with the line, on each framework."""

from __future__ import annotations

import contextlib
import importlib
import re

import pytest

import bcgraph
from bcgraph.errors import (
    CaughtRaise,
    Disagreement,
    PythonValueNeeded,
    UndefinedVariable,
    UnsupportedEffect,
)

BACKENDS = [
    pytest.param("tensorflow", marks=pytest.mark.tensorflow),
    pytest.param("torch", marks=pytest.mark.torch),
]


def checked(v):
    if v > 1:
        raise ValueError("big")
    return v


def caught_of_a_call(x):
    try:
        return checked(x)
    except ValueError:
        return x * 0


def caught_two_calls_up(x):
    def twice(v):
        for i in range(2):
            v = checked(v) + i
        return v

    try:
        return twice(x)
    except KeyError:
        return x
    except Exception:
        return x * 0


def caught_around_a_with(x):
    try:
        with contextlib.nullcontext():
            if x > 1:
                raise ValueError("big")
    except ValueError:
        x = x * 0
    return x


def suppressed(x):
    with contextlib.suppress(AssertionError):
        assert x < 1
        x = x + 1
    return x


def effect_in_try(x):
    try:
        if x > 1:
            open("never", "w")  # noqa: SIM115
    except Exception:
        x = x * 0
    return x


def dict_by_condition(x):
    return {k: v for k, v in (("a", x), ("b", -x)) if v > 0}


def set_by_condition(x):
    return len({k for k in (1, 2, 3) if x > k})


def spread(x):
    out = []
    while x > 1:
        out.append(x)
        x = x - 1
    return max(*out)


def rest(x):
    out = []
    while x > 1:
        out.append(x)
        x = x - 1
    first, *_ = out
    return first


def letter(x):
    return "abc"[int(x)]


def part(x):
    return len([1, 2, 3][int(x) :])


def popped(x):
    return [1.0, 2.0, 3.0].pop(int(x))


def length_of_a_text(x):
    return len(f"{x}")


def number_in_a_text(x):
    return int(f"{x}")


def list_of_a_text(x):
    return list(f"{x}")


def variables_of_a_branch(x):
    y = 2.0
    if x > 1:
        x = x + eval("y")
    return x * y


def text_in_quotes(x):
    print(f"{f'{x}'!r}")
    return x


def array(x):
    return x.numpy() + 1


def kept_in_a_loop(x):
    class Held:
        def __init__(self, value):
            self.value, self.child = value, None

    last = None
    while x > 0:
        held = Held(x)
        held.log = []
        if x < 2:
            last = held
            break
        x = x - 1
    return x if last is None else last.value


def chosen_after_an_effect(x):
    def above(limit):
        print("asked")
        return x > limit

    kind = dict if x > 0 and above(1) else tuple
    return x if kind is dict else -x


def of_the_function_around(x):
    while x > 0:
        last = x
        x = x - 1

    def twice():
        return last * 2

    return twice()


def asked_in_the_function_around(x):
    while x > 0:
        last = x
        x = x - 1
    return (lambda: 1.0 if last else 2.0)()


class Suppressing:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is ValueError


def suppressed_by_an_object(x):
    with Suppressing():
        if x > 1:
            raise ValueError("big")
        x = x * 2
    return x


@contextlib.contextmanager
def without_errors():
    try:  # noqa: SIM105
        yield
    except ValueError:
        pass


def suppressed_by_a_generator(x):
    with without_errors():
        x = checked(x) * 2
    return x


def walked_list_that_grows(x):
    items = [x, x - 1]
    for item in items:
        if item > 2:
            items.append(item - 1)
    return items[-1]


def row_that_a_tensor_chose(x):
    rows = [[x, x], [x * 2, x]]
    rows[1 if x > 1 else 0][0] = x * 100
    return rows[0][0]


CASES = [
    (of_the_function_around, UndefinedVariable),
    (asked_in_the_function_around, UndefinedVariable),
    (suppressed_by_an_object, CaughtRaise), (suppressed_by_a_generator, CaughtRaise),
    (walked_list_that_grows, UnsupportedEffect), (row_that_a_tensor_chose, Disagreement),
    (chosen_after_an_effect, Disagreement),
    (length_of_a_text, PythonValueNeeded), (number_in_a_text, PythonValueNeeded),
    (list_of_a_text, PythonValueNeeded), (text_in_quotes, PythonValueNeeded),
    (variables_of_a_branch, UnsupportedEffect),
    (letter, PythonValueNeeded), (part, PythonValueNeeded), (popped, PythonValueNeeded),
    (array, PythonValueNeeded), (kept_in_a_loop, Disagreement),
    (caught_of_a_call, CaughtRaise), (caught_two_calls_up, CaughtRaise),
    (caught_around_a_with, CaughtRaise), (suppressed, CaughtRaise),
    (effect_in_try, UnsupportedEffect), (dict_by_condition, Disagreement),
    (set_by_condition, Disagreement), (spread, PythonValueNeeded), (rest, PythonValueNeeded),
]  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("function", "kind"), CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_refused(function, kind, backend):
    module = pytest.importorskip(backend)
    number = getattr(importlib.import_module(module.__name__), _MAKERS[backend])
    with pytest.raises(kind) as caught:
        bcgraph.compile(function, backend=backend)(number(2.5))
    assert caught.value.place is not None and caught.value.place.filename == __file__
    assert caught.value.help


_LOCALS = """
def variables(x):
    y = 2.0
    if x > 1:
        x = x + len(locals())
    return x * y
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_all_variables_are_not_to_be_had_in_a_branch(backend):
    module = pytest.importorskip(backend)
    space = {}  # a module that pytest has not rewritten
    exec(compile(_LOCALS, "typed", "exec"), space)
    with pytest.raises(UnsupportedEffect, match="locals") as caught:
        bcgraph.compile(space["variables"], backend=backend)(getattr(module, _MAKERS[backend])(2.0))
    assert caught.value.place is not None and caught.value.place.line == 5


_MAKERS = {"tensorflow": "constant", "torch": "tensor"}


@pytest.mark.torch
@pytest.mark.parametrize("method", [True, False])
def test_a_copy_of_an_element_is_not_written(method):
    torch = pytest.importorskip("torch")

    def program(k, x):
        items = [x, x * 2]
        if method:
            items[k].add_(1)
        else:
            items[k][0] = 9.0
        return items[0]

    def changed(k, x):
        items = [x, x * 2]
        items[k] += 1
        items[k] = items[k] * 2
        return items[0] + items[1]

    with pytest.raises(UnsupportedEffect, match="chosen from a list"):
        bcgraph.compile(program, backend="torch")(torch.tensor(1), torch.ones(2))
    with torch.no_grad():
        compiled = bcgraph.compile(changed, backend="torch", compiler="python")
        for k in (0, 1):
            got = compiled(torch.tensor(k), torch.ones(2))
            assert torch.equal(got, changed(k, torch.ones(2)))


@pytest.mark.parametrize("backend", BACKENDS)
def test_lists_of_unknown_length_are_printed(backend, capfd):
    module = pytest.importorskip(backend)

    def program(xs):
        positive = []
        for x in xs:
            if x > 0:
                positive.append(x)
        print(positive)
        print("all", [positive, 1], f"{positive}")
        return len(positive)

    xs = getattr(module, _MAKERS[backend])([1.5, -1.0, 2.5])
    assert int(bcgraph.compile(program, backend=backend)(xs)) == 2
    lines = capfd.readouterr().out.splitlines()
    assert [re.findall(r"\d\.5", line) for line in lines] == [["1.5", "2.5"], ["1.5", "2.5"] * 2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_objects_are_printed_as_python_prints_them(backend, capfd):
    module = pytest.importorskip(backend)

    class Told:
        def __str__(self):
            return "told"

        def __repr__(self):
            return "Told()"

    def program(x):
        if x > 0:
            print(Told(), [Told(), 1.0], 1.0, None, "{}", {"k": 0.1}, sep="; ")
        return x

    bcgraph.compile(program, backend=backend)(getattr(module, _MAKERS[backend])(1.0))
    assert capfd.readouterr().out.strip() == "told; [Told(), 1.0]; 1.0; None; {}; {'k': 0.1}"
