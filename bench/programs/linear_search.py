"""`return` in a loop."""

import numpy as np

from ._program import Forms, Program, Sizes


def linear_search(values, wanted):
    for i in range(len(values)):
        if values[i] == wanted:
            return i
    return -1


def _tensorflow():
    import tensorflow as tf

    def adapted(values, wanted):
        found = -1
        for i in tf.range(len(values)):
            if values[i] == wanted:
                found = i
                break
        return found

    def by_hand(values, wanted):
        n = values.shape[0]

        def turn(i, found):
            found = values[i] == wanted
            return tf.where(found, i, i + 1), found

        i, found = tf.while_loop(lambda i, found: (i < n) & ~found, turn, (0, False))
        return tf.where(found, i, -1)

    return Forms(linear_search, adapted=adapted, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(values, wanted):
        n = values.shape[0]

        def turn(i, found):
            found = values.index_select(0, i.reshape(1)).squeeze(0) == wanted
            return torch.where(found, i, i + 1), found

        first = (torch.tensor(0), torch.tensor(False))
        i, found = while_loop(lambda i, found: (i < n) & ~found, turn, first)
        return torch.where(found, i, -1)

    return Forms(linear_search, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(values, wanted):
        n = values.shape[0]
        i = lax.while_loop(lambda i: (i < n) & (values[i] != wanted), lambda i: i + 1, 0)
        return jnp.where(i < n, i, -1)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "linear search",
    "return in a loop",
    lambda size: (np.arange(size, dtype="int32"), np.array(size - size // 8, "int32")),
    Sizes(24, 400, 1000),  # bcgraph records a range of at most 16 turn in turn
    lambda size: size - size // 8,
    {
        "tensorflow": _tensorflow,
        "torch": _torch,
        "jax": _jax,
        "numba": lambda: Forms(linear_search),
    },
    exits=True,
    folds=True,
    quick=("tensorflow",),
)
