"""Programs on tensors whose state is hard: types that change, trees, names without a value."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

from programs.nasty import on
from programs.ops import T, ops

SIGNS = ((T(3.0),), (T(-2.0),), (T(0.0),))
COUNTS = ((T(0),), (T(1),), (T(4),), (T(9),))
SOME = ((T(1),), (T(4),), (T(9),))
ROWS = ((T([1, 5, -2, 7]),), (T([-1, -1]),), (T([9]),))

Point = namedtuple("Point", ["x", "y"])
written = 0


@dataclass
class Account:
    """A mutable record."""

    balance: Any
    moves: Any = 0

    def deposit(self, amount: Any) -> Any:
        if amount > 0:
            self.balance = self.balance + amount
            self.moves += 1
            return self.balance
        return amount


@on(*ROWS)
def loop_variable_after_loop(xs: Any) -> Any:
    for v in xs:
        last = v
    return last, v


@on(*SOME)
def first_defined_in_body(n: Any) -> Any:
    i = 0
    while i < n:
        i += 1
        double = i * 2
    return double


@on(*SIGNS)
def undefined_but_unread(x: Any) -> Any:
    if x > 0:
        y = x * 2.0
        x = y + 1.0
    return x


@on(*SIGNS)
def defined_where_read(x: Any) -> Any:
    if x > 0:
        y = x * 2.0
    z = x
    if x > 0:
        y = x + 1.0
    else:
        y = z
    return y


@on(*SIGNS)
def deleted_in_one_arm(x: Any) -> Any:
    y = x + 1.0
    if x > 0:
        x = y
        del y
    else:
        x = y * 2.0
    return x


@on(*COUNTS, widens=True)
def int_becomes_float(n: Any) -> Any:
    s = 0
    for _ in range(n):
        s += 0.5
    return s


@on((T([1.5, 2.5]),), (T([4.0]),))
def int_meets_float_tensor(xs: Any) -> Any:
    total = 0
    best = 0
    for x in xs:
        total += x
        if x > best:
            best = x
    return total, best


@on(*SIGNS)
def python_number_in_one_arm(x: Any) -> Any:
    y = 1
    if x > 0:
        y = x
    return y * 2.0


@on((T([1.0]), T(1)), (T([1.0, 2.0]), T(3)), (T([5.0]), T(0)))
def growing_shape(xs: Any, n: Any) -> Any:
    i = 0
    while i < n:
        xs = ops.concat([xs, xs[-1:] * 2.0], 0)
        i += 1
    return xs


@on((T([1.0, 2.0]),), (T([-1.0, -2.0]),))
def shapes_differ_by_arm(xs: Any) -> Any:
    if ops.sum(xs) > 0:
        ys = ops.concat([xs, xs], 0)
    else:
        ys = xs
    return ys * 2.0


@on(*SIGNS)
def tuple_state(x: Any) -> Any:
    pair = (x, 1.0)
    if x > 0:
        pair = (pair[1], pair[0] * 2.0)
    a, b = pair
    return a - b, pair


@on(*COUNTS)
def tuple_state_in_loop(n: Any) -> Any:
    pair = (0, (1, 2))
    for i in range(n):
        a, (b, c) = pair
        pair = (b, (c, a + b + i))
    return pair


@on(*COUNTS)
def dict_state(n: Any) -> Any:
    state = {"a": 0, "b": 1}
    i = 0
    while i < n:
        state = {"a": state["b"], "b": state["a"] + state["b"]}
        i += 1
    return state


@on(*COUNTS)
def dict_items_written(n: Any) -> Any:
    state = {"sum": 0, "odd": 0}
    for i in range(n):
        state["sum"] += i
        if i % 2 == 1:
            state["odd"] += 1
    return state["sum"], state["odd"]


@on(*SIGNS)
def dict_item_in_one_arm(x: Any) -> Any:
    state = {"value": x, "name": "kept"}
    if x > 0:
        state["value"] = x * 2.0
    return state["value"], state["name"]


@on(*COUNTS)
def list_items_written(n: Any) -> Any:
    cells = [0, 0, 0]
    for i in range(n):
        cells[0] = cells[1]
        cells[1] = cells[2] + i
        cells[2] += 1
    return cells


@on(*COUNTS)
def namedtuple_state(n: Any) -> Any:
    p = Point(0, 1)
    for i in range(n):
        p = Point(p.y, p.x + i) if i % 2 == 0 else p._replace(x=i)
    return p


@on(*COUNTS)
def dataclass_state(n: Any) -> Any:
    account = Account(0)
    for i in range(n):
        account = Account(account.balance + i, account.moves + 1)
    return account.balance, account.moves


@on(*SIGNS)
def attributes_written(x: Any) -> Any:
    account = Account(10.0)
    if x > 0:
        account.balance = account.balance + x
        account.moves += 1
    return account.balance, account.moves


@on(*ROWS)
def attributes_written_in_loop(xs: Any) -> Any:
    account = Account(0)
    for x in xs:
        account.deposit(x)
    return account.balance, account.moves


@on(*SIGNS)
def none_unless(x: Any) -> Any:
    y = None
    if x is not None:
        y = x * 2.0
    if y is None:
        return x
    return y


@on(*SIGNS)
def none_on_both_sides(x: Any) -> Any:
    state = (x, None)
    if x > 0:
        state = (x * 2.0, None)
    return state


@on(*SIGNS)
def none_beside_in_loop(x: Any) -> Any:
    state = (x, None, "label")
    while state[0] < 5:
        state = (state[0] + 2.0, state[1], state[2])
    return state


@on(*SIGNS)
def same_object_on_both_paths(x: Any) -> Any:
    mode = "train"
    if x > 0:
        x = x + 1.0
        mode = "train"
    return x, mode


@on(*SIGNS)
def global_written(x: Any) -> Any:
    global written
    written = 0
    if x > 0:
        written = x
    result = written + 1.0
    written = 0
    return result


@on(*SIGNS)
def nonlocal_written(x: Any) -> Any:
    total = 0.0

    def add(amount: Any) -> None:
        nonlocal total
        if amount > 0:
            total += amount

    add(x)
    add(x * -1.0)
    add(2.0)
    return total


@on(*COUNTS)
def nonlocal_written_in_loop(n: Any) -> Any:
    count = 0

    def step(i: Any) -> Any:
        nonlocal count
        if i % 2 == 0:
            count += 1
        return count

    total = 0
    for i in range(n):
        total += step(i)
    return total, count


@on(*ROWS)
def list_appended_and_stacked(xs: Any) -> Any:
    out = []
    for x in xs:
        out.append(x * x)
    return ops.stack(out)


@on(*ROWS)
def list_appended_in_one_arm(xs: Any) -> Any:
    out = []
    for x in xs:
        if x > -5:
            out.append(x)
    return ops.stack(out), len(out)


@on((T([1, 5, -2, 7]),), (T([4, -1]),), (T([9]),))
def list_filtered(xs: Any) -> Any:
    out = []
    for x in xs:
        if x > 0:
            out.append(x + 1)
    return ops.stack(out), len(out), out[0], out[-1]


@on((T([1, 5, -2, 7]),), (T([4, -1]),), (T([9]),))
def list_iterated_after(xs: Any) -> Any:
    out = []
    for x in xs:
        if x > 0:
            out.append(x)
    total = 0
    for y in out:
        total = total * 10 + y
    return total


@on(*SOME, backends=("numpy", "tensorflow"))  # PyTorch stacks tensors only
def list_made_before_loop(n: Any) -> Any:
    out = [n]
    for i in range(n):
        out.append(i)
    return ops.stack(out)


@on(*SOME)
def list_read_while_it_grows(n: Any) -> Any:
    fib = [n * 0 + 1, n * 0 + 1]
    i = 0
    while i < n:
        fib.append(fib[-1] + fib[-2])
        i += 1
    return fib[-1], len(fib)


@on(*SOME, backends=("numpy", "tensorflow"))  # PyTorch stacks tensors only
def two_lists(n: Any) -> Any:
    evens, odds = [], []
    for i in range(n * 2):
        if i % 2 == 0:
            evens.append(i)
        else:
            odds.append(i)
    return ops.stack(evens), ops.stack(odds)


@on((T([[1.0, 2.0], [3.0, 4.0]]),), (T([[1.0]]),))
def list_of_rows(rows: Any) -> Any:
    out = []
    for row in rows:
        out.append(row * 2.0)
    return ops.stack(out)


@on(*SIGNS)
def python_list_kept(x: Any) -> Any:
    out = []
    for factor in (1.0, 2.0, 3.0):
        if x > 0:
            y = x * factor
        else:
            y = x - factor
        out.append(y)
    return out


@on(*SIGNS)
def swap_in_one_arm(x: Any) -> Any:
    a, b = x, 1.0
    if a > b:
        a, b = b, a
    return a, b


@on(*COUNTS)
def parallel_assignment(n: Any) -> Any:
    a, b, c = 0, 1, 2
    while a < n:
        a, b, c = b, c, a + b + c
    return a, b, c


@on(*COUNTS)
def starred(n: Any) -> Any:
    first, *rest = 1, 2, 3
    if n > 3:
        first, *rest = rest[0], n, first
    return first, rest


@on(*COUNTS)
def bool_flag(n: Any) -> Any:
    found = False
    i = 0
    while not found and i < 20:
        if i * i >= n:
            found = True
        else:
            i += 1
    return found, i


@on(*COUNTS)
def walrus_in_test(n: Any) -> Any:
    i = ops.constant(0)
    while (square := i * i) < n:
        i += 1
    return i, square


@on(*SIGNS)
def augmented_everywhere(x: Any) -> Any:
    y = x
    if x > 0:
        y += 1.0
        y *= 2.0
        y -= x
        y /= 4.0
        y **= 2
    else:
        y //= 2.0
        y %= 3.0
    return y


@on((T([1, 2, 3]), T(1)), (T([1, 2, 3]), T(0)), (T([4, 5, 6]), T(2)))
def index_by_tensor(xs: Any, i: Any) -> Any:
    if i > 0:
        return xs[i] + xs[i - 1]
    return xs[i]


@on((T(9),), (T(0),))
def counted_bools(n: Any) -> Any:
    """Python adds up bools as integers."""
    both, times, less = 0, 0.0, 0
    for i in range(n):
        both = (i > 2) + (i > 0)
        times += (i % 2 == 0) * 1.5
        less = less - (-(i > 2)) + sum([i > 1, i > 2])
    return both * 100 + less + times


@on((T(3.0),), (T(-1.0),))
def numbers_have_types(x: Any) -> Any:
    k, flag, share = 1, False, 0.5
    if x > 0:
        k, flag, share = 2, True, 0.25
    told = [isinstance(k, int), isinstance(flag, bool), isinstance(share, float), type(k) is int,
            isinstance(share, int), isinstance(flag, int), type(flag) is int]  # fmt: skip
    return x * sum(2**i for i, true in enumerate(told) if true)


@on((T(3.0),), (T(-1.0),))
def casts_have_types(x: Any) -> Any:
    told = [isinstance(float(x), float), isinstance(int(x), int), isinstance(bool(x > 0), bool)]
    return x * sum(told)


@on((T([1.0, 2.0]),), (T([5.0, -2.0]),))
def unpacked_list(xs: Any) -> Any:
    doubled = [v * 2 for v in xs]
    first, second = doubled
    return first - second


@on((T(3.0),), (T(-1.0),))
def maybe_none_type(x: Any) -> Any:
    found = None
    if x > 0:
        found = x
    return x * 2 if isinstance(found, type(None)) else x * 3


@on((T(3.0),), (T(-1.0),))
def filtered_dict(x: Any) -> Any:
    named = {k: v for k, v in (("a", x), ("b", -x)) if v is not None}
    return named["a"] - named["b"] * 2


@on((T(0),), (T(2),), (T(-1),), (T(3),), (T(-4),), raises=True)
def set_by_tensor(i: Any) -> Any:
    numbers = [1.0, 2.0, 3.0]
    numbers[i] = 9.0
    return numbers


@on((T([0, 1, 1]),), (T([2, 2, 2]),))
def counts_by_tensor(xs: Any) -> Any:
    counts = [0, 0, 0]
    for value in xs:
        counts[value] += 1
    return counts


@on(*COUNTS)
def counts_in_turn(n: Any) -> Any:
    counts = [0, 0, 0]
    for i in range(n):
        counts[i % 3] += 1
    return counts


@on((T(0),), (T(1),), (T(-1),))
def set_by_tensor_on_one_path(i: Any) -> Any:
    held = [1.0, 2.0, 3.0]
    same = held
    if i > 0:
        held[i] = held[i] * 2
    else:
        held[i] = 7.0
    return same, same[0] + held[1]
