"""Keras layers and models whose code branches on tensors."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

import bcgraph


def collatz(x: Any) -> Any:
    """How many steps it takes to come to 1."""
    count = 0
    while x != 1:
        if x % 2 == 0:
            x = x // 2
        else:
            x = 3 * x + 1
        count += 1
    return count


@keras.saving.register_keras_serializable("bcgraph")
class Positive(keras.layers.Layer):
    """A dense layer with an activation where its output is positive on the whole."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def build(self, shape: Any) -> None:
        self.dense.build(shape)
        self.built = True

    @bcgraph.convert
    def call(self, inputs: Any) -> Any:
        output = self.dense(inputs)
        if tf.reduce_mean(output) > 0:
            return tf.nn.relu(output)
        return output

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("bcgraph")
class Stochastic(keras.Model):
    """Twenty convolutions, of which training leaves some out, as it draws."""

    def __init__(self, depth: int = 20, keep: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        self.depth, self.keep = depth, keep
        self.convolutions = [
            keras.layers.Conv2D(4, 3, padding="same", activation="tanh") for _ in range(depth)
        ]
        self.first = keras.layers.Conv2D(4, 3, padding="same")
        self.head = keras.layers.Dense(10)

    @bcgraph.convert
    def call(self, x: Any, training: bool = False) -> Any:
        drawn = tf.random.uniform([self.depth]) < self.keep
        return self.through(x, drawn if training else None)[0]

    @bcgraph.convert
    def through(self, x: Any, kept: Any = None) -> tuple[Any, Any]:
        """What comes out, and through how many layers it went."""
        x = self.first(x)
        count = 0
        for i, layer in enumerate(self.convolutions):
            if kept is None or kept[i]:
                x = x + layer(x)
                count += 1
        return self.head(tf.reduce_mean(x, [1, 2])), count

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "depth": self.depth, "keep": self.keep}


@keras.saving.register_keras_serializable("bcgraph")
class EarlyExit(keras.Model):
    """As deep as its input asks for; compiled, not only converted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.enter = keras.layers.Dense(32, activation="relu")
        self.again = keras.layers.Dense(32, activation="tanh")
        self.head = keras.layers.Dense(10)

    @bcgraph.compile(backend="tensorflow")
    def call(self, x: Any, training: bool = False) -> Any:
        x = self.enter(x)
        for _ in range(3):
            if tf.reduce_max(tf.abs(x)) < 1.0:
                break
            x = 0.9 * self.again(x)
        return self.head(x)
