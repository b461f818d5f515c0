"""A loop with two ways out besides its test: `return` and `break`."""

import numpy as np

from ._program import Forms, Program, Sizes


def break_and_return(x, limit):
    i = 0
    while i < 1000:
        x = x * 1.01
        if x > limit:
            return x
        if x < -limit:
            break
        i += 1
    return x - i


def _tensorflow():
    import tensorflow as tf

    def adapted(x, limit):
        i = tf.constant(0)
        result = 0.0
        done = False
        while i < 1000:
            x = x * 1.01
            if x > limit:
                result = x
                done = True
                break
            if x < -limit:
                break
            i += 1
        if not done:
            result = x - tf.cast(i, tf.float32)
        return result

    def by_hand(x, limit):
        def goes(i, x):
            return (i < 1000) & (abs(x) <= limit)

        def turn(i, x):
            x = x * 1.01
            return tf.where(abs(x) > limit, i, i + 1), x

        # The first turn does not look at x.
        i, x = tf.while_loop(goes, turn, turn(0, x))
        return tf.where(x > limit, x, x - tf.cast(i, tf.float32))

    return Forms(break_and_return, adapted=adapted, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(x, limit):
        def goes(i, x):
            return (i < 1000) & (abs(x) <= limit)

        def turn(i, x):
            x = x * 1.01
            return torch.where(abs(x) > limit, i, i + 1), x

        i, x = while_loop(goes, turn, turn(torch.tensor(0), x))
        return torch.where(x > limit, x, x - i)

    return Forms(break_and_return, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(x, limit):
        def goes(state):
            return (state[0] < 1000) & (abs(state[1]) <= limit)

        def turn(state):
            i, x = state
            x = x * 1.01
            return jnp.where(abs(x) > limit, i, i + 1), x

        i, x = lax.while_loop(goes, turn, turn((jnp.int32(0), x)))
        return jnp.where(x > limit, x, x - i)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "break and return",
    "while with two more ways out",
    lambda size: (np.array(1.0, "float32"), np.array(1.01 ** (size - 0.5), "float32")),
    Sizes(8, 300, 800),
    lambda size: size,
    {
        "tensorflow": _tensorflow,
        "torch": _torch,
        "jax": _jax,
        "numba": lambda: Forms(break_and_return),
    },
    exits=True,
)
