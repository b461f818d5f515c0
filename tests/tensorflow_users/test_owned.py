"""What holds TensorFlow's tensors, as the only argument, chooses TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf

import bcgraph


def distributed() -> Any:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    return strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))


HOLDERS: dict[str, Callable[[], Any]] = {
    "constant": lambda: tf.constant(1.0),
    "variable": lambda: tf.Variable(1.0),
    "ragged": lambda: tf.ragged.constant([[1.0], [2.0, 3.0]]),
    "sparse": lambda: tf.sparse.from_dense([[1.0]]),
    "tensor array": lambda: tf.TensorArray(tf.float32, 1),
    "dataset": lambda: tf.data.Dataset.range(3),
    "iterator": lambda: iter(tf.data.Dataset.range(3)),
    "distributed dataset": distributed,
    "distributed iterator": lambda: iter(distributed()),
    "module": tf.Module,
    "generator": lambda: tf.random.Generator.from_seed(1),
    "table": lambda: tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, 0),
    "layer": lambda: keras.layers.Dense(1),
    "model": lambda: keras.Sequential([keras.layers.Dense(1)]),
    "optimizer": lambda: keras.optimizers.SGD(),
    "keras variable": lambda: keras.Variable(1.0),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_chooses_tensorflow(name: str) -> None:
    in_graph = []

    @bcgraph.compile
    def program(held: Any) -> Any:
        in_graph.append(not tf.executing_eagerly())
        return tf.constant(1.0)

    program(HOLDERS[name]())
    assert in_graph == [True]


def test_what_holds_none_does_not() -> None:
    assert bcgraph.compile(lambda n: n + 1)(2) == 3
    assert bcgraph.compile(lambda text: text * 2)("a") == "aa"
