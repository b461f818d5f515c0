"""Programs with variables that have a value only if a loop has had a turn, or on one path."""

from __future__ import annotations

from typing import Any

from programs.nasty import on
from programs.ops import T, ops

COUNTS = ((T(3),), (T(1),))
ROWS = ((T([3.0, -1.0, 4.0]),), (T([-1.0, 1.0, 0.5]),))


@on(*COUNTS)
def read_twice(n: Any) -> Any:
    for i in ops.range(n):
        pair = (i, i + 1)
    return pair[0], pair[1]


@on(*COUNTS)
def read_on_and_on(n: Any) -> Any:
    for i in ops.range(n):
        found = {"k": i, "n": i * i}
    total = found["k"] + found["n"]
    if total > 3:
        total = total - found["k"]
    while total > found["n"]:
        total = total - found["n"] - 1
    return total, found["k"]


@on(*COUNTS)
def dicts_of_a_loop_left(n: Any) -> Any:
    for i in ops.range(n + 1):
        found = {"k": i, "n": [i, (i + 1, i * 2)]}
        if i > 1:
            break
    return found["k"], found["n"][0], found["n"][1][0], found["n"][1][1]


@on(*COUNTS)
def none_in_what_a_loop_leaves(n: Any) -> Any:
    for i in ops.range(n):
        found = {"k": i, "n": None if i > 1 else i}
    rest = found["n"]
    return found["k"], -1 if rest is None else rest


@on(*COUNTS)
def lists_of_perhaps_two(n: Any) -> Any:
    for i in ops.range(n):
        found = [i]
        if i > 0:
            found.append(i * 5)
    return ops.stack(found)


@on(*COUNTS)
def lists_of_perhaps_two_left(n: Any) -> Any:
    for i in ops.range(n + 2):
        found = [i]
        if i > 0:
            found.append(i * 5)
        if i > 1:
            break
    return ops.stack(found)


@on(*COUNTS)
def read_in_each_arm(n: Any) -> Any:
    for i in ops.range(n):
        pair = (i, i + 1)
    if n > 2:
        result = pair[0] * pair[1]
    else:
        result = pair[0] - pair[1]
    return result


@on((T(2),), (T(5),))
def deleted_after_a_read(n: Any) -> Any:
    if n > 1:
        pair = (n, n + 1)
    total = pair[0] + pair[1]
    del pair
    pair = (total, n)
    return pair[0] + pair[1] * 10


@on(*ROWS)
def items_of_a_loop(values: Any) -> Any:
    for i, (one, other) in enumerate(zip(values, values * 2)):
        if one > 3:
            break
    return i, one, other, one + other
