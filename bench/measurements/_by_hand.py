"""The functions of `programs.sized` with TensorFlow's operators, of a size each."""

from __future__ import annotations

from typing import Any

from bench.programs import Function


def in_sequence(branches: int) -> Function:
    """One conditional after the other."""
    import tensorflow as tf

    def f(x: Any, n: Any) -> Any:
        y = tf.constant(0)
        for i in range(branches):
            y = tf.cond(x > i % 100, lambda y=y: y + x, lambda y=y: y)
        return y

    return f


def returns(branches: int) -> Function:
    """What is left after a test is one of its branches."""
    import tensorflow as tf

    def f(x: Any, n: Any) -> Any:
        def rest(i: int) -> Any:
            if i == branches:
                return n
            return tf.cond(x > i + 9, lambda: x + i % 100, lambda: rest(i + 1))

        return rest(0)

    return f


def continues(branches: int) -> Function:
    """What `continue` skips are the tests after it, which lead to nothing."""
    import tensorflow as tf

    def f(x: Any, n: Any) -> Any:
        def rest(i: int, y: Any) -> Any:
            if i == branches:
                return y
            return tf.cond(y > i + 9, lambda: y, lambda: rest(i + 1, y))

        def turn(y: Any) -> Any:
            return (rest(0, y + x),)

        return tf.while_loop(lambda y: y < n, turn, (tf.constant(0),))[0]

    return f


def nested(depth: int) -> Function:
    """One conditional in the other."""
    import tensorflow as tf

    def f(x: Any, n: Any) -> Any:
        def level(i: int) -> Any:
            if i == depth:
                return x + 0
            return tf.cond(x > i - depth, lambda: level(i + 1), lambda: tf.constant(-i))

        return level(0)

    return f


def nested_loops(depth: int) -> Function:
    """One loop in the other; the `break` is part of the test."""
    import tensorflow as tf

    def f(x: Any, n: Any) -> Any:
        def level(i: int, y: Any) -> Any:
            if i == depth:
                return y
            return tf.while_loop(lambda y: y < i + 2, lambda y: (turn(i, y),), (y,))[0]

        def turn(i: int, y: Any) -> Any:
            y = y + 1
            return tf.cond(y > i + 9, lambda: y, lambda: level(i + 1, y))

        return level(0, x)

    return f


def variables(count: int) -> Function:
    """One loop that carries them all."""
    import tensorflow as tf

    def f(x: Any, n: Any) -> Any:
        def turn(i: Any, *values: Any) -> Any:
            return i + 1, *(value + k for k, value in enumerate(values))

        first = (tf.constant(0), *(x + i for i in range(count)))
        return sum(tf.while_loop(lambda i, *_: i < n, turn, first)[1:])

    return f
