"""Programs that put the values of tensors into texts."""

from __future__ import annotations

from typing import Any, NamedTuple

from programs.nasty import on
from programs.ops import T

SIGNS = ((T(3.0),), (T(-2.5),))
ROWS = ((T([1.0, 2.0, -3.0, 4.0]),), (T([1.0, 2.0]),))


class OutOfRangeError(Exception):
    """Has more to tell than a message."""

    def __init__(self, message: Any, code: int) -> None:
        super().__init__(message)
        self.code = code


@on(*SIGNS, raises=True)
def message_of_an_assertion(x: Any) -> Any:
    assert x > 0, f"expected a positive value and got {x} ({x:.3f}), twice {x * 2:8.1f} {{}}"
    return x


@on(*SIGNS, raises=True)
def message_in_parts(x: Any) -> Any:
    head = "value " + f"{x:+.2e}"
    if x < 0:
        raise ValueError(head + " at " + f"{3:03d}")
    return x


@on(*SIGNS, raises=True)
def message_by_format(x: Any) -> Any:
    if x < 0:
        raise ValueError("{:.2f} {} {n:>8.1f}".format(x, 2, n=x * 2))  # noqa: UP032
    return x


@on(*SIGNS, raises=True)
def message_by_percent(x: Any) -> Any:
    if x < 0:
        raise ValueError("%s%% of %-8.2f|%08.3f|%+d" % ("half", x, x * 3, 7))  # noqa: UP031
    return x


@on(*ROWS, raises=True)
def message_of_a_turn(xs: Any) -> Any:
    total = 0.0
    for i, x in enumerate(xs):
        if x < 0:
            raise OutOfRangeError(f"element {i} is {x:.1f} after {total:.1f}", code=4)
        total += x
    return total


@on(*SIGNS, raises=True)
def message_raised_always(x: Any) -> Any:
    raise KeyError(f"never {x:.1f}")


def _checked(x: Any, name: str) -> Any:
    if x < 0:
        raise ValueError(f"`{name}` is {x:.1f}")
    return x


@on(*SIGNS, raises=True)
def message_from_another_function(x: Any) -> Any:
    return _checked(x, "x") + _checked(x + 1, "y")


class Pair(NamedTuple):
    """Has a text of its own."""

    first: Any
    second: Any


@on((T(2),), (T(3),), raises=True)
def message_of_containers(n: Any) -> Any:
    for i in range(n):
        if i > 0:
            told = f"{(i, [i, 'a'], {'k': i})} {[Pair(i, 2)]!r} {(i > 1,)}"
            raise ValueError(told, str([i]), "%s" % [i > 0])
    return n
