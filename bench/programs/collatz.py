"""`while` with an `if`/`else` in it."""

import numpy as np

from ._program import Forms, Program, Sizes


def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def _tensorflow():
    import tensorflow as tf

    def by_hand(n):
        def turn(n, steps):
            return tf.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1), steps + 1

        return tf.while_loop(lambda n, _: n != 1, turn, (n, tf.constant(0)))[1]

    return Forms(collatz, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(n):
        def turn(n, steps):
            return torch.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

        return while_loop(
            lambda n, _: n != 1, turn, (n.clone(), torch.zeros((), dtype=torch.int64))
        )[1]

    return Forms(collatz, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(n):
        def turn(state):
            n, steps = state
            return jnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

        return lax.while_loop(lambda state: state[0] != 1, turn, (n, 0))[1]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "collatz",
    "while + if/else on a number",
    lambda size: (np.array(size, "int32"),),
    Sizes(7, 6171, 77031),
    collatz,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(collatz)},
    quick=("tensorflow", "torch"),
)
