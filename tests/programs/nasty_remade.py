"""Programs whose containers are made anew on one path and written on another, or in each turn."""

from __future__ import annotations

import dataclasses
from collections import deque, namedtuple
from contextlib import nullcontext
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-3.0),), (T(1.0),))
ROWS = ((T([3.0, -1.0, 4.0]),), (T([-1.0, 1.0, 0.5]),))


@dataclasses.dataclass
class Body:
    """Somewhere, with a speed."""

    place: Any
    speed: Any = 1.0
    seen: list[Any] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Fixed:
    """The same, not to be changed."""

    place: Any
    speed: Any = 1.0


@on(*VALUES)
def dict_made_or_written(x: Any) -> Any:
    state = {"a": x, "b": x * 2}
    if x > 0:
        state = {"a": x * 5, "b": x}
    else:
        state["a"] = x + 1
    return state["a"] - state["b"]


@on(*VALUES)
def record_made_or_written(x: Any) -> Any:
    body = Body(x)
    if x > 0:
        body = Body(x * 2, 3.0)
    else:
        body.place = body.place + 1
        body.speed = 7.0
    return body.place * body.speed


@on(*VALUES)
def list_in_a_list_made_or_written(x: Any) -> Any:
    rows = [[x], [x * 2]]
    if x > 0:
        rows = [[x * 3], [x]]
    else:
        rows[0][0] = x + 1
    return rows[0][0] + rows[1][0]


@on(*VALUES)
def dict_in_a_dict_made_or_written(x: Any) -> Any:
    inner = {"a": x}
    outer = {"inner": inner}
    if x > 0:
        outer = {"inner": {"a": x * 3}}
    else:
        inner["a"] = x + 1
    return outer["inner"]["a"] + 10 * inner["a"]


@on(*VALUES)
def record_made_or_written_in_a_loop(x: Any) -> Any:
    body, i = Body(x), x * 0
    while i < 3:
        if body.place > 1:
            body = Body(body.place * 0.5, body.speed + 1)
        else:
            body.place = body.place + 2
        i = i + 1
    return body.place * body.speed


@on(*ROWS)
def dicts_that_change_places(xs: Any) -> Any:
    before, now = {"a": xs[0] * 0}, {"a": xs[0]}
    for x in xs:
        now["a"] = now["a"] + x
        before, now = now, {"a": now["a"] * 2}
        before["a"] = before["a"] + 1
    return before["a"], now["a"]


@on(*ROWS)
def dict_spread_or_written(xs: Any) -> Any:
    state = {"sum": xs[0], "names": ["a"]}
    for x in xs:
        if state["sum"] > x:
            state = {**state, "sum": state["sum"] - 1}
        else:
            state["sum"] = state["sum"] + x
    return state["sum"]


@on(*VALUES)
def replaced_in_one_arm(x: Any) -> Any:
    fixed, body = Fixed(x), Body(x)
    if x > 0:
        fixed = dataclasses.replace(fixed, place=x * 2)
        body = dataclasses.replace(body, speed=x)
    else:
        body.place = body.place - 1
    return fixed.place * fixed.speed + body.place * body.speed


@on(*VALUES)
def replaced_in_a_loop(x: Any) -> Any:
    fixed = Fixed(x)
    for _ in range(3):
        if fixed.place > 0:
            fixed = dataclasses.replace(fixed, place=fixed.place - 2, speed=fixed.speed * 2)
        else:
            fixed = Fixed(fixed.place + 1, fixed.speed)
    return fixed.place * fixed.speed


# Loops over a few items that cannot be one loop of a graph


@on(*ROWS)
def window_of_the_last(xs: Any) -> Any:
    window: deque[Any] = deque(maxlen=2)
    best = xs[0] - 100
    for x in xs:
        window.append(x)
        total = sum(window)
        if total > best:
            best = total
    return best


@on(*ROWS)
def keys_and_sets_of_the_turn(xs: Any) -> Any:
    found, seen = {}, set()
    for i, x in enumerate(xs):
        seen.add(i % 2)
        found[f"at {i}"] = x if x > 0 else x * len(seen)
    return {name: value + 1 for name, value in found.items() if name != "at 0"}


Step = namedtuple("Step", "reward done info")


@on(*ROWS)
def a_dict_that_each_turn_defines(xs: Any) -> Any:
    def step(place: Any, x: Any) -> Any:
        place = place + x
        return place, Step(1.0 if place > 2 else -0.5, place > 5, {"place": place})

    place, total = xs[0] * 0, 0.0
    for x in xs:
        place, made = step(place, x)
        total += made.reward
        if made.done:
            break
    return total, made.info["place"]


@on(*ROWS)
def generator_over_a_tensor(xs: Any) -> Any:
    def sizes(values: Any) -> Any:
        for value in values:
            yield value if value > 0 else -value

    total = 0
    for size in sizes(xs):
        total = total * 2 + size
    return total


@on(*ROWS)
def mapped_and_filtered(xs: Any) -> Any:
    doubled = sum(map(lambda x: x * 2, filter(lambda x: x > 0, xs)))
    return doubled + max(map(abs, xs)) + min(map(lambda x: x * x, xs))


# Ways out of `with` and `finally`


@on((T(0),), (T(1),), (T(4),), (T(9),))
def returns_out_of_two_withs(x: Any) -> Any:
    with nullcontext():
        with nullcontext(2) as two:
            if x > 3:
                if x > 5:
                    return x
                return x * two
        if x > 0:
            return x + 7
    return x - 1


@on((T(0),), (T(2),), (T(7),))
def returns_through_finally(x: Any) -> Any:
    try:
        try:
            if x > 1:
                return x if x > 5 else x * 3
            x = x + 20
        finally:
            x = x + 1
    finally:
        x = x * 2
    return x
