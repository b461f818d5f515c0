"""Programs that take items as far as one that decides: `any`, `all`, `next`, and least and most."""

from __future__ import annotations

from typing import Any

from programs.nasty import on
from programs.ops import T

ROWS = ((T([-1.0, 2.0, 3.0]),), (T([-1.0, -2.0, 0.0]),))
NAN = float("nan")
NANS = ((T([NAN, 2.0, 3.0]),), (T([1.0, NAN, 0.0]),), (T([-float("inf"), NAN, 1.0]),))


@on(*ROWS)
def search_names_what_it_found(xs: Any) -> Any:
    if any((found := x) > 0 for x in [xs[0], xs[1], xs[2]]):
        return found
    return -xs[0] * 5


@on(*ROWS)
def search_names_what_it_found_in_a_tensor(xs: Any) -> Any:
    if any((found := x) > 0 for x in xs):
        return found
    return -xs[0] * 5


@on(*ROWS)
def search_counts_as_far(xs: Any) -> Any:
    count = 0
    if not all((count := count + 1) and x < 2.5 for x in xs):
        return count
    return -count


@on((T([-1.0, 2.0, 3.0]),), (T([-1.0, 3.0, 2.0]),), raises=True)
def search_asserts_as_far(xs: Any) -> Any:
    def positive(x: Any) -> Any:
        assert x < 2.5, "too big"
        return x > 0

    return any(positive(x) for x in xs)


@on(*ROWS)
def search_by_map(xs: Any) -> Any:
    asked: list[int] = []

    def positive(x: Any) -> Any:
        asked.append(1)
        return x > 0

    return any(map(positive, [xs[0], xs[1], xs[2]])), len(asked)


@on(*ROWS)
def search_by_map_of_two(xs: Any) -> Any:
    count = 0

    def less(x: Any, y: Any) -> Any:
        nonlocal count
        count += 1
        return x < y

    return all(map(less, [xs[0], xs[1]], [xs[1], xs[2], xs[0]])), count


@on(*ROWS)
def search_in_a_generator_function(xs: Any) -> Any:
    count = 0

    def signs() -> Any:
        nonlocal count
        for x in xs:
            count += 1
            yield x > 0

    return any(signs()), count


@on(*ROWS)
def search_in_two_loops(xs: Any) -> Any:
    count = 0

    def large(x: Any, y: Any) -> Any:
        nonlocal count
        count += 1
        return x + y > 2

    return any(large(x, y) for x in xs for y in xs if x < y), count


@on(*ROWS)
def search_in_a_long_range(xs: Any) -> Any:
    count = 0

    def beyond(i: int) -> Any:
        nonlocal count
        count += 1
        return xs[0] * i < xs[1] - 20

    return any(beyond(i) for i in range(100)), count


@on(*ROWS)
def search_by_numbers(xs: Any) -> Any:
    asked = []

    def is_two(i: int) -> bool:
        asked.append(i)
        return i == 2

    if xs[1] > 0:
        xs = -xs
    return any(is_two(i) for i in range(5)), len(asked), xs[0]


@on(*ROWS)
def first_of_those(xs: Any) -> Any:
    return next((x for x in [xs[0], xs[1], xs[2]] if x > 0), -5.0)


@on(*ROWS)
def first_of_those_in_a_tensor(xs: Any) -> Any:
    return next((i for i, x in enumerate(xs) if x > 0), -1)


@on(*ROWS)
def first_of_those_counts(xs: Any) -> Any:
    count = 0

    def asked(x: Any) -> Any:
        nonlocal count
        count += 1
        return x > 0

    return next((x * 2 for x in xs if asked(x)), -5.0), count


@on(*ROWS)
def first_of_those_is_none(xs: Any) -> Any:
    found = next((x for x in xs if x > 0), None)
    return xs[0] if found is None else found


@on(*ROWS, raises=True)
def first_of_those_or_nothing(xs: Any) -> Any:
    return next(x for x in [xs[0], xs[1]] if x > 0)


@on(*ROWS)
def first_in_a_branch(xs: Any) -> Any:
    if xs[2] > 1:
        return next((x for x in [xs[0], xs[1], xs[2]] if x > 0), -5.0)
    return next((i * 2.0 for i in range(3) if i > 0), -5.0)


@on(*NANS)
def least_without_order(xs: Any) -> Any:
    return min(xs), min(xs[0], xs[1], xs[2]), min([xs[2], xs[1]]), min(0.5, xs[1]), min(xs[0], 0.5)


@on(*NANS)
def greatest_without_order(xs: Any) -> Any:
    return max(xs), max(xs[0], xs[1], xs[2]), max([xs[2], xs[1]]), max(0.5, xs[1]), max(xs[0], 0.5)


@on((T([1.0, 1.0, 0.0]),), (T([0.0, 2.0, 2.0]),), differentiable=True)
def greatest_is_the_first(xs: Any) -> Any:
    return max(xs) * 3 + max(xs[0], xs[1]) + min(xs) * 5 + min([xs[2], xs[0]])
