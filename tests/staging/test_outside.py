"""What acts outside of the graph, in a branch or loop that a tensor decides: refused, or said."""

from __future__ import annotations

import io
import itertools
import logging
import random
import re
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import bcgraph

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.tensorflow

LINES = io.StringIO()
NUMBERS = itertools.count()
LOGGER = logging.getLogger(__name__)


def file(x):
    if x > 0:
        LINES.write("positive")
    return x


def opened(x):
    while x > 0:
        with open("never", "w") as made:
            made.write("x")
        x = x - 1
    return x


def path(x):
    if x > 0:
        Path("never").write_text("x")
    return x


def log(x):
    if x > 0:
        LOGGER.info("positive")
    return x


def slept(x):
    if x > 0:
        time.sleep(0)
    return x


def drawn(x):
    return x + random.random() if x > 0 else x


def rolled(x):
    return x + random.randint(1, 6) if x > 0 else x


def drawn_by_numpy(x):
    return x + np.random.rand() if x > 0 else x


def advanced(x):
    numbers = iter([1.0, 2.0, 3.0])
    if x > 0:
        x = x + next(numbers)
    return x + next(numbers)


def counted(x):
    return x + next(NUMBERS) if x > 0 else x


def read_out(x):
    values = (float(i) for i in range(3))
    if x > 0:
        x = x + sum(values)
    return x + sum(values)


def walked(x):
    values = iter([1.0, 2.0])
    if x > 0:
        for value in values:
            x = x + value
    return x + sum(values)


def extended(x):
    values, out = iter([1.0, 2.0]), []
    if x > 0:
        out.extend(values)
    return x + sum(values) + len(out)


def bytes_grow(x):
    made = bytearray()
    if x > 0:
        made.append(1)
    return x + len(made)


def array_filled(x):
    held = np.zeros(2, np.float32)
    if x > 0:
        held.fill(1)
    return x + held


def in_helper(x):
    def helper():
        LINES.write("x")

    if x > 0:
        helper()
    return x


REFUSED = [
    (file, "`write` of a StringIO"), (opened, "`open`"), (path, "`write_text`"), (log, "`info`"),
    (slept, "`sleep`"), (drawn, "`random` of a Random"), (rolled, "`randint`"),
    (drawn_by_numpy, "`rand` of a RandomState"), (advanced, "list_iterator is advanced"),
    (counted, "count is advanced"), (read_out, "generator is advanced"),
    (walked, "list_iterator is advanced"), (extended, "list_iterator is advanced"),
    (bytes_grow, "`append` of a bytearray"), (array_filled, "`fill` of a ndarray"),
    (in_helper, "`write` of a StringIO"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "told"), REFUSED, ids=lambda v: getattr(v, "__name__", ""))
def test_what_a_graph_cannot_do_is_refused(function, told):
    with pytest.raises(bcgraph.errors.UnsupportedEffect, match=told) as caught:
        bcgraph.compile(function, backend="tensorflow")(tf.constant(1.0))
    assert caught.value.place.filename == __file__
    assert not Path("never").exists()


def own_buffer(x):
    if x > 0:
        made = io.StringIO()
        made.write("abc")
        x = x + len(made.getvalue())
    return x


def own_iterator(x):
    if x > 0:
        numbers = iter([1.0, 2.0])
        x = x + next(numbers) * 10 + next(numbers)
        x = x + next((v for v in (5.0, 6.0) if v > 5), 0.0)
        for i, v in zip(itertools.count(), (7.0, 8.0), strict=False):
            x = x + i * v
    return x


def own_generator(x):
    def numbers():
        yield 1.0
        yield 2.0

    while x < 10:
        it = numbers()
        x = x + next(it) + sum(it)
    return x


def only_read(x):
    if x > 0:
        x = x + len(re.match("a+", "aab").group()) + "abc".index("c") + np.ones(3).sum()
    return x


def last_first(x):
    held = OrderedDict(a=1.0, b=2.0, c=3.0)
    if x > 0:
        held.move_to_end("a")
    return x + list(held.values())[-1]


def fewer(x):
    held = {1, 2, 3}
    if x > 0:
        held.difference_update({2})
    return x + len(held)


ALLOWED = [own_buffer, own_iterator, own_generator, only_read, last_first, fewer]


@pytest.mark.parametrize("function", ALLOWED, ids=lambda v: v.__name__)
def test_what_stays_in_the_branch_works(function):
    compiled = bcgraph.compile(function, backend="tensorflow")
    for start in (1.0, -1.0):
        assert compiled(tf.constant(start)) == function(tf.constant(start)), start


def test_outside_of_branches_python_acts_while_tracing():
    seen = []

    def program(x):
        numbers = iter([1.0, 2.0])
        seen.append(next(numbers))
        return x + next(numbers) if x > 0 else x

    with pytest.raises(bcgraph.errors.UnsupportedEffect):
        bcgraph.compile(program, backend="tensorflow")(tf.constant(1.0))
    assert seen == [1.0]


def test_what_is_said_to_be_pythons_runs_while_tracing():
    out, seen = io.StringIO(), []

    def note(value):
        seen.append(value)
        out.write("n")
        return len(seen)

    def program(x):
        if x > 0:
            bcgraph.python(out.write)("w")
            bcgraph.python(note)(x)
            return x * 2
        return x

    compiled = bcgraph.compile(program, backend="tensorflow")
    for start in (1.0, -1.0, 3.0):
        assert compiled(tf.constant(start)) == (start * 2 if start > 0 else start)
    assert out.getvalue() == "wn" and len(seen) == 1 and tf.is_symbolic_tensor(seen[0])


@pytest.mark.parametrize("call", [time.sleep, random.seed])
def test_what_is_refused_is_accepted_when_said(call):
    def program(x, said):
        if x > 0:
            (bcgraph.python(call) if said else call)(0)
            return x * 2
        return x

    compiled = bcgraph.compile(program, backend="tensorflow")
    with pytest.raises(bcgraph.errors.UnsupportedEffect):
        compiled(tf.constant(1.0), said=False)
    assert compiled(tf.constant(1.0), said=True) == 2.0


def test_python_is_the_function_itself_elsewhere():
    @bcgraph.python
    def added(first, second=2):
        """Adds."""
        return first + second

    assert added(1) == 3 and added(1, second=5) == 6
    assert (added.__name__, added.__doc__) == ("added", "Adds.")
    with pytest.raises(TypeError):
        added()
