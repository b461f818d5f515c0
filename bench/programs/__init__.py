"""What is measured: one module a program, with its data and each framework's form of it."""

from . import (
    absolute,
    break_and_return,
    collatz,
    cumsum_threshold,
    decoding,
    early_returns,
    escape_time,
    fibonacci,
    gradient_descent,
    lbfgs,
    linear_search,
    list_append,
    maml,
    mandelbrot,
    mlp_training,
    newton,
    plain,
    positive_entries,
    primes,
    rnn,
    sum_even,
)
from ._program import Forms, Function, Program, Sizes

PROGRAMS: tuple[Program, ...] = (
    plain.PROGRAM,
    absolute.PROGRAM,
    early_returns.PROGRAM,
    collatz.PROGRAM,
    fibonacci.PROGRAM,
    newton.PROGRAM,
    escape_time.PROGRAM,
    positive_entries.PROGRAM,
    cumsum_threshold.PROGRAM,
    sum_even.PROGRAM,
    linear_search.PROGRAM,
    primes.PROGRAM,
    break_and_return.PROGRAM,
    list_append.PROGRAM,
    gradient_descent.PROGRAM,
    mandelbrot.PROGRAM,
    rnn.FORWARD,
    rnn.TRAINING,
    decoding.GREEDY,
    decoding.BEAM,
    lbfgs.PROGRAM,
    mlp_training.PROGRAM,
    maml.PROGRAM,
)

__all__ = ["PROGRAMS", "Forms", "Function", "Program", "Sizes"]
