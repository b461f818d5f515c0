"""Keras with branches on tensors: a layer, a Lambda and a network of random depth, on digits.

Run it with `python examples/keras_models.py`; it needs scikit-learn.
"""

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

import bcgraph

data = load_digits()
images = (data.data / 16.0).astype("float32").reshape(-1, 8, 8, 1)
labels = data.target


class Positive(keras.layers.Layer):
    """A dense layer with an activation where its output is positive on the whole."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(units)

    @bcgraph.convert
    def call(self, inputs):
        output = self.dense(inputs)
        if tf.reduce_mean(output) > 0:
            return tf.nn.relu(output)
        return output


class StochasticDepth(keras.Model):
    """Training leaves out each convolution in one of four batches; a test goes through all."""

    def __init__(self, depth=20):
        super().__init__()
        self.first = keras.layers.Conv2D(8, 3, padding="same")
        self.inner = [
            keras.layers.Conv2D(8, 3, padding="same", activation="tanh") for _ in range(depth)
        ]
        self.dense, self.head = Positive(32), keras.layers.Dense(10)

    @bcgraph.convert
    def call(self, x, training=False):
        x = self.first(x)
        keep = tf.random.uniform([len(self.inner)]) < 0.75
        for i, layer in enumerate(self.inner):
            if not training or keep[i]:
                x = x + 0.5 * layer(x)
        return self.head(self.dense(tf.reshape(x, [-1, 512])))


@bcgraph.convert
def collatz(x):
    count = 0
    while x != 1:
        x = x // 2 if x % 2 == 0 else 3 * x + 1
        count += 1
    return count


if __name__ == "__main__":
    steps = keras.layers.Lambda(lambda x: tf.map_fn(collatz, x))
    print("collatz in a Lambda layer:", steps(tf.constant([6171, 27])).numpy())
    keras.utils.set_random_seed(0)
    model = StochasticDepth()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
    model.fit(images[:1400], labels[:1400], epochs=2, verbose=0)
    _, accuracy = model.evaluate(images[1400:], labels[1400:], verbose=0)
    print(f"accuracy on digits it has not seen: {accuracy:.2f}")
