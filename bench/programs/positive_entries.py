"""Two nested `for` over a matrix with an `if` in them."""

import numpy as np

from ._program import Forms, Program, Sizes


def positive_entries(m):
    total = 0.0
    for row in m:
        for v in row:
            if v > 0:
                total += v
    return total


def _data(size):
    return (np.random.default_rng(0).normal(size=(size, size)).astype("float32"),)


def _tensorflow():
    import tensorflow as tf

    def by_hand(m):
        rows, columns = m.shape

        def outer(i, total):
            row = m[i]

            def inner(j, total):
                v = row[j]
                return j + 1, tf.where(v > 0, total + v, total)

            return i + 1, tf.while_loop(lambda j, _: j < columns, inner, (0, total))[1]

        return tf.while_loop(lambda i, _: i < rows, outer, (0, 0.0))[1]

    return Forms(positive_entries, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(m):
        rows, columns = m.shape

        def outer(i, total):
            row = m.index_select(0, i.reshape(1)).squeeze(0)

            def inner(j, total):
                v = row.index_select(0, j.reshape(1)).squeeze(0)
                return j + 1, torch.where(v > 0, total + v, total)

            found = while_loop(lambda j, _: j < columns, inner, (torch.tensor(0), total.clone()))
            return i + 1, found[1].clone()

        return while_loop(lambda i, _: i < rows, outer, (torch.tensor(0), torch.tensor(0.0)))[1]

    return Forms(positive_entries, by_hand=by_hand)


def _jax():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(m):
        def inner(total, v):
            return jnp.where(v > 0, total + v, total), None

        return lax.scan(lambda t, row: (lax.scan(inner, t, row)[0], None), 0.0, m)[0]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "positive entries",
    "nested for + if over a matrix",
    _data,
    Sizes(3, 16, 32),
    lambda size: size * size,
    {
        "tensorflow": _tensorflow,
        "torch": _torch,
        "jax": _jax,
        "numba": lambda: Forms(positive_entries),
    },
    folds=True,
    quick=("tensorflow",),
)
