"""`while` with an `and` in its test: how long a point of the Mandelbrot set's plane stays near."""

import numpy as np

from ._program import Forms, Program, Sizes


def escape_time(real, imaginary, limit):
    x = y = 0.0
    count = 0
    while x * x + y * y <= 4.0 and count < limit:
        x, y = x * x - y * y + real, 2.0 * x * y + imaginary
        count += 1
    return count


def _tensorflow():
    import tensorflow as tf

    def by_hand(real, imaginary, limit):
        def goes(x, y, count):
            return (x * x + y * y <= 4.0) & (count < limit)

        def turn(x, y, count):
            return x * x - y * y + real, 2.0 * x * y + imaginary, count + 1

        return tf.while_loop(goes, turn, (0.0, 0.0, 0))[2]

    return Forms(escape_time, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(real, imaginary, limit):
        def goes(x, y, count):
            return (x * x + y * y <= 4.0) & (count < limit)

        def turn(x, y, count):
            return x * x - y * y + real, 2.0 * x * y + imaginary, count + 1

        first = (torch.tensor(0.0), torch.tensor(0.0), torch.tensor(0))
        return while_loop(goes, turn, first)[2]

    return Forms(escape_time, by_hand=by_hand)


def _jax():
    from jax import lax

    def by_hand(real, imaginary, limit):
        def goes(state):
            x, y, count = state
            return (x * x + y * y <= 4.0) & (count < limit)

        def turn(state):
            x, y, count = state
            return x * x - y * y + real, 2.0 * x * y + imaginary, count + 1

        return lax.while_loop(goes, turn, (0.0, 0.0, 0))[2]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "escape time",
    "while with `and` in its test",
    lambda size: (np.float32(-0.1), np.float32(0.2), np.array(size, "int32")),
    Sizes(6, 300, 1000),
    lambda size: size,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(escape_time)},
)
