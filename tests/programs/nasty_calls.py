"""Programs on tensors with calls and expressions: callables, closures, comprehensions, builtins."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

from programs.nasty import on
from programs.ops import T, ops

SIGNS = ((T(3.0),), (T(-2.0),), (T(0.0),))
COUNTS = ((T(0),), (T(1),), (T(4),), (T(9),))
ROWS = ((T([1, 5, -2, 7]),), (T([-1, -1]),), (T([9]),))
PAIRS = ((T([1, 5, -2]), T([4, 0, 6])), (T([7]), T([8])))
TENSORFLOW = ("tensorflow",)


def clip(x: Any, low: Any = -1.0, high: Any = 1.0) -> Any:
    if x < low:
        return low
    if x > high:
        return high
    return x


def power(x: Any, n: Any) -> Any:
    return x * power(x, n - 1) if n > 0 else 1.0


class Scaler:
    """A callable object, with methods of each kind."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: Any) -> Any:
        return x * self.factor if x > 0 else self.bounded(x)

    def bounded(self, x: Any) -> Any:
        while x < -1:
            x = x / 2.0
        return x

    @staticmethod
    def sign(x: Any) -> Any:
        return 1.0 if x > 0 else -1.0

    @classmethod
    def halved(cls, x: Any) -> Any:
        return x / 2.0 if x > 1 else x

    @property
    def doubled(self) -> float:
        return self.factor * 2


@on(*SIGNS, differentiable=True)
def helper(x: Any) -> Any:
    return clip(x) + clip(x * 2.0, high=4.0) + clip(x, -0.5)


@on(*SIGNS)
def recursion_by_python_number(x: Any) -> Any:
    y = power(x, 3)
    if y > 5:
        y = power(x, 2)
    return y


@on(*SIGNS)
def objects_and_methods(x: Any) -> Any:
    scale = Scaler(3.0)
    return scale(x), scale.bounded(x * 4.0), Scaler.sign(x), Scaler.halved(x), scale.doubled * x


@on(*SIGNS)
def method_in_condition(x: Any) -> Any:
    scale = Scaler(2.0)
    if scale(x) > 5 and Scaler.sign(x) > 0:
        x = scale.bounded(-x)
    return x


@on(*SIGNS)
def partials(x: Any) -> Any:
    narrow = partial(clip, low=-0.5, high=0.5)
    return narrow(x) + partial(clip, high=2.0)(x)


@on(*SIGNS)
def star_arguments(x: Any) -> Any:
    bounds = {"low": -0.25, "high": 0.75}
    return clip(*(x,), **bounds) + clip(*[x, -3.0])


@on(*SIGNS)
def ternary(x: Any) -> Any:
    return x * 2.0 if x > 0 else x - 1.0


@on(*SIGNS)
def ternary_in_arguments(x: Any) -> Any:
    return clip(x, -3.0 if x > 0 else -1.5, high=x + 1.0 if x > 1 else 0.5) + (
        1.0 if x < 0 else 2.0
    )


@on(*SIGNS)
def ternaries_nested(x: Any) -> Any:
    y = (1.0 if x > 2 else 2.0 if x > 1 else 3.0) if x > 0 else (4.0 if x < -1 else 5.0)
    return [y, x if y > 2 else -x, (y, x)[0] if x > 0 else 0.0]


@on(*SIGNS)
def ternary_amid_operands(x: Any) -> Any:
    return (
        1.0 + x * (2.0 if x > 0 else 3.0) - (x if x < 0 else 1.0) * (x + (0.5 if x > 1 else 0.25))
    )


@on(*SIGNS)
def call_in_one_arm_only(x: Any) -> Any:
    calls = []

    def note(value: Any) -> Any:
        calls.append(1)
        return value + 1.0

    return note(x) if x > 0 else x


@on(*SIGNS)
def lambdas(x: Any) -> Any:
    positive = lambda v: v if v > 0 else -v  # noqa: E731
    return positive(x) + (lambda v, k=2.0: v * k if v > 1 else v)(x)


@on(*SIGNS)
def lambda_chosen_by_python(x: Any) -> Any:
    table = {"a": lambda v: v + 1.0, "b": lambda v: v * v if v > 0 else v}
    return table["a"](x) + table["b"](x)


@on(*SIGNS)
def closure_reads(x: Any) -> Any:
    scale = 2.0
    if x > 0:
        scale = x

    def scaled(v: Any) -> Any:
        return v * scale if v > 1 else v - scale

    return scaled(x) + scaled(5.0)


@on(*SIGNS)
def closure_made_in_an_arm(x: Any) -> Any:
    if x > 0:
        shift = x + 1.0
        y = (lambda v: v + shift)(x)
    else:
        y = x
    return y


@on(*COUNTS)
def function_in_loop(n: Any) -> Any:
    total = 0
    for i in range(n):

        def addend(v: Any, i: Any = i) -> Any:
            return v + i if v > 2 else v

        total += addend(i)
    return total


@on(*COUNTS)
def returns_function_result(n: Any) -> Any:
    def apply(f: Callable[[Any], Any], v: Any) -> Any:
        if v > 3:
            return f(v)
        return f(f(v))

    return apply(lambda v: v * 2 + 1, n)


@on((T([1.0, -1.0]),), (T([0.5, 3.0]),))
def comprehension_with_ternary(xs: Any) -> Any:
    return [x if x > 0 else x * 10.0 for x in xs]


@on((T(3.0),), (T(-2.0),))
def comprehension_over_python(x: Any) -> Any:
    return [x * k if x > 0 else x - k for k in (1.0, 2.0) if k > 1.5 or k < 1.2]


@on(*ROWS)
def comprehension_filtered(xs: Any) -> Any:
    return sum([x for x in xs if x > 0])


@on(*ROWS)
def generator_summed(xs: Any) -> Any:
    return sum(x * 2 for x in xs if x > 0)


@on((T(5),), (T(1),), (T(0),))
def comprehension_over_staged_range(n: Any) -> Any:
    return sum([i * i for i in range(n)])


@on((T(2), T(9), T(3)), (T(5), T(5), T(1)), (T(9), T(2), T(-3)), (T(2), T(9), T(-1)))
def range_of_three(start: Any, stop: Any, step: Any) -> Any:
    total = count = 0
    for i in range(start, stop, step):
        total = total * 3 + i
        count += 1
    return total, count


@on((T(2),), (T(8),))
def range_counting_down(n: Any) -> Any:
    digits = 0
    for i in range(n, 0, -1):
        digits = digits * 2 + i
    return digits


@on((T(2),), (T(6),))
def range_from_python_start(n: Any) -> Any:
    total = 0
    for i in range(3, n):
        if i == 5:
            continue
        total += i
    return total


@on(*ROWS)
def enumerated(xs: Any) -> Any:
    best, where = xs[0], 0
    for i, x in enumerate(xs):
        if x > best:
            best, where = x, i
    total = 0
    for i, x in enumerate(xs, start=2):
        total += i * x
    return best, where, total


@on(*PAIRS)
def zipped(xs: Any, ys: Any) -> Any:
    total = 0
    for x, y in zip(xs, ys):
        total += x if x > y else y * 10
    for i, (x, y) in enumerate(zip(ys, xs)):
        total += i * (x - y)
    return total


@on(*ROWS)
def reversed_tensor(xs: Any) -> Any:
    digits = 0
    for x in reversed(xs):
        digits = digits * 10 + x
    return digits


@on(*COUNTS)
def reversed_range(n: Any) -> Any:
    digits = 0
    for i in reversed(range(n)):
        digits = digits * 2 + i
    return digits


@on((T(3), T(5)), (T(5), T(3)), (T(4), T(4)))
def least_and_greatest(x: Any, y: Any) -> Any:
    return min(x, y), max(x, y), min(x, 4, y), max([x, y, 1]), max(x, y, key=lambda v: -v)


@on(*ROWS)
def of_a_tensor(xs: Any) -> Any:
    return min(xs), max(xs), sum(xs), sum(xs, 5), len(xs)


@on((T([True, False]),), (T([True, True]),), (T([False, False]),))
def any_and_all(flags: Any) -> Any:
    return any(flags), all(flags)


@on(*ROWS)
def any_and_all_of_generators(xs: Any) -> Any:
    if any(x > 6 for x in xs):
        return 1
    return 2 if all(x < 0 for x in xs) else 3


@on((T(2.6),), (T(-2.6),), (T(0.0),))
def casts(x: Any) -> Any:
    return int(x) + 1, float(x) * 2, bool(x), abs(x), round(float(x)), abs(int(x))


@on((T(2),), (T(0),))
def cast_in_condition(x: Any) -> Any:
    if bool(x):
        return float(x) / 4
    return float(x) - 0.5


@on((T([3, 1, 2]),), (T([1]),))
def sorted_tensor(xs: Any) -> Any:
    digits = 0
    for x in sorted(xs):
        digits = digits * 10 + x
    for x in sorted(xs, reverse=True):
        digits = digits * 10 + x
    return digits


@on(*ROWS)
def mapped(xs: Any) -> Any:
    digits = 0
    for x in map(lambda v: v * 2 if v > 0 else -v, xs):
        digits = digits * 20 + x
    return digits


@on(*ROWS)
def filtered(xs: Any) -> Any:
    digits = 0
    for x in filter(lambda v: v > 0, xs):
        digits = digits * 10 + x
    return digits


@on(*SIGNS)
def reduced(x: Any) -> Any:
    return reduce(lambda a, b: a + b if a > 0 else a - b, [x, 1.0, 2.0])


@on(*SIGNS)
def type_tests(x: Any) -> Any:
    if isinstance(x, str):
        return 0.0
    kind = "scalar" if x.shape == () else "other"
    if kind == "scalar" and x > 0:
        return x
    return -x


@on((T([1.0, 2.0, 3.0]),), (T([-1.0, -2.0, 3.0]),))
def vector_predicate_by_mean(xs: Any) -> Any:
    return ops.relu(xs) if ops.mean(xs) > 0 else xs


@on((T(3.0),), (T(-2.0),), (T(0.5),), backends=TENSORFLOW)
def gradient_inside(x: Any) -> Any:
    with ops.tape() as tape:
        tape.watch(x)
        y = x * x if x > 1 else x * 3.0
        while y < 20:
            y = y * 2.0 + x * x
            if y < -1:
                break
    return tape.gradient(y, x)


@on((T(3.0), T(4)), (T(-0.5), T(2)), (T(2.0), T(0)), differentiable=True)
def differentiable_loop(x: Any, n: Any) -> Any:
    y = x
    for _ in range(n):
        if y > 20:
            break
        y = y * x + 1.0
    return y


@on((T([1.0, 2.0, 3.0, 4.0]), T(3)), (T([1.0, 2.0, 3.0, 4.0]), T(0)))
def iterator_shared_by_loops(xs: Any, n: Any) -> Any:
    iterator = iter(xs)
    total = xs[0] * 0.0
    i = 0
    while i < n:
        for x in iterator:
            total = total * 10.0 + x
            break
        i += 1
    return total


@on((T([1.0, 2.0]), T(1.0)), (T([1.0, 2.0]), T(-1.0)))
def next_in_one_arm(xs: Any, c: Any) -> Any:
    iterator = iter(xs)
    first = xs[0] * 0.0
    if c > 0.0:
        first = next(iterator)
    return first, next(iterator)


@on((T([1.0, 2.0]),), (T([1.0]),))
def next_with_a_default(xs: Any) -> Any:
    iterator = iter(xs)
    return next(iterator, xs[0] - 9.0), next(iterator, xs[0] - 7.0)


@on((T([1.0, 2.0]),), (T([-3.0, 2.0]),))
def zipped_with_names(xs: Any) -> Any:
    """What is walked beside a tensor of known length may be anything."""
    named, total = {}, 0.0
    for (name, weight), value in zip({"a": 1.0, "bc": 2.0}.items(), xs, strict=True):
        total = total + weight * value * len(name)
    for name, value in zip(("a", "b"), xs):  # noqa: B905
        named[name] = value if value > 1 else -value
    for index, value in zip(itertools.count(), xs):  # noqa: B905
        total = total + index * value
    for function, value in zip([lambda v: v * 2, lambda v: -v], xs, strict=True):
        total = total + function(value)
    return total + named["a"] - named["b"] * 3
