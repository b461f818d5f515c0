"""The training of a small network on pictures of MNIST's shape, as one graph."""

import numpy as np

from ._program import Forms, Program, Sizes

PICTURES, PIXELS, HIDDEN, CLASSES, BATCH = 1024, 784, 64, 10, 32


def _data(size):
    random = np.random.default_rng(0)
    centres = random.normal(size=(CLASSES, PIXELS))
    labels = random.integers(0, CLASSES, PICTURES)
    pictures = centres[labels] * 0.1 + random.normal(size=(PICTURES, PIXELS)) * 0.1
    w1 = random.normal(size=(PIXELS, HIDDEN), scale=PIXELS**-0.5)
    w2 = random.normal(size=(HIDDEN, CLASSES), scale=HIDDEN**-0.5)
    floats = [array.astype("float32") for array in (pictures, w1, w2)]
    return floats[0], labels.astype("int32"), *floats[1:], np.array(size, "int32")


def _tensorflow():
    import tensorflow as tf

    def mlp_training(pictures, labels, w1, w2, steps):
        loss = 0.0
        i = 0
        while i < steps:
            start = i * BATCH % PICTURES
            x, y = pictures[start : start + BATCH], labels[start : start + BATCH]
            with tf.GradientTape() as tape:
                tape.watch([w1, w2])
                logits = tf.nn.relu(x @ w1) @ w2
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
                loss = tf.reduce_mean(losses)
            d1, d2 = tape.gradient(loss, [w1, w2])
            w1, w2 = w1 - 0.1 * d1, w2 - 0.1 * d2
            i += 1
        return loss, w1, w2

    def by_hand(pictures, labels, w1, w2, steps, cut=None):
        def turn(i, loss, w1, w2):
            start = i * BATCH % PICTURES
            x, y = (cut or slices)(start, pictures, labels)
            with tf.GradientTape() as tape:
                tape.watch([w1, w2])
                logits = tf.nn.relu(x @ w1) @ w2
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
                loss = tf.reduce_mean(losses)
            d1, d2 = tape.gradient(loss, [w1, w2])
            return i + 1, loss, w1 - 0.1 * d1, w2 - 0.1 * d2

        def slices(start, pictures, labels):
            return pictures[start : start + BATCH], labels[start : start + BATCH]

        return tf.while_loop(lambda i, *_: i < steps, turn, (0, 0.0, w1, w2))[1:]

    def of_known_size(start, pictures, labels):
        """XLA would take the size of `x[start:start + n]` as unknown."""
        x = tf.slice(pictures, [start, 0], [BATCH, PIXELS])
        return x, tf.slice(labels, [start], [BATCH])

    def by_hand_xla(pictures, labels, w1, w2, steps):
        return by_hand(pictures, labels, w1, w2, steps, of_known_size)

    return Forms(mlp_training, by_hand=by_hand, by_hand_xla=by_hand_xla)


def _jax():
    import jax
    from jax import lax
    from jax import numpy as jnp

    def loss_of(weights, x, y):
        logits = jax.nn.relu(x @ weights[0]) @ weights[1]
        likely = jax.nn.log_softmax(logits)
        return -jnp.take_along_axis(likely, y[:, None], axis=1).mean()

    def by_hand(pictures, labels, w1, w2, steps):
        def turn(i, state):
            weights = state[1:]
            start = i * BATCH % PICTURES
            x = lax.dynamic_slice_in_dim(pictures, start, BATCH)
            y = lax.dynamic_slice_in_dim(labels, start, BATCH)
            loss, slopes = jax.value_and_grad(loss_of)(weights, x, y)
            return loss, *(w - 0.1 * d for w, d in zip(weights, slopes, strict=True))

        return lax.fori_loop(0, steps, turn, (jnp.float32(0), w1, w2))

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "mlp training",
    "while with a tape in it",
    _data,
    Sizes(3, 50, 200),
    lambda size: size,
    {"tensorflow": _tensorflow, "jax": _jax},
    tolerance=2e-3,
)
