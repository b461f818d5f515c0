"""The Mandelbrot set on a grid, until no point is near any more."""

import numpy as np

from ._program import Forms, Program, Sizes


def _data(size):
    real, imaginary = np.meshgrid(
        np.linspace(-2.0, 1.0, 32, dtype="float32"), np.linspace(-1.5, 1.5, 32, dtype="float32")
    )
    return real, imaginary, np.array(size, "int32")


def _tensorflow():
    import tensorflow as tf

    def mandelbrot(real, imaginary, limit):
        x = y = tf.zeros_like(real)
        counts = tf.zeros_like(real)
        i = 0
        while i < limit:
            near = x * x + y * y <= 4.0
            if not tf.reduce_any(near):
                break
            counts += tf.where(near, 1.0, 0.0)
            x, y = tf.where(near, x * x - y * y + real, x), tf.where(near, 2 * x * y + imaginary, y)
            i += 1
        return counts

    def by_hand(real, imaginary, limit):
        zero = tf.zeros_like(real)

        def goes(i, near, x, y, counts):
            return (i < limit) & tf.reduce_any(near)

        def turn(i, near, x, y, counts):
            counts += tf.where(near, 1.0, 0.0)
            x, y = tf.where(near, x * x - y * y + real, x), tf.where(near, 2 * x * y + imaginary, y)
            return i + 1, x * x + y * y <= 4.0, x, y, counts

        first = (0, tf.ones_like(real, tf.bool), zero, zero, zero)
        return tf.while_loop(goes, turn, first)[-1]

    return Forms(mandelbrot, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(real, imaginary, limit):
        def goes(state):
            return (state[0] < limit) & state[1].any()

        def turn(state):
            i, near, x, y, counts = state
            counts += jnp.where(near, 1.0, 0.0)
            x, y = (
                jnp.where(near, x * x - y * y + real, x),
                jnp.where(near, 2 * x * y + imaginary, y),
            )
            return i + 1, x * x + y * y <= 4.0, x, y, counts

        zero = jnp.zeros_like(real)
        first = (0, jnp.ones_like(real, dtype=bool), zero, zero, zero)
        return lax.while_loop(goes, turn, first)[-1]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "mandelbrot",
    "while + break on a grid",
    _data,
    Sizes(5, 50, 200),
    lambda size: size,
    {"tensorflow": _tensorflow, "jax": _jax},
    exits=True,
)
