"""Programs on tensors that leave: `break`, `continue`, `return`, `else`, short circuits, raises."""

from __future__ import annotations

from typing import Any

import numpy as np

from programs.nasty import on
from programs.ops import T, ops

SIGNS = ((T(3.0),), (T(-2.0),), (T(0.0),))
COUNTS = ((T(0),), (T(1),), (T(4),), (T(9),))
ROWS = ((T([1, 5, -2, 7]),), (T([-1, -1]),), (T([9]),))


@on(*SIGNS, differentiable=True)
def early_return(x: Any) -> Any:
    if x > 0:
        return x * 3.0
    x = x - 1.0
    return x * x


@on(*SIGNS, differentiable=True)
def three_returns(x: Any) -> Any:
    if x > 0:
        if x > 2:
            return x * x
        y = x + 1.0
    elif x < -1:
        return -x
    else:
        y = x * 5.0
    return y + 1.0


@on(*SIGNS)
def return_falls_through_two_levels(x: Any) -> Any:
    y = x + 1.0
    if x > -1:
        if x > 1:
            y = y * 10.0
            if x > 2:
                return y
        y = y + 100.0
    return y - 0.5


@on(*SIGNS)
def elif_chain(x: Any) -> Any:
    if x > 5:
        y = 1.0
    elif x > 2:
        y = 2.0
    elif x > -1:
        y = 3.0
    elif x > -5:
        y = 4.0
    else:
        y = 5.0
    return y + x


@on(*COUNTS)
def while_true_break(n: Any) -> Any:
    i = 0
    while True:
        if i >= n:
            break
        i += 2
    return i


@on(*COUNTS)
def while_true_break_at_the_end(n: Any) -> Any:
    i = 0
    while True:
        i += 1
        if i > n:
            break
    return i


@on(*COUNTS)
def while_true_two_breaks(n: Any) -> Any:
    i = total = 0
    while True:
        if i >= n:
            break
        total += i
        if total > 10:
            total = -total
            break
        i += 1
    return i, total


@on(*COUNTS)
def while_true_return(n: Any) -> Any:
    i = 0
    while True:
        i += 1
        if i * i > n:
            return i


@on(*COUNTS)
def while_else(n: Any) -> Any:
    i = 0
    while i < n:
        if i == 3:
            break
        i += 1
    else:
        i = i + 100
    return i


@on(*ROWS)
def for_else(xs: Any) -> Any:
    for x in xs:
        if x > 6:
            found = x
            break
    else:
        found = xs[0] * 0 - 1
    return found


@on(*ROWS)
def return_from_for(xs: Any) -> Any:
    for x in xs:
        if x > 4:
            return x * 2
    return xs[0]


@on(*ROWS)
def break_and_continue(xs: Any) -> Any:
    total = 0
    for x in xs:
        if x < 0:
            continue
        if x > 6:
            break
        total += x
    return total


@on(*ROWS)
def several_exits(xs: Any) -> Any:
    total = 0
    for x in xs:
        if x == 9:
            return total - 1
        if x > 6:
            total = total + 50
            break
        if x < -1:
            total = total * 2
            continue
        total += x
    else:
        return total + 1000
    return total


@on((T([[1, 2], [3, 4]]), T(3)), (T([[1, 2], [3, 4]]), T(8)), (T([[5, 0], [5, 1]]), T(0)))
def return_from_two_loops(rows: Any, wanted: Any) -> Any:
    steps = 0
    for row in rows:
        for value in row:
            steps += 1
            if value == wanted:
                return steps, value
    return steps, wanted * 0 - 1


@on((T([[1, 2], [3, 4]]),), (T([[5, 0], [-5, 1]]),), (T([[0, 7], [9, 9]]),))
def break_outer_by_flag(rows: Any) -> Any:
    total = 0
    for row in rows:
        stop = False
        for value in row:
            if value == 0:
                stop = True
                break
            total += value
        if stop:
            break
        total *= 2
    return total


@on(*COUNTS)
def nested_four_deep(n: Any) -> Any:
    total = 0
    i = 0
    while i < n:
        j = 0
        while j <= i:
            if (i + j) % 2 == 0:
                k = 0
                while k < 2:
                    if k + j == 3:
                        break
                    total += i * k + 1
                    k += 1
            else:
                total -= 1
                if total > 20:
                    return total, i, j
            j += 1
        i += 1
    return total, i, i


@on(*COUNTS)
def continue_in_while(n: Any) -> Any:
    i = total = 0
    while i < n:
        i += 1
        if i % 3 == 0:
            continue
        if i % 2 == 0:
            total += 10
            continue
        total += i
    return total


@on(*ROWS)
def short_circuit_guards_index(xs: Any) -> Any:
    n = len(xs)
    i = ops.constant(0)
    while i < n and xs[i] > 0:
        i += 1
    return i


@on(*ROWS)
def short_circuit_or(xs: Any) -> Any:
    i = ops.constant(0)
    while not (i >= len(xs) or xs[i] < 0):
        i += 1
    return i


@on((T(3), T(1)), (T(0), T(2)), (T(-4), T(0)))
def and_or_values(x: Any, y: Any) -> Any:
    return (x and y), (x or y), (x > 0 and y > 0), (x > 0 or y > 1), not x


@on((T(3), T(1)), (T(0), T(2)), (T(-4), T(0)))
def folded_conditions(x: Any, y: Any) -> Any:
    total = 0
    if x > 0 and y > 0:
        total += 1
    if x > 0 or y > 1:
        total += 10
    if not (x > 0 and y > 0) or x == 3:
        total += 100
    if (x > 0 or y > 0) and (x < 0 or y < 2):
        total += 1000
    return total


@on((T(3), T(0)), (T(0), T(2)))
def short_circuit_effects(x: Any, y: Any) -> Any:
    seen = ops.constant(0)
    if x > 0 and (seen := seen + 1) > 0 and y > 0 and (seen := seen + 10) > 0:
        seen = seen + 100
    return seen


@on((T(0),), (T(3),), (T(7),), (T(12),))
def chained_comparison(x: Any) -> Any:
    if 0 < x < 5:
        y = 1
    elif 5 <= x <= 7 < 10:
        y = 2
    else:
        y = 3
    return y, 2 < x < 9


@on((T(0),), (T(2),), (T(5),))
def membership(x: Any) -> Any:
    y = 10 if x in (1, 2, 3) else 20
    if x not in (0, 2):
        y += 1
    return y


@on((T(1),), (T(3),), (T(9),))
def membership_in_tensor(x: Any) -> Any:
    known = ops.stack([x * 0 + 1, x * 0 + 9])
    if x in known:
        return x
    return -x


@on((T(0),), (T(2),), (T(5),), (T(50),))
def match_guards(x: Any) -> Any:
    match x:
        case 0:
            return x + 100
        case 1 | 2:
            y = x * 2
        case n if n > 10:
            y = n - 10
        case _:
            y = x
    return y


@on((T(0), T(4)), (T(2), T(0)), (T(2), T(3)))
def match_tuple(x: Any, y: Any) -> Any:
    match (x, y):
        case (0, b):
            result = b
        case (a, 0):
            result = a * 10
        case (a, b) if a > b:
            result = a - b
        case _:
            result = x * 0 - 1
    return result


@on(*SIGNS, raises=True)
def assert_passes_or_fails(x: Any) -> Any:
    assert x > -1, "x is too small"
    return x + 1.0


@on(*SIGNS, raises=True)
def raise_in_one_arm(x: Any) -> Any:
    if x < 0:
        raise ValueError("negative")
    return x + 1.0


@on(*SIGNS, raises=True)
def raise_in_else(x: Any) -> Any:
    if x >= 0:
        y = x * 2.0
    else:
        raise ValueError("below zero")
    return y


@on(*ROWS, raises=True)
def raise_in_loop(xs: Any) -> Any:
    total = 0
    for x in xs:
        if x == 7:
            raise KeyError("seven")
        total += x
    return total


@on(*SIGNS)
def division_guarded(x: Any) -> Any:
    if x != 0:
        return 1.0 / x
    return x


@on((T(1.0),), (T(6.0),), (T(100.0),), differentiable=True)
def python_loop_break(x: Any) -> Any:
    for factor in (1.0, 2.0, 3.0):
        x = x * factor
        if x > 10:
            break
        x = x + 1.0
    return x


@on((T(1.0),), (T(6.0),), (T(100.0),))
def python_loop_return(x: Any) -> Any:
    for name, factor in {"one": 1.0, "two": 2.0}.items():
        if x > 10:
            return x
        x = x * factor + len(name)
    else:
        x = -x
    return x - 1.0


@on((T(1.0),), (T(6.0),), (T(100.0),))
def python_loop_continue(x: Any) -> Any:
    for step in range(4):
        if x > 10:
            continue
        x = x * 2.0 + step
    return x


@on((T(2),), (T(5),), (T(8),))
def python_turns_first(n: Any) -> Any:
    i = 0
    while i < 3 or n > i:
        i = i + 1 if i < 3 else n * 0 + i + 1
    return i


@on(*COUNTS)
def try_around_loop(n: Any) -> Any:
    total = 0
    try:
        while total < n:
            total += 3
    finally:
        total += 100
    return total


@on(*SIGNS)
def try_around_return(x: Any) -> Any:
    try:
        if x > 0:
            return x * 2.0
        x = x - 1.0
    except ValueError:
        return x * 0.0
    return x


@on(*COUNTS)
def loop_after_loop(n: Any) -> Any:
    i = 0
    while i < n:
        i += 1
    while i > 2:
        i -= 2
        if i == 5:
            break
    return i


@on(*COUNTS)
def empty_bodies(n: Any) -> Any:
    if n > 3:
        pass
    else:
        pass
    for _ in range(n):
        pass
    return n


@on((T([0.5, 2.0]), T(0.5)), (T([], "float32"), T(0.5)), (T([1.0]), T(3.0)))
def way_out_that_python_closes(xs: Any, t: Any) -> Any:
    k = 1.5
    for x in xs:
        if not (k or 0 < t < 1):
            return x * 0
        t = t + x
    return t


@on((T(3.0),), (T(-4.0),), differentiable=True)
def converges_in_a_long_range(x: Any) -> Any:
    steps = x * 0
    for k in range(100):
        y = x * 0.5 + 1
        if abs(y - x) < 1e-4:
            break
        x = y
        steps = steps + k
    return x + steps * 0


@on((T(3.0),), (T(-4.0),))
def long_ranges_nest(x: Any) -> Any:
    i = j = 0
    for i in range(30):
        for j in range(2, 56, 3):
            if x > 20:
                break
            x = x + j
        else:
            continue
        if x > 30:
            break
        x = x - i * 10
    else:
        x = x * 100
    return x * 10000 + i * 100 + j


@on((T(3.0),), (T(90.0),), (T(-4.0),))
def long_range_downwards(x: Any) -> Any:
    total = x * 0
    for k in range(100, 0, -2):
        if x > k:
            continue
        total = total + k
        if total > 500:
            return total
    return -total


WEIGHTS = [1.0 + i / 10 for i in range(40)]
LAYERS = [lambda v, k=k: v * (1 + 0.01 * k) for k in range(30)]


@on((T(3.0),), (T(-4.0),))
def long_range_indexes_numbers(x: Any) -> Any:
    for k in range(40):
        x = x * WEIGHTS[k]
        if x > 50:
            return x + k
    return x


@on((T(3.0),), (T(-4.0),))
def long_range_indexes_functions(x: Any) -> Any:
    """Only Python can take one of them: each turn is recorded."""
    for i in range(30):
        x = LAYERS[i](x)
        if x > 10:
            break
    return x


@on((T(3.0), T([1.0, 5.0, -2.0])), (T(-30.0), T([1.0, 5.0, -2.0])), (T(40.0), T([0.0])))
def loops_made_in_each_turn(x: Any, xs: Any) -> Any:
    """Each turn of the outer loop has iterators of its own, some left early."""
    turns = 0
    while turns < 3 and x < 20:
        turns += 1
        for j in range(int(abs(x)) % 4):
            x = x + j * 0.5
            if x > 2:
                break
        for v in xs:
            if v < 0:
                break
            x = x + v
    return x + turns


@on((T([3.0, 1.0]),), (T(np.zeros(0, "float32")),), (T([1.0]),))
def broken_off_over_rows_that_may_be_none(xs: Any) -> Any:
    n, last = 0, 0.0
    for v in xs:
        if v < 1.5:
            break
        n += 1
        last = v
    return n, last


@on((T([3.0, 1.0]),), (T(np.zeros(0, "float32")),), (T([1.0]),))
def walked_over_rows_that_may_be_none(xs: Any) -> Any:
    total = 0.0
    for v in xs:
        total = total + v
        if total > 2:
            break
    return total
