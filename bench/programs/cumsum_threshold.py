"""`for` left by a `break`: where a running sum passes a threshold."""

import numpy as np

from ._program import Forms, Program, Sizes


def cumsum_threshold(x, limit):
    total = 0.0
    index = 0
    for i in range(len(x)):
        index = i
        if total > limit:
            break
        total += x[i]
    return index


def _data(size):
    return np.ones(size, "float32"), np.array(size - size // 8 - 0.5, "float32")


def _tensorflow():
    import tensorflow as tf

    def adapted(x, limit):
        total = 0.0
        index = 0
        for i in tf.range(len(x)):
            index = i
            if total > limit:
                break
            total += x[i]
        return index

    def by_hand(x, limit):
        n = x.shape[0]

        def goes(i, total):
            return (i < n) & (total <= limit)

        i = tf.while_loop(goes, lambda i, total: (i + 1, total + x[i]), (0, 0.0))[0]
        return tf.minimum(i, n - 1)

    return Forms(cumsum_threshold, adapted=adapted, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(x, limit):
        n = x.shape[0]

        def turn(i, total):
            return i + 1, total + x.index_select(0, i.reshape(1)).squeeze(0)

        first = (torch.tensor(0), torch.tensor(0.0))
        i = while_loop(lambda i, total: (i < n) & (total <= limit), turn, first)[0]
        return i.clamp(max=n - 1)

    return Forms(cumsum_threshold, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(x, limit):
        n = x.shape[0]

        def goes(state):
            return (state[0] < n) & (state[1] <= limit)

        found = lax.while_loop(goes, lambda s: (s[0] + 1, s[1] + x[s[0]]), (0, 0.0))
        return jnp.minimum(found[0], n - 1)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "cumsum threshold",
    "for + break",
    _data,
    Sizes(24, 400, 1000),  # bcgraph records a range of at most 16 turn in turn
    lambda size: size - size // 8,
    {
        "tensorflow": _tensorflow,
        "torch": _torch,
        "jax": _jax,
        "numba": lambda: Forms(cumsum_threshold),
    },
    exits=True,
    folds=True,
)
