"""Variables, the order of what has a state, random numbers, and options of loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bcgraph


def compiled(fn: Any, **options: Any) -> Any:
    return bcgraph.compile(fn, backend="tensorflow", **options)


def test_updates_under_a_condition() -> None:
    variable = tf.Variable(1.0)

    def update(x: Any) -> Any:
        if x > 0:
            variable.assign_add(x)
        else:
            variable.assign(0.0)
        return variable.read_value()

    ours = compiled(update)
    assert [float(ours(tf.constant(x))) for x in (2.0, 3.0, -1.0, 4.0)] == [3.0, 6.0, 0.0, 4.0]
    assert ours.cache_info().traces == 1


def test_updates_in_loops() -> None:
    counts = tf.Variable([0, 0, 0, 0])

    def tally(values: Any, most: Any) -> Any:
        for value in values:
            if tf.reduce_sum(counts) >= most:
                break
            counts.scatter_nd_add([[value]], [1])
        return counts + 0

    values = tf.constant([1, 3, 1, 0, 1])
    assert compiled(tally)(values, tf.constant(4)).numpy().tolist() == [1, 2, 0, 1]
    counts.assign([0, 0, 0, 0])
    assert compiled(tally)(values, tf.constant(40)).numpy().tolist() == [1, 3, 0, 1]


def test_a_variable_made_in_the_first_call() -> None:
    class Counter(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.total: Any = None

        @bcgraph.compile(backend="tensorflow")
        def __call__(self, x: Any) -> Any:
            if self.total is None:
                self.total = tf.Variable(tf.ones([2]))
            if tf.reduce_sum(x) > 0:
                self.total.assign_add(x)
            return self.total * 2

    one, other = Counter(), Counter()
    assert one(tf.ones(2)).numpy().tolist() == [4.0, 4.0]
    assert one(tf.ones(2)).numpy().tolist() == [6.0, 6.0]
    assert one(-tf.ones(2)).numpy().tolist() == [6.0, 6.0]
    assert other(-tf.ones(2)).numpy().tolist() == [2.0, 2.0]
    assert one.total.numpy().tolist() == [3.0, 3.0]
    assert Counter.__call__.cache_info().traces == 4  # two each, as tf.function needs


def test_the_order_of_reads_and_writes(capfd: pytest.CaptureFixture[str]) -> None:
    variable = tf.Variable(1.0)

    def steps(x: Any) -> Any:
        first = variable.read_value()
        variable.assign(x)
        if x > 0:
            variable.assign_add(1.0)
            print("then", variable.read_value())
        else:
            print("else", variable.read_value())
            variable.assign(7.0)
        second = variable.read_value()
        variable.assign(10.0)
        print("last", variable.read_value())
        return first, second, variable.read_value()

    ours = compiled(steps)
    assert [float(v) for v in ours(tf.constant(5.0))] == [1.0, 6.0, 10.0]
    assert [float(v) for v in ours(tf.constant(-5.0))] == [10.0, 7.0, 10.0]
    assert capfd.readouterr().out.split() == [
        "then", "6", "last", "10", "else", "-5", "last", "10",
    ]  # fmt: skip


def test_random_numbers_are_drawn_anew() -> None:
    def draws(n: Any) -> Any:
        found = []
        for _ in tf.range(n):
            found.append(tf.random.uniform([]))
        return tf.stack(found)

    ours = compiled(draws)
    several = np.concatenate([ours(tf.constant(5)), ours(tf.constant(5))])
    assert len(set(several.tolist())) == 10


def test_a_generator_goes_on_as_eagerly() -> None:
    generator = tf.random.Generator.from_seed(3)

    def walk(n: Any) -> Any:
        position = 0.0
        for _ in tf.range(n):
            if generator.uniform([]) > 0.5:
                position += generator.normal([])
        return position

    found = [float(compiled(walk)(tf.constant(n))) for n in (4, 7)]
    generator.reset_from_seed(3)
    expected = []
    for n in (4, 7):
        position = 0.0
        for _ in range(n):
            if generator.uniform([]) > 0.5:
                position += generator.normal([])
        expected.append(float(position))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_option_bounds_a_loop() -> None:
    def count(n: Any) -> Any:
        i = 0
        while i < n:
            tf.autograph.experimental.set_loop_options(maximum_iterations=3, parallel_iterations=1)
            i += 1
        return i

    assert [int(compiled(count)(tf.constant(n))) for n in (2, 10)] == [2, 3]
    assert count(10) == 10
    graph = compiled(count).get_concrete_function(tf.constant(2)).graph
    loops = [op for op in graph.get_operations() if op.type in ("While", "StatelessWhile")]
    assert [op.get_attr("parallel_iterations") for op in loops] == [1]


def test_a_shape_invariant_and_none() -> None:
    def told(n: Any, x: Any) -> Any:
        for _ in tf.range(n):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(x, tf.TensorShape([None]))]
            )
            x = tf.concat([x, x], 0)
        return x

    def untold(n: Any, x: Any) -> Any:
        for _ in tf.range(n):
            x = tf.concat([x, x], 0)
        return x

    for program in (told, untold):
        ours = compiled(program).get_concrete_function(tf.constant(2), tf.constant([1]))
        assert ours.structured_outputs.shape.as_list() == [None]
        assert ours(tf.constant(2), tf.constant([1])).numpy().tolist() == [1, 1, 1, 1]


def test_an_option_of_what_is_not_carried() -> None:
    def wrong(n: Any, x: Any) -> Any:
        y = x * 2
        for _ in tf.range(n):
            tf.autograph.experimental.set_loop_options(shape_invariants=[(y, [None])])
            x = x + y
        return x

    with pytest.raises(ValueError, match="does not carry"):
        compiled(wrong)(tf.constant(2), tf.constant([1]))


def test_what_is_marked_do_not_convert_is_not() -> None:
    @tf.autograph.experimental.do_not_convert
    def absolute(x: Any) -> Any:
        return x if x > 0 else -x

    @tf.autograph.experimental.do_not_convert
    def doubled(x: Any) -> Any:
        return x * 2

    with pytest.raises(bcgraph.errors.PythonValueNeeded):
        compiled(lambda x: absolute(x))(tf.constant(1.0))
    ours = compiled(lambda x: doubled(x) if x > 0 else x)
    assert [float(ours(tf.constant(x))) for x in (1.0, -1.0)] == [2.0, -1.0]
