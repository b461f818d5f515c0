"""A list that a loop appends to, stacked."""

import numpy as np

from ._program import Forms, Program, Sizes


def _tensorflow():
    import tensorflow as tf

    def list_append(x):
        squares = []
        for v in x:
            squares.append(v * v)
        return tf.stack(squares)

    def adapted(x):
        array = tf.TensorArray(x.dtype, 0, dynamic_size=True, element_shape=())
        for v in x:
            array = array.write(array.size(), v * v)
        return array.stack()

    def by_hand(x):
        n = x.shape[0]
        array = tf.TensorArray(x.dtype, n, element_shape=())

        def turn(i, array):
            v = x[i]
            return i + 1, array.write(i, v * v)

        return tf.while_loop(lambda i, _: i < n, turn, (0, array))[1].stack()

    return Forms(list_append, adapted=adapted, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.scan import scan

    def list_append(x):
        squares = []
        for v in x:
            squares.append(v * v)
        return torch.stack(squares)

    def by_hand(x):
        return scan(lambda carry, v: (carry.clone(), v * v), torch.zeros(()), x, dim=0)[1]

    return Forms(list_append, by_hand=by_hand)


def _jax():
    from jax import lax

    def by_hand(x):
        return lax.scan(lambda carry, v: (carry, v * v), None, x)[1]

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "list append",
    "list append in a for, stacked",
    lambda size: (np.random.default_rng(0).normal(size=size).astype("float32"),),
    Sizes(5, 200, 1000),
    lambda size: size,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax},
    folds=True,
    quick=("tensorflow",),
)
