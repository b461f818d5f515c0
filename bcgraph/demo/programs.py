"""The programs that the demo runs, and the inputs that take each of them down both paths.

They are ordinary Python: called as they are they give the expected results, and compiled they
must give the same.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Program:
    """A function, what it shows, and the inputs to try it on: numbers and lists of numbers."""

    title: str
    function: Callable[..., Any]
    inputs: tuple[tuple[Any, ...], ...]
    text: str


def collatz(x):
    steps = 0
    while x != 1:
        if x % 2 == 0:
            x = x // 2
        else:
            x = 3 * x + 1
        steps += 1
    return steps


def sum_up_to(values, limit):
    total = 0.0
    for value in values:
        if total + value > limit:
            break
        total += value
    return total


def find(values, wanted):
    position = 0
    for value in values:
        if value == wanted:
            return position
        position += 1
    return -1


def clip(x, low, high):
    if (x > low and x < high) or x == 0.0:
        return x
    return (low + high) / 2.0


UNSOURCED = "lambda x: x * x if x > 0 else -x"


def programs(stack: Callable[[Any], Any]) -> tuple[Program, ...]:
    """Every program of the demo.

    Args:
        stack: the framework's function that makes one tensor of a list of tensors.
    """

    def square_the_even(values):
        results = []
        for value in values:
            if value % 2 == 0:
                value = value * value
            results.append(value)
        return stack(results)

    # No file holds this function: no tool could read its source back.
    unsourced: dict[str, Callable[..., Any]] = {}
    exec(f"function = {UNSOURCED}", unsourced)

    return (
        _program("a while loop with an if inside", collatz, (1,), (6,), (6171,)),
        _program(
            "break out of a loop over a tensor",
            sum_up_to,
            ([1.0, 2.0, 3.0], 10.0),
            ([1.0, 2.0, 3.0], 4.0),
            ([5.0], 4.0),
        ),
        _program("return from inside a loop", find, ([4, 7, 9], 7), ([4, 7, 9], 5)),
        _program(
            "`and` and `or` of tensors",
            clip,
            (2.0, 1.0, 4.0),
            (8.0, 1.0, 4.0),
            (0.0, 1.0, 4.0),
        ),
        _program("append to a list in a loop", square_the_even, ([1, 2, 3, 4],), ([5],)),
        Program(
            "a lambda that has no source",
            unsourced["function"],
            ((3.0,), (-3.0,)),
            f"exec({f'function = {UNSOURCED}'!r}, namespace)",
        ),
    )


def _program(title: str, function: Callable[..., Any], *inputs: tuple[Any, ...]) -> Program:
    """A program whose text is to be shown; where only its bytecode is shipped, its name is."""
    try:
        text = textwrap.dedent(inspect.getsource(function)).rstrip()
    except OSError:
        text = f"def {function.__name__}{inspect.signature(function)}: …"
    return Program(title, function, inputs, text)
