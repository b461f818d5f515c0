"""Programs on tensors as people write them: algorithms, training loops, records that are shared."""

from __future__ import annotations

import functools
from collections import Counter, deque
from contextlib import suppress
from typing import Any, NamedTuple

from programs.nasty import on
from programs.ops import T, ops

TENSORFLOW = ("tensorflow",)
SIGNS = ((T(3.0),), (T(-2.0),), (T(0.0),))
FLAGS = ((T(True),), (T(False),))
COUNTS = ((T(0),), (T(1),), (T(4),), (T(9),))
ROWS = ((T([1, 5, -2, 7]),), (T([-1, -1]),), (T([9]),))
EMPTY_TOO = (*ROWS, (T([], "int32"),))


class Beam(NamedTuple):
    """A token and its score."""

    token: Any
    score: Any


class Bag:
    """Items, and how many there are."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.count: Any = 0
        self.last: Any = None

    def put(self, x: Any) -> None:
        if x > 0:
            self.items.append(x)
            self.count += 1

    def remember(self, x: Any) -> None:
        self.last = x


@on(*FLAGS)
def flag_is_the_test(go: Any) -> Any:
    n = 0
    while go:
        n += 1
        go = n < 5
    return n


@on(*SIGNS)
def flag_breaks(x: Any) -> Any:
    n = 0
    go = x > 0
    if go:
        n = 10
    while True:
        if not go:
            break
        n += 1
        go = n < 15
    return n


@on((T(2.0),), (T(9.0),), (T(0.25),), differentiable=True)
def newton(a: Any) -> Any:
    x = a
    for _ in range(6):
        better = 0.5 * (x + a / x)
        if abs(better - x) < 1e-6:
            return better
        x = better
    return x


@on((T(2.0),), (T(9.0),), (T(0.25),))
def bisection(a: Any) -> Any:
    low, high = 0.0, max(a, 1.0)
    while high - low > 1e-3:
        middle = (low + high) / 2
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@on((T(12), T(18)), (T(0), T(5)), (T(7), T(0)))
def gcd(a: Any, b: Any) -> Any:
    while b:
        a, b = b, a % b
    return a


@on((T([1, 3, 5, 7, 9]), T(7)), (T([1, 3, 5]), T(4)), (T([1]), T(1)), (T([], "int32"), T(1)))
def binary_search(xs: Any, wanted: Any) -> Any:
    low, high = 0, len(xs) - 1
    while low <= high:
        middle = (low + high) // 2
        if xs[middle] == wanted:
            return middle
        if xs[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1


@on(*ROWS)
def kadane(xs: Any) -> Any:
    best = current = xs[0]
    for x in xs[1:]:
        current = max(x, current + x)
        best = max(best, current)
    return best


@on(*EMPTY_TOO)
def two_pointers(xs: Any) -> Any:
    i, j, steps = 0, len(xs) - 1, 0
    while i < j:
        if xs[i] < xs[j]:
            i += 1
            steps += 1
        else:
            j -= 1
            steps += 10
    return steps, i


@on(*EMPTY_TOO)
def shrinking_tensor(xs: Any) -> Any:
    total = 0
    while len(xs) > 0:
        head, xs = xs[0], xs[1:]
        if head < 0:
            continue
        total = total * 10 + head
    return total


@on((T([[0.1, 0.9], [0.8, 0.2]]), T(4)), (T([[0.1, 0.9], [0.8, 0.2]]), T(0)))
def greedy_decoding(scores: Any, n: Any) -> Any:
    token, out = 0, []
    for _ in range(n):
        row = scores[token]
        token = 1 if row[1] > row[0] else 0
        out.append(row[token])
    return len(out), token


@on(*ROWS)
def best_beam(xs: Any) -> Any:
    beam = Beam(0, 0)
    for i, x in enumerate(xs):
        if x > beam.score:
            beam = Beam(i, x)
    return beam


@on((T(5.0), T(20)), (T(0.0), T(3)), (T(5.0), T(0)), backends=TENSORFLOW)
def descent_with_early_stop(x: Any, n: Any) -> Any:
    best, wait = float("inf"), 0
    for _ in range(n):
        with ops.tape() as tape:
            tape.watch(x)
            loss = (x - 3.0) ** 2
            if loss > 1.0:
                loss = loss * 0.5
        x = x - 0.3 * tape.gradient(loss, x)
        if loss < best - 1e-4:
            best = loss
            wait = 0
        else:
            wait += 1
            if wait >= 3:
                break
    return x, wait


@on(*ROWS)
def first_best_is_none(xs: Any) -> Any:
    best = None
    for x in xs:
        if best is None or x > best:
            best = x
    return best


@on(*COUNTS)
def found_or_none(n: Any) -> Any:
    found = None
    for i in range(n):
        if i == 3:
            found = i
            break
    if found is None:
        return -1
    return found


@on((T([3]),), (T([1, 5, -2]),))
def last_remembered(xs: Any) -> Any:
    bag = Bag()
    for x in xs:
        bag.remember(x)
    return bag.last


@on(*SIGNS)
def appended_through_a_parameter(x: Any) -> Any:
    def put(items: list[Any]) -> None:
        if x > 0:
            items.append(x)

    items: list[Any] = []
    put(items)
    return len(items)


@on(*SIGNS)
def appended_twice_by_a_method(x: Any) -> Any:
    bag = Bag()
    bag.put(x)
    bag.put(-x)
    bag.put(x * 0.0 + 1.0)
    return bag.count, len(bag.items), sum(bag.items)


@on(*ROWS)
def appended_by_a_method_in_a_loop(xs: Any) -> Any:
    bag = Bag()
    for x in xs:
        bag.put(x)
    return bag.count, len(bag.items)


@on(*SIGNS)
def list_with_two_names(x: Any) -> Any:
    a: list[Any] = []
    b = a
    if x > 0:
        a.append(x)
    return len(a), len(b)


@on(*ROWS)
def list_with_two_names_in_a_loop(xs: Any) -> Any:
    a: list[Any] = []
    b = a
    for x in xs:
        a.append(x)
    b.append(xs[0])
    return len(a), len(b)


@on(*ROWS)
def list_in_a_tuple(xs: Any) -> Any:
    state: tuple[list[Any], Any] = ([], 0)
    for x in xs:
        state[0].append(x)
        state = (state[0], state[1] + 1)
    return len(state[0]), state[1]


@on(*ROWS)
def bound_append(xs: Any) -> Any:
    out: list[Any] = []
    add = out.append
    for x in xs:
        add(x)
    return len(out)


@on(*ROWS)
def filled_by_a_helper(xs: Any) -> Any:
    def fill(items: list[Any]) -> None:
        for x in xs:
            items.append(x)  # noqa: PERF402

    out: list[Any] = []
    fill(out)
    return len(out)


@on(*ROWS)
def list_started_again(xs: Any) -> Any:
    run: list[Any] = []
    best = 0
    for x in xs:
        if x < 0:
            run = []
        else:
            run.append(x)
        best = max(best, len(run))
    return best, len(run)


@on((T([1, 5, -2, 7]),), (T([4, 1]),), not_yet="two lists of unknown length joined by `+`")
def lists_joined(xs: Any) -> Any:
    out: list[Any] = []
    for x in xs:
        out.append(x)  # noqa: PERF402
    turned = out[1:] + out[:1]
    return turned[0], turned[-1], len(turned)


@on((T([1, 5, -2, 7]),), (T([4, 1]),))
def list_grown_by_assignment(xs: Any) -> Any:
    out: list[Any] = []
    for x in xs:
        out = [*out, x]
        out += [x * 2]
    return ops.stack(out)


@on((T([1, 5, -2, 7]),), (T([-4, -1]),))
def list_is_the_condition(xs: Any) -> Any:
    out = []
    for x in xs:
        if x > 0:
            out.append(x)
    if not out:
        return xs[0] * 0
    return out[-1]


@on(*ROWS)
def list_of_pairs(xs: Any) -> Any:
    out = []
    for i, x in enumerate(xs):
        out.append((i, x))
    total = 0
    for i, x in out:
        total += i * x
    return total


@on((T([1, 5, -2, 7]),), (T([4]),))
def row_within_row(xs: Any) -> Any:
    out = []
    for a in xs:
        row = []
        for b in xs:
            row.append(a * b)
        out.append(sum(row))
    return ops.stack(out)


@on(*ROWS, raises=True)
def greatest_of_none(xs: Any) -> Any:
    return max([x for x in xs if x > 4])


@on(*ROWS)
def greatest_or_default(xs: Any) -> Any:
    return max((x for x in xs if x > 5), default=-1)


@on(*ROWS, raises=True)
def zip_of_equal_lengths(xs: Any) -> Any:
    total = 0
    for a, b in zip(xs, [1, 2], strict=True):
        total += a * b
    return total


@on(*SIGNS)
def weak_number_chosen(x: Any) -> Any:
    k = 2
    if x > 0:
        k = 3
    return x * k + x**k


@on(
    (T(3.0, "float64"),),
    (T(-2.0, "float64"),),
)
def weak_number_meets_a_double(x: Any) -> Any:
    k = 1.0
    if x > 0:
        k = 0.1
    return x * k


@on((T(3.0), T([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])), (T(-3.0), T([[1.0, 2.0], [3.0, 4.0]])))
def weak_numbers_in_operations(x: Any, y: Any) -> Any:
    n, h = 1, 0.5
    if x > 0:
        n, h = 2, 1.5
    made = [x * n, n * x, x - h, h / x, n / 2 * x, n // 2 * x, n % 2 * x, -n * x, abs(-h) * x]
    made += [divmod(n, 2)[1] * x, min(n, 3) * x, max(h, 1.0) * x, int(h) * x, float(n) * x]
    made += [sum([n, h]) * x, (x > n) | (n < x), y[n - 1][0], ops.sum(y[n - 1 :]), y[0, n - 1]]
    return made


@on((T(3.0), T(4)), (T(-1.0), T(0)), (T(2.0), T(2, "int64")))
def range_meets_a_float(x: Any, n: Any) -> Any:
    total = 0.0
    for i in range(n):
        total += x * i + i / 2
        for j in range(i):
            total += (i * j) * x
    return total


@on(*SIGNS)
def weak_number_after_break(x: Any) -> Any:
    for k in (1, 2, 3):
        if x * k > 5:
            break
    return x * k


@on(*SIGNS)
def weak_counter_in_arithmetic(x: Any) -> Any:
    k = 0
    while k < 5:
        k += 1
        if x > 4:
            break
        x = x + k
    return x, k


@on((T(3, "int64"),), (T(0, "int64"),))
def counts_to_a_long(n: Any) -> Any:
    i = total = 0
    while i < n:
        total += i
        i += 1
    return total + n


@on((T([1.0, 2.0], "float64"),), (T([], "float64"),))
def doubles_summed(xs: Any) -> Any:
    total = 0.0
    for x in xs:
        total += x
    return total + ops.sum(xs)


@on(*SIGNS)
def written_by_setattr(x: Any) -> Any:
    bag = Bag()
    if x > 0:
        setattr(bag, "count", x)  # noqa: B010
    return bag.count


@on(*SIGNS)
def counter_in_one_arm(x: Any) -> Any:
    seen: Counter[str] = Counter()
    if x > 0:
        seen["positive"] += 1
    return seen["positive"]


@on(*SIGNS)
def deque_read_in_arms(x: Any) -> Any:
    last = deque([x, x + 1.0], maxlen=2)
    return last[0] if x > 0 else last[-1]


@on(*SIGNS)
def one_of_two_records(x: Any) -> Any:
    a, b = Bag(), Bag()
    chosen = a if x > 0 else b
    chosen.count = 5
    return a.count, b.count


@on(*SIGNS, raises=True)
def value_in_a_message(x: Any) -> Any:
    if x < 0:
        raise ValueError(f"{x:.1f} is negative")
    return x


@on(*ROWS, raises=True)
def falls_off_to_an_assertion(xs: Any) -> Any:
    for x in xs:
        if x > 4:
            return x
    raise AssertionError("none is above four")


@on(*SIGNS)
def suppressed(x: Any) -> Any:
    y = x
    with suppress(KeyError):
        if x > 0:
            with suppress(ValueError):
                y = x * 2
        else:
            y = -x
        if y > 5:
            return y
    return y + 1


@on(*COUNTS)
def finally_in_a_loop(n: Any) -> Any:
    total = 0
    for i in range(n):
        try:
            if i == 2:
                continue
            if i == 7:
                break
            total += i
        finally:
            total += 100
    return total


@on(*COUNTS)
def primes_counted(n: Any) -> Any:
    count = 0
    for i in range(2, n + 2):
        for d in range(2, i):
            if i % d == 0:
                break
        else:
            count += 1
    return count


@on(*COUNTS)
def python_loop_within(n: Any) -> Any:
    total = 0
    for i in range(n):
        for k in (1, 2, 3):
            if i * k > 5:
                return total, i, k
            if i == 2:
                continue
            total += i * k
    return total, -1, -1


@on((T([1.0, 2.0, 3.0]),), (T([-1.0, 2.0, -3.0]),), differentiable=True)
def nested_loops_with_gradient(xs: Any) -> Any:
    total = 0.0
    for x in xs:
        for y in xs:
            if x * y < 0:
                continue
            total += x * y * y
            if total > 20:
                return total
    return total * 2


@on(*SIGNS)
def wrapped_by_a_decorator(x: Any) -> Any:
    def doubled(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*values: Any, **options: Any) -> Any:
            result = function(*values, **options)
            return result * 2.0 if values[0] > 0 else result

        return wrapper

    @doubled
    def shifted(v: Any, by: float = 1.0) -> Any:
        return v + by if v < 2 else v - by

    return shifted(x) + shifted(x, by=3.0)


@on(*COUNTS)
def queue_of_work(n: Any) -> Any:
    """The list grows and shrinks as the loop reads it."""
    work = [n]
    steps = 0
    while work:
        k = work.pop()
        steps += 1
        if k > 1:
            work.append(k - 2)
    return steps


@on(
    *((T(1.0), T(b), T(s)) for b in (1.0, -1.0) for s in (0.5, -1.0, 2.0, 6.0)),
    backends=("tensorflow", "torch"),
)
def appended_before_and_after_a_return(a: Any, b: Any, s: Any) -> Any:
    out = []
    if s > 5:
        a = a * 2
    else:
        if b > 0:
            out.append(a)
        if s < 0:
            return a * 0
        out.append(a * 10)
    return a + len(out)
