"""`for` with a `continue`."""

import numpy as np

from ._program import Forms, Program, Sizes


def sum_even(items):
    total = 0
    for item in items:
        if item % 2 > 0:
            continue
        total += item
    return total


def _tensorflow():
    import tensorflow as tf

    def by_hand(items):
        n = items.shape[0]

        def turn(i, total):
            item = items[i]
            return i + 1, tf.where(item % 2 > 0, total, total + item)

        return tf.while_loop(lambda i, _: i < n, turn, (0, 0))[1]

    return Forms(sum_even, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(items):
        n = items.shape[0]

        def turn(i, total):
            item = items.index_select(0, i.reshape(1)).squeeze(0)
            return i + 1, torch.where(item % 2 > 0, total, total + item)

        first = (torch.tensor(0), torch.tensor(0, dtype=items.dtype))
        return while_loop(lambda i, _: i < n, turn, first)[1]

    return Forms(sum_even, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(items):
        def turn(total, item):
            return jnp.where(item % 2 > 0, total, total + item), None

        return lax.scan(turn, 0, items)[0]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "sum even",
    "for + continue",
    lambda size: (np.random.default_rng(0).integers(0, 100, size).astype("int32"),),
    Sizes(6, 400, 1000),
    lambda size: size,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(sum_even)},
    folds=True,
)
