"""XLA by itself: what is compiled, what is kept out, and that every program means what it meant."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from bcgraph_tensorflow import _jit, xla

import bcgraph

from .checks import TooLarge, checked

ENOUGH = 5  # calls after which `at_once` has tried a copy


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every graph that may be compiled is, at its third call, and stays, whatever it takes."""
    monkeypatch.setattr(_jit._Choice, "_pays", lambda self: True)
    monkeypatch.setattr(_jit, "_FASTER", float("inf"))
    monkeypatch.setattr(_jit, "_LEAST_GAIN", 0)


def compiled(program: Any, **options: Any) -> Any:
    return bcgraph.compile(program, backend="tensorflow", **options)


def told(function: Any) -> str:
    return str(bcgraph.explain(function))


def same(found: Any, wanted: Any) -> None:
    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), found, wanted
    )


# Programs, and arguments.


def collatz(n: Any) -> Any:
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def positives(rows: Any) -> Any:
    total = 0.0
    for row in rows:
        for value in row:
            if value > 0:
                total += value
    return total


def first_above(values: Any, limit: Any) -> Any:
    total = 0.0
    for i in tf.range(tf.shape(values)[0]):
        total += values[i]
        if total > limit:
            return i
    return -1


def squares(values: Any) -> Any:
    found = []
    for value in values:
        found.append(value * value)
    return tf.stack(found)


def written(values: Any) -> Any:
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    for i in tf.range(len(values)):
        array = array.write(i, values[i] + 1)
    return array.stack()


def windows(values: Any, count: Any) -> Any:
    total = tf.zeros(2)
    for i in tf.range(count):
        total += values[i * 2 : (i + 1) * 2]
    return total


def halved(x: Any) -> Any:
    turns = tf.zeros((), tf.int64)
    while tf.reduce_max(x) > 1.0:
        x = tf.where(x > 1.0, x / 2, x)
        turns += 1
    return x, {"turns": turns}


def trained(x: Any) -> Any:
    w = tf.constant([0.5, -0.5])
    for _ in tf.range(4):
        with tf.GradientTape() as tape:
            tape.watch(w)
            loss = tf.reduce_sum((w * x - 1.0) ** 2)
        w -= 0.1 * tape.gradient(loss, w)
    return w


def through_a_loop(x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in tf.range(3):
            y = y * x
    return tape.gradient(y, x)


PROGRAMS = [
    (collatz, (tf.constant(27),)),
    (positives, (tf.constant([[1.0, -2.0], [3.0, 4.0]]),)),
    (first_above, (tf.constant([1.0, 2.0, 3.0]), tf.constant(2.5))),
    (first_above, (tf.constant([1.0, 2.0, 3.0]), tf.constant(9.0))),
    (squares, (tf.constant([1.0, 2.0, 3.0]),)),
    (squares, (tf.constant([[1, 2], [3, 4]]),)),
    (written, (tf.constant([1.0, 2.0, 3.0]),)),
    (windows, (tf.range(10.0), tf.constant(5))),
    (halved, (tf.constant([5.0, 0.5]),)),
    (trained, (tf.constant([1.0, 2.0]),)),
    (through_a_loop, (tf.constant(2.0),)),
]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("program", "arguments"), PROGRAMS)
def test_same_before_and_after(program: Any, arguments: Any) -> None:
    function = compiled(program)
    wanted = program(*arguments)
    for _ in range(ENOUGH + 1):
        same(function(*arguments), wanted)
    assert "by XLA, " in told(function)


@pytest.mark.parametrize(("program", "arguments"), PROGRAMS)
def test_insisted_on(program: Any, arguments: Any) -> None:
    function = compiled(program, jit=True)
    for _ in range(3):
        same(function(*arguments), program(*arguments))
    assert "by XLA" in told(function)
    assert function.cache_info().traces == 1


# What stays out, and says why.


def prints(n: Any) -> Any:
    for i in tf.range(n):
        tf.print(i)
    return n


def calls_python(x: Any) -> Any:
    while x < 10:
        x = tf.py_function(lambda v: v + 1, [x], tf.int32)
    return x


def random(n: Any) -> Any:
    total = 0.0
    for _ in tf.range(n):
        total += tf.random.uniform(())
    return total * 0


COUNT = tf.Variable(0)


def writes(n: Any) -> Any:
    for _ in tf.range(n):
        COUNT.assign_add(1)
    return n


def straight(n: Any) -> Any:
    return n + 1 if n > 0 else n - 1


def texts(n: Any) -> Any:
    text = ""
    for i in tf.range(n):
        text = tf.strings.join([text, tf.strings.as_string(i)])
    return text


def halves(n: Any) -> Any:
    x = tf.cast(n, tf.float16)
    while x > 1:
        x = x / 2
    return x


def unknown_operation(n: Any) -> Any:
    for _ in tf.range(n):
        n = tf.bitcast(tf.bitcast(n, tf.float32), tf.int32)
    return n


def grows(n: Any) -> Any:
    x = tf.zeros([1])
    for _ in tf.range(n):
        x = tf.concat([x, x], 0)
    return x


def dynamic_slice(n: Any) -> Any:
    x, total = tf.range(10), 0
    for i in tf.range(n):
        total += tf.reduce_sum(x[:i])
    return total


def filtered(n: Any) -> Any:
    found = []
    i = 0
    while i < n:
        i += 1
        found.append(i)
    return tf.stack(found)


KEPT_OUT = [
    (prints, "it prints"),
    (calls_python, "it calls Python"),
    (random, "it draws random numbers"),
    (writes, "it writes variables"),
    (straight, "it has no loop"),
    (texts, "it makes texts"),
    (halves, "it computes in float16"),
    (unknown_operation, "of the operation Bitcast it is not known"),
    (grows, "a shape changes from turn to turn"),
    (dynamic_slice, "the size of a slice is known to the running graph only"),
    (filtered, "how long a list gets is known to the running graph only"),
]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("program", "why"), KEPT_OUT)
def test_kept_out(program: Any, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    function = compiled(program)
    wanted = program(tf.constant(3))
    before, printed = int(COUNT), capsys.readouterr().out
    for _ in range(ENOUGH):
        same_or_equal(function(tf.constant(3)), wanted)
    assert f"not by XLA: {why}" in told(function)
    assert capsys.readouterr().out == printed * ENOUGH
    assert int(COUNT) - before == (3 * ENOUGH if program is writes else 0)


def same_or_equal(found: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))


@pytest.mark.parametrize(("program", "why"), [case for case in KEPT_OUT if case[0] is not straight])
def test_insisting_is_refused(program: Any, why: str) -> None:
    with pytest.raises(bcgraph.errors.BackendLimit, match="XLA cannot compile") as caught:
        compiled(program, jit=True)(tf.constant(3))
    assert why in str(caught.value)
    assert 'jit="auto"' in str(caught.value)


def test_what_xla_itself_refuses() -> None:
    def sums(values: Any) -> Any:
        for _ in tf.range(3):
            values = tf.cumsum(values)
        return values

    values = tf.constant([1, 2, 3], tf.int8)
    with pytest.raises(bcgraph.errors.BackendLimit, match="XLA refuses it: Cumsum"):
        compiled(sums, jit=True)(values)
    same(compiled(sums)(values), sums(values))


def test_a_dataset_stays_out() -> None:
    def total(values: Any) -> Any:
        found = tf.constant(0, tf.int64)
        for value in values:
            found += value
        return found

    function = compiled(total)
    assert int(function(tf.data.Dataset.range(4))) == 6
    assert "a dataset is among its arguments" in told(function)


def test_switched_off() -> None:
    function = compiled(collatz, jit=False)
    assert int(function(tf.constant(6))) == 8
    assert "XLA" not in told(function)
    assert "XLA" not in told(compiled(collatz, jit_compile=True))


def test_what_is_told_before_it_pays() -> None:
    function = compiled(collatz)
    assert "XLA" not in told(function)
    function(tf.constant(6))
    assert "(int32[]): not by XLA so far: one call does not yet repay a compilation" in told(
        function
    )


def test_options() -> None:
    for options in ({"jit": "fast"}, {"jit": True, "jit_compile": True}):
        with pytest.raises(bcgraph.errors.UnknownOption, match="jit"):
            compiled(collatz, **options)


# Checks.


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("options", [{}, {"jit": True}])
def test_checks_are_made(options: Any) -> None:
    function = compiled(checked, **options)
    for _ in range(ENOUGH):
        assert int(function(tf.constant([1, 2, 3]))) == 6
    assert "by XLA" in told(function)
    with pytest.raises(AssertionError, match="got -5"):
        function(tf.constant([1, -5, 200]))
    with pytest.raises(TooLarge) as caught:
        function(tf.constant([1, 200, -5]))
    assert caught.value.args == ("large", 7)
    assert int(function(tf.constant([4, 2, 3]))) == 9
    assert "by XLA" in told(function)


def element(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for _ in tf.range(2):
        total += values[index]
    return total


def gathered(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for _ in tf.range(2):
        total += tf.gather(values, [0, index])[1]
    return total


def gathered_each(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for _ in tf.range(2):
        total += tf.gather_nd(values, [[index]])[0]
    return total


def cut(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for _ in tf.range(2):
        total += tf.slice(values, [index], [1])[0]
    return total


def stored(values: Any, index: Any) -> Any:
    for _ in tf.range(2):
        values = tf.tensor_scatter_nd_update(values, [[index]], [7])
    return values


def searched(values: Any, index: Any) -> Any:
    while values[index] != 3:
        index += 1
    return index


def divided(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for value in values:
        total += value // index + value % index
    return total


def counted_by(values: Any, index: Any) -> Any:
    total = 0
    for i in tf.range(0, 3, index):
        total += i
    return total


def in_a_branch(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for i in tf.range(2):
        if index > 1:
            total += values[index]
        else:
            total += i
    return total


def in_a_helper(values: Any, index: Any) -> Any:
    total = values[0] * 0
    for _ in tf.range(2):
        total += inner(values, index)
    return total


@tf.function
def inner(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    return tf.gather(values, index)


def endless_on_what_is_not_there(values: Any, index: Any) -> Any:
    """XLA would take the last element instead, from which the inner loop never comes to 1."""
    total = values[0] * 0
    for _ in tf.range(2):
        n = values[index]
        while n != 3:
            n = n - 1 if n > 3 else n
            total += 1
        if n == 3:
            while values[index + 0] < n:
                total += 1
    return total


OUT_OF_RANGE = [
    element, gathered, gathered_each, cut, stored, searched, in_a_branch, in_a_helper,
    endless_on_what_is_not_there,
]  # fmt: skip


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("program", OUT_OF_RANGE)
@pytest.mark.parametrize("options", [{}, {"jit": True}])
def test_what_is_out_of_range_raises(program: Any, options: Any) -> None:
    function = compiled(program, **options)
    values = tf.constant([4, 5, 3, 0])
    for _ in range(ENOUGH):
        same(function(values, tf.constant(2)), program(values, tf.constant(2)))
    assert "by XLA" in told(function)
    for index in (4, 99):
        with pytest.raises(tf.errors.InvalidArgumentError):
            function(values, tf.constant(index))


@pytest.mark.parametrize("program", [divided, counted_by])
def test_zero_raises(program: Any) -> None:
    function = compiled(program, jit=True)
    values = tf.constant([4, -5, 3])
    for index in (2, 1):
        same(function(values, tf.constant(index)), program(values, tf.constant(index)))
    with pytest.raises(tf.errors.InvalidArgumentError):
        function(values, tf.constant(0))


def test_a_range_that_goes_the_other_way_raises() -> None:
    function = compiled(counted_by, jit=True)
    values = tf.constant([4, -5, 3])
    assert int(function(values, tf.constant(1))) == 3
    with pytest.raises(tf.errors.InvalidArgumentError):
        function(values, tf.constant(-1))


def test_negative_indices_count_from_the_end() -> None:
    function = compiled(element, jit=True)
    values = tf.constant([4, 5, 3])
    for index in range(-3, 3):
        assert int(function(values, tf.constant(index))) == 2 * values.numpy()[index]
    with pytest.raises(tf.errors.InvalidArgumentError):
        function(values, tf.constant(-4))


def test_slices_that_end_early_are_shorter() -> None:
    def last(values: Any, count: Any) -> Any:
        total = 0
        for i in tf.range(count):
            total = tf.reduce_sum(values[i * 2 : i * 2 + 2])
        return total

    function = compiled(last, jit=True)
    for count in (1, 2, 3, 4):
        assert int(function(tf.range(5), tf.constant(count))) == last(tf.range(5), count)


def test_lists_as_long_as_the_data_says() -> None:
    def kept(values: Any) -> Any:
        found = []
        for value in values:
            if value > 0:
                found.append(value)
        return tf.stack(found)

    function = compiled(kept, jit=True)
    for values in ([1.0, 2.0, 3.0], [1.0, -2.0, 3.0], [1.0, 2.0, -3.0]):
        same(function(tf.constant(values)), np.array([v for v in values if v > 0]))


def test_lists_that_shrink_and_change() -> None:
    def stack(values: Any) -> Any:
        found = [values[0]]
        for value in values:
            found.append(value)
            found[0] = found[0] + found[-1]
            if value > 2:
                found.pop()
        return tf.stack(found)

    function = compiled(stack, jit=True)
    for values in ([1, 2, 0], [1, 5, 3]):
        wanted = [values[0] + sum(values), *(v for v in values if v <= 2)]
        same(function(tf.constant(values)), np.array(wanted))


@pytest.mark.usefixtures("at_once")
def test_what_fails_often_is_left() -> None:
    function = compiled(checked)
    for _ in range(ENOUGH):
        function(tf.constant([1, 2, 3]))
    assert "by XLA, " in told(function)
    for _ in range(3):
        with pytest.raises(AssertionError, match="got -5"):
            function(tf.constant([1, -5, 200]))
    assert "not by XLA: what it checks fails often" in told(function)
    assert int(function(tf.constant([1, 2, 3]))) == 6


@pytest.mark.usefixtures("at_once")
def test_other_results_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    made = xla.copied

    def wrong(concrete: Any, arguments: Any) -> Any:
        copy = made(concrete, arguments)
        return xla.Copied(lambda values: [value + 1 for value in copy.run(values) or ()])

    monkeypatch.setattr(xla, "copied", wrong)
    function = compiled(collatz)
    for _ in range(ENOUGH):
        assert int(function(tf.constant(6))) == 8
    assert "not by XLA: the results differ by more than rounding" in told(function)


def test_what_is_slower_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_jit._Choice, "_pays", lambda self: True)
    monkeypatch.setattr(_jit, "_FASTER", 0.0)
    function = compiled(collatz)
    for _ in range(ENOUGH):
        assert int(function(tf.constant(6))) == 8
    assert "not by XLA: it takes " in told(function)


def test_not_a_number_stays_none() -> None:
    def extremes(values: Any) -> Any:
        high = low = values[0]
        for value in values:
            high, low = tf.maximum(high, value), tf.minimum(low, value)
        return high, low, tf.reduce_max(values), tf.argmax(values)

    function = compiled(extremes, jit=True)
    for values in ([1.0, np.nan, 3.0], [np.nan, 1.0, 3.0], [3.0, 1.0, np.nan], [np.inf, 1.0, 2.0]):
        same(function(tf.constant(values)), extremes(tf.constant(values)))


# What the choice depends on.


def choice(cost: xla.Cost, *, calls: int, each: float) -> Any:
    graph = type("Graph", (), {"cost": cost})()
    made = _jit._Choice(graph)
    made._calls, made._longest, made._spent = calls, each, each * (calls - 1)
    return made


def test_a_compilation_is_repaid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_jit, "_pace", _jit._Pace())
    cost = xla.Cost(seconds=0.1, gain=100)
    assert choice(cost, calls=3, each=0.01)._pays()
    assert not choice(cost, calls=3, each=0.001)._pays()
    assert not choice(cost, calls=200, each=0.001)._pays()
    assert choice(cost, calls=1000, each=0.001)._pays()
    assert not choice(xla.Cost(seconds=0.1, gain=1.01), calls=3, each=0.01)._pays()
    _jit._pace.learn(cost, 2.0)  # the first of a process
    assert choice(cost, calls=3, each=0.004)._pays()
    _jit._pace.learn(cost, 2.0)  # here, compilations take longer
    assert not choice(cost, calls=3, each=0.004)._pays()


def test_products_of_matrices_are_left() -> None:
    def steps(x: Any, w: Any) -> Any:
        for _ in tf.range(10):
            x = tf.tanh(x @ w)
        return x

    function = compiled(steps)
    function(tf.zeros((64, 512)), tf.zeros((512, 512)))
    assert "not by XLA: what its loop computes is no faster there" in told(function)


@pytest.mark.usefixtures("at_once")
def test_shapes_are_compiled_for_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_jit, "_COPIES", 2)
    signature = [tf.TensorSpec([None, None], tf.float32)]
    function = compiled(positives, input_signature=signature)
    for size in (1, 2, 3, 4):
        for _ in range(ENOUGH):
            assert float(function(tf.ones((size, 3)))) == 3.0 * size
    assert function.cache_info().traces == 1
    lines = bcgraph.explain(function).graphs
    assert sum("by XLA, " in line for line in lines) <= 2
    assert any("2 copies of the function have been compiled" in line for line in lines)


@pytest.mark.usefixtures("at_once")
def test_one_trace_and_each_effect_once() -> None:
    traced, state = [], tf.Variable(0)

    def counted(n: Any) -> Any:
        traced.append(1)
        state.assign_add(1)
        total = 0
        for i in tf.range(n):
            total += i
        return total

    def pure(n: Any) -> Any:
        traced.append(2)
        total = state + 0
        for i in tf.range(n):
            total += i
        return total

    function, reads = compiled(counted), compiled(pure)
    for call in range(1, ENOUGH + 2):
        assert int(function(tf.constant(4))) == 6
        assert int(state) == call
        assert int(reads(tf.constant(4))) == 6 + call  # what the variable holds now
    assert traced == [1, 2]
    assert "it writes variables" in told(function)
    assert "by XLA, " in told(reads)


# Where others decide.


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("options", [{}, {"jit": True}])
def test_gradients(options: Any) -> None:
    weight = tf.Variable(1.5)

    def powers(x: Any) -> Any:
        y = x
        while y < 20:
            y = y * x * weight
        return y

    function = compiled(powers, **options)
    for _ in range(ENOUGH):
        same(function(tf.constant(2.0)), powers(tf.constant(2.0)))
    assert "by XLA" in told(function)
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator:
        y = function(x)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as wanted:
        z = powers(x)
    same(accumulator.jvp(y), wanted.jvp(z))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    with tf.GradientTape() as other:
        other.watch(x)
        z = powers(x)
    same(tape.gradient(y, [x, weight]), other.gradient(z, [x, weight]))


@pytest.mark.usefixtures("at_once")
def test_an_outer_function_decides() -> None:
    function = compiled(collatz, jit=True)
    assert int(function(tf.constant(6))) == 8
    outer = tf.function(lambda n: function(n) * 2, autograph=False)
    assert int(outer(tf.constant(6))) == 16
    graph = outer.get_concrete_function(tf.constant(6)).graph
    definitions = graph.as_graph_def().library.function
    assert not any(d.attr["_XlaMustCompile"].b for d in definitions)
    assert int(compiled(lambda n: function(n) + 1)(tf.constant(6))) == 9


@pytest.mark.usefixtures("at_once")
def test_exported_as_it_was_recorded(tmp_path: Path) -> None:
    class Model(tf.Module):
        @bcgraph.compile(
            backend="tensorflow", input_signature=[tf.TensorSpec([None, None], tf.float32)]
        )
        def __call__(self, rows: Any) -> Any:
            return positives(rows)

    model = Model()
    rows = tf.constant([[1.0, -2.0], [3.0, 4.0]])
    for _ in range(ENOUGH):
        assert float(model(rows)) == 8.0
    assert "by XLA, " in "".join(model.__call__.notes())
    tf.saved_model.save(model, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    assert float(loaded(rows)) == 8.0
    assert float(loaded(tf.ones((3, 5)))) == 15.0
    definitions = loaded.__call__.get_concrete_function(rows).graph.as_graph_def().library.function
    assert definitions
    assert not any(d.attr["_XlaMustCompile"].b for d in definitions)


def test_in_a_strategy() -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    function = compiled(collatz, jit=True)
    assert int(function(tf.constant(6))) == 8
    with strategy.scope():
        assert int(function(tf.constant(7))) == 16
    assert int(strategy.run(function, (tf.constant(6),))) == 8


def test_run_eagerly() -> None:
    function = compiled(collatz, jit=True)
    assert int(function(tf.constant(6))) == 8
    tf.config.run_functions_eagerly(True)
    try:
        assert int(function(tf.constant(7))) == 16
    finally:
        tf.config.run_functions_eagerly(False)
    with bcgraph.config(mode="eager"):
        assert int(function(tf.constant(7))) == 16


# Calls that go straight to their graph.


def test_each_kind_of_arguments_has_its_graph() -> None:
    def described(x: Any, factor: Any = 2) -> Any:
        return x * factor, tf.rank(x), tf.constant(x.dtype.name), x.shape.as_list()

    function = compiled(described)
    for _ in range(4):
        for x in (tf.constant(3), tf.constant(3.0), tf.constant([1, 2]), tf.constant([1, 2, 3])):
            for arguments in ((x,), (x, 3), (x, tf.constant(3, x.dtype))):
                for found, wanted in zip(function(*arguments), described(*arguments), strict=True):
                    np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(function(x, factor=4)[0], x * 4)
            np.testing.assert_array_equal(function(x=x)[0], x * 2)


def test_methods_and_captured_values() -> None:
    class Scale:
        def __init__(self, by: float) -> None:
            self.by = tf.Variable(by)

        @bcgraph.compile(backend="tensorflow", jit=True)
        def __call__(self, x: Any) -> Any:
            while x < 10:
                x = x * self.by
            return x

    scales = [Scale(2.0), Scale(3.0)]
    for _ in range(4):
        assert [float(scale(tf.constant(1.0))) for scale in scales] == [16.0, 27.0]
    scales[0].by.assign(4.0)
    for _ in range(3):
        assert [float(scale(tf.constant(1.0))) for scale in scales] == [16.0, 27.0]
        assert float(scales[0](tf.constant(2.0))) == 32.0


@pytest.mark.usefixtures("at_once")
def test_threads() -> None:
    function, found = compiled(collatz), []

    def calls() -> None:
        found.extend(int(function(tf.constant(6))) for _ in range(20))

    threads = [threading.Thread(target=calls) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [8] * 80
    assert "by XLA, " in told(function)
