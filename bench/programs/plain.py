"""No staged control flow: a loop and a branch that Python decides."""

import numpy as np

from ._program import Forms, Program, Sizes

COEFFICIENTS = (0.5, -1.0, 0.25, 2.0, -0.125, 1.0)


def plain(x, scale=2.0):
    y = x * 0.0
    for coefficient in COEFFICIENTS:
        y = y * x + coefficient
    if scale != 1.0:
        y = y * scale
    return y


PROGRAM = Program(
    "plain",
    "nothing staged",
    lambda size: (np.linspace(-1.0, 1.0, size, dtype="float32"),),
    Sizes(4, 16, 16),
    lambda size: 0,
    {name: lambda: Forms(plain, by_hand=plain) for name in ("tensorflow", "torch", "jax")},
)
