"""The programs that users of graph conversion know, with what they give, found independently.

Each is source text that defines a function of the program's name, so that it can be made with its
source at hand, without it, from a marshalled code object, and, where it is one expression, as a
lambda. `ops` is `programs.ops.ops`. Expected values are closed forms, or worked out by hand.
"""

from __future__ import annotations

import linecache
import marshal
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from types import FunctionType
from typing import Any

from programs.ops import T, ops


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes:
        arguments: numbers, and `T` for tensors.
        expected: what it returns, as numbers and lists; unused where it raises.
        raises: the exception's type and its text, where it raises.
        printed: the lines it prints.
    """

    arguments: tuple[Any, ...]
    expected: Any = None
    raises: tuple[str, str] | None = None
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """A function as source text, and calls of it.

    Attributes:
        name: the function's name.
        source: text that defines it (and what it calls).
        cases: calls with what they give.
        expression: the same as a lambda, where it is one.
        unknown_length: its tensors may have a signature that leaves their lengths open; then one
            trace serves all cases.
        backends: where it runs.
        stacks_numbers: it stacks Python numbers, or nothing, when it runs eagerly.
    """

    name: str
    source: str
    cases: tuple[Case, ...]
    expression: str = ""
    unknown_length: bool = False
    backends: tuple[str, ...] = ("numpy", "tensorflow", "torch")
    stacks_numbers: bool = False


_serial = count()


def with_source(program: Program) -> FunctionType:
    """As if imported from a file: `linecache` has the lines."""
    filename = f"<{program.name} {next(_serial)}>"
    lines = program.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(program.source), None, lines, filename)
    return _defined(compile(program.source, filename, "exec"), program.name)


def without_source(program: Program) -> FunctionType:
    """As by `exec`, or in a REPL: nobody has the text."""
    return _defined(compile(program.source, "<string>", "exec"), program.name)


def marshalled(program: Program) -> FunctionType:
    """As from a `.pyc` file alone."""
    code = compile(program.source, f"/gone/{program.name}.py", "exec")
    return _defined(marshal.loads(marshal.dumps(code)), program.name)


def as_lambda(program: Program) -> FunctionType:
    """As a lambda; only where the program has an `expression`."""
    code = compile(f"{program.name} = {program.expression}", "<string>", "exec")
    return _defined(code, program.name)


def _defined(code: Any, name: str) -> FunctionType:
    namespace: dict[str, Any] = {"__name__": "reference_program", "ops": ops}
    exec(code, namespace)
    return namespace[name]


WAYS: tuple[Callable[[Program], FunctionType], ...] = (
    with_source,
    without_source,
    marshalled,
    as_lambda,
)


def ways(program: Program) -> Iterator[Callable[[Program], FunctionType]]:
    """The ways in which `program` can be made."""
    return (way for way in WAYS if way is not as_lambda or program.expression)


def _program(source: str, *cases: Case, **options: Any) -> Program:
    text = textwrap.dedent(source).lstrip()
    name = text.rsplit("\ndef ", 1)[-1].removeprefix("def ").split("(", 1)[0]
    return Program(name, text, cases, **options)


TENSORFLOW = ("tensorflow",)
RAMP = [float(v) for v in range(1, 7)]

PROGRAMS: tuple[Program, ...] = (
    _program(
        """
        def square_if_positive(x):
            if x > 0:
                x = x * x
            else:
                x = 0.0
            return x
        """,
        Case((T(9.0),), 81.0),
        Case((T(-9.0),), 0.0),
        Case((T(0.0),), 0.0),
        expression="lambda x: x * x if x > 0 else 0.0",
    ),
    _program(
        """
        def nearest_odd_square(x):
            if x > 0:
                x = x * x
                if x % 2 == 0:
                    x = x + 1
            return x
        """,
        Case((T(4),), 17),
        Case((T(5),), 25),
        Case((T(-1),), -1),
        expression="lambda x: (x * x + 1 if x * x % 2 == 0 else x * x) if x > 0 else x",
    ),
    _program(
        """
        def square_until_stop(x, y):
            while x < y:
                x = x * x
            return x
        """,
        Case((T(4), T(100)), 256),
        Case((T(200), T(100)), 200),
        Case((T(4), 100), 256),
    ),
    _program(
        """
        def sum_even(items):
            s = 0
            for c in items:
                if c % 2 > 0:
                    continue
                s += c
            return s
        """,
        Case((T([10, 12, 15, 20]),), 42),
        Case((T([1, 3]),), 0),
        Case((T([], "int32"),), 0),
        unknown_length=True,
    ),
    _program(
        """
        def fizzbuzz(i, n):
            while i < n:
                msg = ''
                if i % 3 == 0:
                    msg += 'Fizz'
                if i % 5 == 0:
                    msg += 'Buzz'
                if msg == '':
                    msg = ops.as_string(i)
                print(msg)
                i += 1
            return i
        """,
        Case((T(10), T(16)), 16, printed=("Buzz", "11", "Fizz", "13", "14", "FizzBuzz")),
        Case((T(3), T(3)), 3),
        backends=("numpy", "tensorflow"),  # PyTorch has no tensors of texts
    ),
    _program(
        """
        def inverse(x):
            assert x != 0.0, 'Do not pass zero!'
            return 1.0 / x
        """,
        Case((T(4.0),), 0.25),
        Case((T(0.0),), raises=("AssertionError", "Do not pass zero!")),
    ),
    _program(
        """
        def count(n):
            i = 0
            while i < n:
                print(i)
                i += 1
            return n
        """,
        Case((T(5),), 5, printed=("0", "1", "2", "3", "4")),
        Case((T(0),), 0),
    ),
    _program(
        """
        def arange(n):
            z = []
            for i in range(n):
                z.append(i)
            return ops.stack(z)
        """,
        Case((T(10),), list(range(10))),
        Case((T(1),), [0]),
        Case((T(0),), []),
        stacks_numbers=True,
    ),
    _program(
        """
        def arange_of_tensor(n):
            z = []
            for i in ops.range(n):
                z.append(i)
            return ops.stack(z)
        """,
        Case((T(10),), list(range(10))),
        Case((T(0),), []),
        stacks_numbers=True,
    ),
    _program(
        """
        def squares(items):
            z = []
            for v in items:
                z.append(v * v)
            return ops.stack(z)
        """,
        Case((T(list(range(10))),), [v * v for v in range(10)]),
        Case((T([7]),), [49]),
        Case((T([], "int32"),), []),
        unknown_length=True,
        stacks_numbers=True,
    ),
    _program(
        """
        def argwhere_cumsum(x, threshold):
            current_sum = 0.0
            idx = 0
            for i in range(len(x)):
                idx = i
                if current_sum >= threshold:
                    break
                current_sum += x[i]
            return idx
        """,
        Case((T([1.0] * 10), T(5.0)), 5),
        Case((T([1.0] * 10), T(50.0)), 9),
        Case((T([1.0] * 10), T(0.0)), 0),
        unknown_length=True,
    ),
    _program(
        """
        def collatz(x):
            assert x > 0
            n = 0
            while x != 1:
                n += 1
                if x % 2 == 0:
                    x = x // 2
                else:
                    x = 3 * x + 1
            return n
        """,
        Case((T(6171),), 261),
        Case((T(1),), 0),
        Case((T(0),), raises=("AssertionError", "")),
    ),
    _program(
        """
        def fibonacci(n):
            a, b = 0, 1
            for _ in range(n):
                a, b = b, a + b
            return a
        """,
        Case((T(10),), 55),
        Case((T(0),), 0),
        Case((10,), 55),
    ),
    _program(
        """
        def compute_sum(n):
            total = 0
            for i in range(n):
                total += i
            return total
        """,
        Case((5,), 10),
        Case((T(5),), 10),
        Case((T(0),), 0),
    ),
    _program(
        """
        def fast_sum(n):
            total = ops.constant(0)
            for i in ops.range(n):
                total += i
            return total
        """,
        Case((T(5),), 10),
        Case((5,), 10),
        Case((T(0),), 0),
    ),
    _program(
        """
        def conditional_operation(x):
            if ops.sum(x) > 0:
                return x * 2.0
            else:
                return x - 1.0
        """,
        Case((T([1.0, 2.0, -0.5]),), [2.0, 4.0, -1.0]),
        Case((T([1.0, -2.0, -3.0]),), [0.0, -3.0, -4.0]),
        expression="lambda x: x * 2.0 if ops.sum(x) > 0 else x - 1.0",
        unknown_length=True,
    ),
    _program(
        """
        def scale_vector(x):
            total = 0.0
            for v in x:
                total += v
            return total
        """,
        Case((T([1.0, 2.0, 3.0]),), 6.0),
        Case((T([4.0, 5.0]),), 9.0),
        Case((T([], "float32"),), 0.0),
        unknown_length=True,
    ),
    _program(
        """
        def matrix_sum(matrix):
            total = 0
            for row in matrix:
                for value in row:
                    total += value
            return total
        """,
        Case((T([[1, 2], [3, 4]]),), 10),
        Case((T([[1, 2, 3], [4, 5, 6]]),), 21),
        unknown_length=True,
    ),
    _program(
        """
        def nested_computation(matrix):
            total = 0
            for row in matrix:
                for value in row:
                    if value > 0:
                        total += value
            return total
        """,
        Case((T([[1, -2], [3, 4]]),), 8),
        Case((T([[-1, -2, -3]]),), 0),
        unknown_length=True,
    ),
    _program(
        """
        def safe_operation(x):
            y = x + 1
            print('y is', y)
            if y > 0:
                print('positive')
            z = y * 2
            print('z is', z)
            return z
        """,
        Case((T(3),), 8, printed=("y is 4", "positive", "z is 8")),
        Case((T(-3),), -4, printed=("y is -2", "z is -4")),
    ),
    _program(
        """
        def loss_of(x, w):
            if ops.mean(x) > 0.5:
                return ops.sum(x * w * w)
            return ops.sum(x * w)

        def helped_step(x, w):
            with ops.tape() as tape:
                tape.watch(w)
                loss = loss_of(x, w)
            return loss, tape.gradient(loss, w)
        """,
        Case((T([1.0, 2.0]), T([3.0, 5.0])), (59.0, [6.0, 20.0])),
        Case((T([0.25, 0.5]), T([3.0, 5.0])), (3.25, [0.25, 0.5])),
        unknown_length=True,
        backends=TENSORFLOW,
    ),
    _program(
        """
        def summed_loss(x, w):
            loss = 0.0
            for i in range(x.shape[0]):
                loss += ops.square(x[i] - w)
            return loss
        """,
        Case((T(RAMP), T(2.0)), sum((v - 2) ** 2 for v in RAMP)),
    ),
    _program(
        """
        def looped_step(x, w):
            with ops.tape() as tape:
                tape.watch(w)
                loss = 0.0
                for i in ops.range(len(x)):
                    loss += ops.square(x[i] - w)
            return loss, tape.gradient(loss, w)
        """,
        Case((T(RAMP), T(2.0)), (31.0, sum(2 * (2 - v) for v in RAMP))),
        Case((T([3.0]), T(2.0)), (1.0, -2.0)),
        unknown_length=True,
        backends=TENSORFLOW,
    ),
    _program(
        """
        def distance(y, p):
            return abs(y - p)

        def custom_loss(y, p):
            error = distance(y, p)
            if ops.mean(error) < 1.0:
                return ops.mean(error * error / 2.0)
            return ops.mean(error - 0.5)
        """,
        Case((T([1.0, 2.0]), T([0.5, 2.5])), 0.125),
        Case((T([1.0, 2.0]), T([4.0, -1.0])), 2.5),
        unknown_length=True,
    ),
)
