"""Two nested `while`, the inner one left by a `break`."""

import numpy as np

from ._program import Forms, Program, Sizes


def primes(limit):
    count = 0
    i = 2
    while i < limit:
        d = 2
        while d * d <= i:
            if i % d == 0:
                break
            d += 1
        if d * d > i:
            count += 1
        i += 1
    return count


def _trips(limit):
    """The turns of the inner loop."""
    turns = 0
    for i in range(2, limit):
        d = 2
        while d * d <= i and i % d:
            d, turns = d + 1, turns + 1
        turns += 1
    return turns


def _tensorflow():
    import tensorflow as tf

    def by_hand(limit):
        def outer(i, count):
            def goes(d):
                return (d * d <= i) & (i % d != 0)

            d = tf.while_loop(goes, lambda d: (d + 1,), (2,))[0]
            return i + 1, tf.where(d * d > i, count + 1, count)

        return tf.while_loop(lambda i, _: i < limit, outer, (2, 0))[1]

    return Forms(primes, by_hand=by_hand)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def by_hand(limit):
        def outer(i, count):
            def goes(d):
                return (d * d <= i) & (i % d != 0)

            d = while_loop(goes, lambda d: (d + 1,), (torch.tensor(2),))[0].clone()
            return i + 1, torch.where(d * d > i, count + 1, count)

        return while_loop(lambda i, _: i < limit, outer, (torch.tensor(2), torch.tensor(0)))[1]

    return Forms(primes, by_hand=by_hand)


def _jax():
    from jax import lax

    def by_hand(limit):
        def outer(i, count):
            d = lax.while_loop(lambda d: (d * d <= i) & (i % d != 0), lambda d: d + 1, 2)
            return count + (d * d > i)

        return lax.fori_loop(2, limit, outer, 0)

    return Forms(by_hand=by_hand)


PROGRAM = Program(
    "primes",
    "nested while, inner break",
    lambda size: (np.array(size, "int32"),),
    Sizes(12, 100, 200),
    _trips,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax, "numba": lambda: Forms(primes)},
    exits=True,
)
