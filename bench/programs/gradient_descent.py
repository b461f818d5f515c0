"""Gradient descent on a quadratic, with a `break` at the top once the gradient is small."""

import numpy as np

from ._program import Forms, Program, Sizes


def _data(size):
    random = np.random.default_rng(0)
    basis = np.linalg.qr(random.normal(size=(32, 32)))[0]
    a = (basis * np.linspace(0.02, 1.0, 32)) @ basis.T
    b = random.normal(size=32)
    limit = np.array(size, "int32")
    return (
        a.astype("float32"),
        b.astype("float32"),
        np.zeros(32, "float32"),
        np.float32(1e-6),
        limit,
    )


def _tensorflow():
    import tensorflow as tf

    def gradient_descent(a, b, x, tolerance, limit):
        i = 0
        while i < limit:
            gradient = tf.linalg.matvec(a, x) - b
            if tf.norm(gradient) < tolerance:
                break
            x = x - 0.5 * gradient
            i += 1
        return x

    def by_hand(a, b, x, tolerance, limit):
        def goes(i, x, gradient):
            return (i < limit) & (tf.norm(gradient) >= tolerance)

        def turn(i, x, gradient):
            x = x - 0.5 * gradient
            return i + 1, x, tf.linalg.matvec(a, x) - b

        return tf.while_loop(goes, turn, (0, x, tf.linalg.matvec(a, x) - b))[1]

    return Forms(gradient_descent, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def gradient_descent(a, b, x, tolerance, limit):
        i = 0
        while i < limit:
            gradient = a @ x - b
            if gradient.norm() < tolerance:
                break
            x = x - 0.5 * gradient
            i += 1
        return x

    def by_hand(a, b, x, tolerance, limit):
        def goes(i, x, gradient):
            return (i < limit) & (gradient.norm() >= tolerance)

        def turn(i, x, gradient):
            x = x - 0.5 * gradient
            return i + 1, x, a @ x - b

        return while_loop(goes, turn, (torch.tensor(0), x.clone(), a @ x - b))[1]

    return Forms(gradient_descent, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(a, b, x, tolerance, limit):
        def goes(state):
            return (state[0] < limit) & (jnp.linalg.norm(state[2]) >= tolerance)

        def turn(state):
            i, x, gradient = state
            x = x - 0.5 * gradient
            return i + 1, x, a @ x - b

        return lax.while_loop(goes, turn, (0, x, a @ x - b))[1]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "gradient descent",
    "while, break at the top",
    _data,
    Sizes(5, 100, 300),
    lambda size: size,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax},
    exits=True,
)
