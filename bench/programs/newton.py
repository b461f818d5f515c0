"""`while` to a tolerance: a square root by Newton's method."""

import numpy as np

from ._program import Forms, Program, Sizes


def newton(x, tolerance):
    y = x
    while abs(y * y - x) > tolerance * x:
        y = (y + x / y) / 2
    return y


def _trips(size):
    """The turns for 10 ** size."""
    x = np.float32(10.0**size)
    y, turns = x, 0
    while abs(y * y - x) > np.float32(1e-5) * x:
        y, turns = (y + x / y) / 2, turns + 1
    return turns


def _tensorflow():
    import tensorflow as tf

    def by_hand(x, tolerance):
        def turn(y):
            return ((y + x / y) / 2,)

        return tf.while_loop(lambda y: abs(y * y - x) > tolerance * x, turn, (x,))[0]

    return Forms(newton, by_hand=by_hand)


def _torch():
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(x, tolerance):
        def turn(y):
            return ((y + x / y) / 2,)

        return while_loop(lambda y: abs(y * y - x) > tolerance * x, turn, (x.clone(),))[0]

    return Forms(newton, by_hand=by_hand)


def _jax():
    from jax import lax

    def by_hand(x, tolerance):
        def goes(y):
            return abs(y * y - x) > tolerance * x

        return lax.while_loop(goes, lambda y: (y + x / y) / 2, x)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "newton",
    "while to a tolerance",
    lambda size: (np.array(10.0**size, "float32"), np.array(1e-5, "float32")),
    Sizes(2, 12, 18),
    _trips,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(newton)},
)
