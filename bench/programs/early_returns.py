"""A chain of early returns."""

import numpy as np

from ._program import Forms, Program, Sizes


def early_returns(x):
    if x > 8.0:
        return x * 2.0
    if x > 6.0:
        return x + 3.0
    if x > 4.0:
        return x - 1.0
    if x > 2.0:
        return x / 4.0
    if x > 0.0:
        return -x
    return x * x


def _tensorflow():
    import tensorflow as tf

    def by_hand(x):
        def last():
            return tf.cond(x > 0.0, lambda: -x, lambda: x * x)

        def fourth():
            return tf.cond(x > 2.0, lambda: x / 4.0, last)

        def third():
            return tf.cond(x > 4.0, lambda: x - 1.0, fourth)

        def second():
            return tf.cond(x > 6.0, lambda: x + 3.0, third)

        return tf.cond(x > 8.0, lambda: x * 2.0, second)

    return Forms(early_returns, by_hand=by_hand)


def _torch():
    import torch

    def by_hand(x):
        found = torch.where(x > 0.0, -x, x * x)
        found = torch.where(x > 2.0, x / 4.0, found)
        found = torch.where(x > 4.0, x - 1.0, found)
        found = torch.where(x > 6.0, x + 3.0, found)
        return torch.where(x > 8.0, x * 2.0, found)

    return Forms(early_returns, by_hand=by_hand)


def _jax():
    from jax import numpy as jnp

    def by_hand(x):
        tests = [x > 8.0, x > 6.0, x > 4.0, x > 2.0, x > 0.0]
        return jnp.select(tests, [x * 2.0, x + 3.0, x - 1.0, x / 4.0, -x], x * x)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "early returns",
    "a chain of if + return",
    lambda size: (np.array(size + 0.5, "float32"),),
    Sizes(5, 1, 1),
    lambda size: 0,
    {
        "tensorflow": _tensorflow,
        "torch": _torch,
        "jax": _jax,
        "numba": lambda: Forms(early_returns),
    },
)
