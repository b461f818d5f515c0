"""Programs in which a value is None at first, or on some paths."""

from __future__ import annotations

from typing import Any

from programs.nasty import on
from programs.ops import T, ops

ROWS = ((T([1.0, 2.0, -3.0, 4.0]),), (T([-1.0, -2.0]),), (T([5.0, 4.0, 3.0]),))
EMPTY_TOO = (*ROWS, (T([], "float32"),))


@on(*EMPTY_TOO)
def best_and_where(xs: Any) -> Any:
    best = where = None
    for i, x in enumerate(xs):
        if best is None or x > best:
            best, where = x, i
    if best is None:
        return -1.0, -1
    return best, where


@on(*EMPTY_TOO)
def pair_or_none(xs: Any) -> Any:
    found = None
    for x in xs:
        if x < 0:
            found = (x, x * 2)
            break
    if found is not None:
        a, b = found
        return a + b
    return 0.0


class Least:
    """Remembers the least value."""

    value: Any = None

    def see(self, x: Any) -> None:
        if self.value is None or x < self.value:
            self.value = x


@on(*EMPTY_TOO)
def attribute_is_none_first(xs: Any) -> Any:
    least = Least()
    for x in xs:
        least.see(x)
    return least.value if least.value is not None else 0.0


def _plus(sum_: Any, x: Any) -> Any:
    return x if sum_ is None else sum_ + x


@on(*EMPTY_TOO)
def none_goes_into_a_call(xs: Any) -> Any:
    sum_ = None
    for x in xs:
        if x > 0:
            sum_ = _plus(sum_, x)
    return _plus(sum_, 100.0)


@on(*EMPTY_TOO)
def rises(xs: Any) -> Any:
    before, n = None, 0
    for x in xs:
        if before is not None and x > before:
            n += 1
        before = x
    return n


@on(*EMPTY_TOO)
def none_as_a_default(xs: Any) -> Any:
    mask = None
    if ops.sum(xs) > 0:
        mask = xs * 2
    if mask is None:
        mask = xs
    return mask


@on(*ROWS)
def none_is_false(xs: Any) -> Any:
    first = None
    if ops.sum(xs) > 0:
        first = xs[0] - 1
    return first or 7.0


@on(*EMPTY_TOO)
def none_in_the_test_of_a_loop(xs: Any) -> Any:
    last, i = None, 0
    while i < len(xs) and (last is None or last < 3):
        last = xs[i]
        i += 1
    return i


@on(*ROWS)
def none_kept_as_a_flag(xs: Any) -> Any:
    first = None
    if ops.sum(xs) > 0:
        first = xs[0]
    there, gone = first is not None, first is None
    if there and not gone:
        return first
    return -1.0


@on(*EMPTY_TOO)
def two_that_may_be_none(xs: Any) -> Any:
    high = low = None
    for x in xs:
        if x > 0:
            high = x
        else:
            low = x
    if high is not None and low is not None:
        return high - low
    if high is None:
        return 1000.0
    return high


@on(*EMPTY_TOO)
def none_is_matched(xs: Any) -> Any:
    sum_ = None
    for x in xs:
        match sum_:
            case None:
                sum_ = x
            case _:
                sum_ = sum_ + x
    if sum_ == None:  # noqa: E711
        return 0.0
    return sum_


@on(*ROWS)
def first_turn_continues(xs: Any) -> Any:
    best = None
    for x in xs:
        if best is None:
            best = x
            continue
        if x < best:
            break
        best = x
    return best


@on(*ROWS, raises=True)
def none_is_used(xs: Any) -> Any:
    first = None
    if ops.sum(xs) > 0:
        first = xs[0]
    return first + 1


@on(*ROWS)
def tensor_is_not_none(xs: Any) -> Any:
    first = xs[0] * 0
    if xs[0] > 0:
        if first is None:
            first = 7.0
        if first is not None and xs[-1] > 0:
            first = first + 1
    return first


@on(*ROWS)
def none_is_returned(xs: Any) -> Any:
    if ops.sum(xs) > 0:
        return xs * 2


@on(*EMPTY_TOO)
def none_is_returned_from_a_loop(xs: Any) -> Any:
    for x in xs:
        if x > 2:
            return x
    return None


@on(*EMPTY_TOO)
def none_is_returned_in_parts(xs: Any) -> Any:
    high = low = None
    for x in xs:
        if x > 0:
            high = x if high is None or x > high else high
        else:
            low = x
    return {"both": None if high is None or low is None else (high, low), "ends": [high, low]}


@on(*EMPTY_TOO)
def none_is_returned_or_a_number(xs: Any) -> Any:
    return 7 if len(xs) > 0 and xs[0] > 0 else None
