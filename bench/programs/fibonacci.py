"""`for` over a range whose bound is a tensor."""

import numpy as np

from ._program import Forms, Program, Sizes

MODULUS = 1_000_007


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % MODULUS
    return a


def _tensorflow():
    import tensorflow as tf

    def by_hand(n):
        def turn(i, a, b):
            return i + 1, b, (a + b) % MODULUS

        first = (tf.constant(0), tf.constant(0), tf.constant(1))
        return tf.while_loop(lambda i, a, b: i < n, turn, first)[1]

    return Forms(fibonacci, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(n):
        def turn(i, a, b):
            return i + 1, b.clone(), (a + b) % MODULUS

        first = (torch.tensor(0), torch.tensor(0), torch.tensor(1))
        return while_loop(lambda i, a, b: i < n, turn, first)[1]

    return Forms(fibonacci, by_hand=by_hand)


def _jax():
    from jax import lax

    def by_hand(n):
        return lax.fori_loop(0, n, lambda _, s: (s[1], (s[0] + s[1]) % MODULUS), (0, 1))[0]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "fibonacci",
    "for over a tensor's range",
    lambda size: (np.array(size, "int32"),),
    Sizes(10, 500, 1000),
    lambda size: size,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(fibonacci)},
)
