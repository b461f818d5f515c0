"""L-BFGS with a backtracking line search: a loop in a loop, a helper with a gradient tape."""

import numpy as np

from ._program import Forms, Program, Sizes

MEMORY = 5


def _data(size):
    start = np.linspace(-1.2, 1.0, 10)
    return start, np.array(1e-12), np.array(size, "int32")


def _tensorflow():
    import tensorflow as tf

    def rosenbrock(x):
        return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    def value_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = rosenbrock(x)
        return value, tape.gradient(value, x)

    def direction(gradient, steps, changes):
        """Minus the inverse Hessian's estimate times the gradient, from the newest step on."""
        curvatures = tf.reduce_sum(steps * changes, axis=1)
        inverses = tf.where(curvatures > 0.0, 1.0 / curvatures, 0.0)
        weights = []
        q = gradient
        for j in range(MEMORY):
            weights.append(inverses[j] * tf.reduce_sum(steps[j] * q))
            q = q - weights[j] * changes[j]
        size = tf.reduce_sum(changes[0] ** 2)
        q = q * tf.where(size > 0.0, curvatures[0] / size, 1.0)
        for j in reversed(range(MEMORY)):
            q = q + steps[j] * (weights[j] - inverses[j] * tf.reduce_sum(changes[j] * q))
        return -q

    def lbfgs(x, tolerance, limit):
        steps = changes = tf.zeros([MEMORY, x.shape[0]], x.dtype)
        value, gradient = value_and_gradient(x)
        i = 0
        while i < limit and tf.norm(gradient) > tolerance:
            d = direction(gradient, steps, changes)
            slope = tf.reduce_sum(d * gradient)
            t = tf.constant(1.0, x.dtype)
            while rosenbrock(x + t * d) > value + 1e-4 * t * slope:
                t = t * 0.5
            before = gradient
            x = x + t * d
            value, gradient = value_and_gradient(x)
            steps = tf.concat([[t * d], steps[:-1]], axis=0)
            changes = tf.concat([[gradient - before], changes[:-1]], axis=0)
            i += 1
        return x, value

    def by_hand(x, tolerance, limit):
        zeros = tf.zeros([MEMORY, x.shape[0]], x.dtype)

        def goes(i, x, value, gradient, steps, changes):
            return (i < limit) & (tf.norm(gradient) > tolerance)

        def turn(i, x, value, gradient, steps, changes):
            d = direction(gradient, steps, changes)
            slope = tf.reduce_sum(d * gradient)

            def too_long(t):
                return rosenbrock(x + t * d) > value + 1e-4 * t * slope

            t = tf.while_loop(too_long, lambda t: (t * 0.5,), (tf.constant(1.0, x.dtype),))[0]
            before = gradient
            x = x + t * d
            value, gradient = value_and_gradient(x)
            steps = tf.concat([[t * d], steps[:-1]], axis=0)
            changes = tf.concat([[gradient - before], changes[:-1]], axis=0)
            return i + 1, x, value, gradient, steps, changes

        first = (0, x, *value_and_gradient(x), zeros, zeros)
        return tf.while_loop(goes, turn, first)[1:3]

    return Forms(lbfgs, by_hand=by_hand)


PROGRAM = Program(
    "l-bfgs",
    "while with `and`, inner while, tapes",
    _data,
    Sizes(4, 20, 40),
    lambda size: size,
    {"tensorflow": _tensorflow},
    tolerance=1e-3,
)
