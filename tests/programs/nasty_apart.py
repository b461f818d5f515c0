"""Programs whose paths leave what no graph can hold where they join: objects, keys, lengths."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-2.0),), (T(0.5),))
ROWS = ((T([3.0, -1.0, 4.0]),), (T([-1.0, 1.0, 0.5]),))


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


@dataclasses.dataclass
class Circle:
    radius: Any

    def area(self) -> Any:
        return self.radius * self.radius * 3


@dataclasses.dataclass
class Box:
    width: Any
    height: Any

    def area(self) -> Any:
        return self.width * self.height


@on(*VALUES)
def apart_enum(x: Any) -> Any:
    mode = Mode.FAST if x > 0 else Mode.SLOW
    y = x + 1
    if mode is Mode.FAST:
        return y * 2
    return y * 3


@on(*VALUES)
def apart_functions(x: Any) -> Any:
    if x > 1:
        f = lambda v: v * 2  # noqa: E731
    elif x > 0:
        f = abs
    else:

        def f(v: Any) -> Any:
            return v - 5

    return f(x) + 1


@on(*VALUES, backends=("numpy", "torch"))  # TensorFlow has tensors of texts
def apart_text(x: Any) -> Any:
    name = "up" if x > 0 else "down"
    step = {"up": 1.0, "down": -1.0}[name]
    return x + step * len(name)


@on(*VALUES)
def apart_classes(x: Any) -> Any:
    if x > 0:
        shape = Circle(x)
    else:
        shape = Box(x, x - 1)
    total = shape.area()
    return total + 1


@on(*VALUES)
def apart_lengths(x: Any) -> Any:
    parts = (x,) if x > 0 else (x, x * 2)
    total = x * 0
    for part in parts:
        total = total + part
    return total * len(parts)


@on(*VALUES)
def apart_keys(x: Any) -> Any:
    options = {"scale": x}
    if x > 0:
        options["shift"] = x * 2
    y = x * options["scale"]
    if "shift" in options:
        y = y + options["shift"]
    return y


@on(*VALUES)
def apart_cache(x: Any) -> Any:
    cache: dict[int, Any] = {}

    def power(n: int) -> Any:
        if n not in cache:
            cache[n] = x if n == 1 else power(n - 1) * x
        return cache[n]

    y = power(2)
    if x > 1:
        y = y + power(3)
    return y + power(2)


@on(*VALUES)
def apart_three_times(x: Any) -> Any:
    a = (1, 2) if x > 2 else (1,)
    b = (1, 2) if x > 1 else (1,)
    c = (1, 2) if x > 0 else (1,)
    return x * len(a + b + c) + (1 if a == (1,) else 2) + (10 if b == (1, 2) else 20)


@on(*VALUES)
def apart_then_branches(x: Any) -> Any:
    mode = Mode.FAST if x > 0 else Mode.SLOW
    y = x
    if y > 1:
        y = y - 1
    while y < 10:
        y = y + 2 if mode is Mode.FAST else y + 3
    return y


@on(*ROWS)
def apart_in_each_turn(xs: Any) -> Any:
    total = xs[0] * 0
    for x in xs:
        mode = Mode.FAST if x > 2 else Mode.SLOW
        total = total + x * mode.value
        if mode is Mode.SLOW:
            continue
        total = total + 100
    return total


@on(*VALUES)
def apart_experts(x: Any) -> Any:
    experts = [lambda v: v + 1, lambda v: v * 10, lambda v: v - 7]
    for k, expert in enumerate(experts):
        if x < k:
            return expert(x)
    return x * 0


@on(*VALUES)
def apart_with_writes(x: Any) -> Any:
    seen = []
    seen.append(x)
    mode = Mode.FAST if x > 0 else Mode.SLOW
    seen.append(x * mode.value)
    seen[0] = seen[0] + 1
    return seen[0] + seen[1]


@on(*VALUES, raises=True)
def apart_raises(x: Any) -> Any:
    mode = Mode.FAST if x > 0 else Mode.SLOW
    y = x + mode.value
    if mode is Mode.SLOW:
        raise ValueError(f"slow {x}")
    return y


@on(*VALUES)
def apart_prints(x: Any) -> Any:
    kind = "plus" if x > 0 else "minus"
    print("sign", kind, x)
    return x


@on(*VALUES)
def apart_in_a_callee(x: Any) -> Any:
    def scaled(v: Any) -> Any:
        unit = "km" if v > 0 else "m"
        return v * 1000 if unit == "km" else v

    return scaled(x) + scaled(-x)


@on(*VALUES)
def apart_after_two_conditions(x: Any) -> Any:
    mode = Mode.FAST if x > 0 and x < 1 else Mode.SLOW
    return x * mode.value


@on(*VALUES)
def apart_after_a_check(x: Any) -> Any:
    assert x > -5
    mode = Mode.FAST if x > 0 or x < -1 else Mode.SLOW
    return x * mode.value


@on(*VALUES)
def apart_numbers_and_none(x: Any) -> Any:
    found = (1, x) if x > 0 else None
    y = x * 2
    if found is not None:
        return y + found[1] * found[0]
    return y


@on(*VALUES)
def apart_inside_a_try(x: Any) -> Any:
    y = x
    try:
        mode = Mode.FAST if x > 0 else Mode.SLOW
        y = y * mode.value
        if mode is Mode.SLOW and x < -1:
            raise ValueError(mode)
        y = y + 1
    except ValueError as error:
        y = y * 10 * error.args[0].value
    finally:
        y = y + 5
    return y


@on(*VALUES)
def apart_inside_two(x: Any) -> Any:
    try:
        shape = Circle(x) if x > 1 else Box(x, x)
        try:
            if shape.area() > 1:
                raise KeyError
            y = x
        finally:
            x = x + 1
    except KeyError:
        y = x + shape.area()
    return y


@on(*ROWS)
def apart_inside_a_try_of_a_loop(xs: Any) -> Any:
    total = xs[0] * 0
    for x in xs:
        try:
            kind = str if x > 0 else float
            if kind is str and x > 3:
                raise OverflowError
            total = total + (x if kind is str else -x)
        except OverflowError:
            total = total + 100
    return total
