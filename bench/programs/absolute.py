"""One `if`: what a call costs, and a branch."""

import numpy as np

from ._program import Forms, Program, Sizes


def absolute(x):
    return x if x > 0 else -x


def _tensorflow():
    import tensorflow as tf

    def by_hand(x):
        return tf.cond(x > 0, lambda: x, lambda: -x)

    return Forms(absolute, by_hand=by_hand)


def _torch():
    import torch

    def by_hand(x):
        return torch.cond(x > 0, lambda x: x.clone(), lambda x: -x, (x,))

    return Forms(absolute, by_hand=by_hand)


def _jax():
    from jax import lax

    def by_hand(x):
        return lax.cond(x > 0, lambda: x, lambda: -x)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "absolute",
    "one if",
    lambda size: (np.array(-size, "float32"),),
    Sizes(3, 3, 3),
    lambda size: 0,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(absolute)},
    quick=("torch",),
)
