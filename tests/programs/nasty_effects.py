"""Programs of every form of the language: writes to containers, attributes, variables."""

from __future__ import annotations

import collections
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-2.5),), (T(20.0),))


class Holder:
    def __init__(self) -> Any:
        self.count = 0
        self.items = []
        self.d = {}
        self.v = None

    def push(self, v: Any) -> Any:
        self.items.append(v)

    def pop(self) -> Any:
        return self.items.pop()


@on(*VALUES)
def effect_stack(x: Any) -> Any:
    s = Holder()
    s.push(x)
    s.push(x * 2)
    if x > 0:
        s.pop()
    else:
        s.items[-1] = x * 5
    return s.items[0] + len(s.items)


@on(*VALUES)
def effect_dictupdate(x: Any) -> Any:
    d = {"a": x, "b": x * 0}
    if x > 0:
        d.update(a=x * 2, b=x)
    else:
        d["b"] = -x
    return d["a"] + d["b"]


@on(*VALUES)
def effect_deque(x: Any) -> Any:
    q = collections.deque([x, x + 1, x + 2], maxlen=3)
    if x > 0:
        q.append(x * 10)
    else:
        q.rotate(1)
    return q[0] + q[2] * 2


@on(*VALUES)
def effect_swap(x: Any) -> Any:
    a, b = ([x], [x * 2])
    if x > 0:
        a, b = (b, a)
    a.append(x)
    return a[0] - b[0]


@on(*VALUES)
def effect_alias(x: Any) -> Any:
    a = [x]
    b = a
    if x > 0:
        b.append(x * 3)
    else:
        b.append(x * 4)
    return a[1]


@on(*VALUES)
def effect_nonlocal(x: Any) -> Any:
    n = x * 0

    def add(k: Any) -> Any:
        nonlocal n
        if k > 0:
            n = n + k
        else:
            n = n - 1

    for k in (x, x - 5, -x):
        add(k)
    return n


G = 0.0


@on(*VALUES)
def effect_global(x: Any) -> Any:
    global G
    G = x * 0
    if x > 0:
        G = G + x
    return G


@on(*VALUES)
def effect_sliceassign(x: Any) -> Any:
    values = [x, x, x]
    if x > 0:
        values[1:] = [x * 2, x * 3]
    return values[0] + values[1] + values[2]


@on(*VALUES)
def effect_del(x: Any) -> Any:
    values = [x, x * 2, x * 3]
    y = x
    if x > 0:
        del values[0]
        z = values[0]
        del y
        y = x
    else:
        z = values[2]
        values.pop()
    return z + len(values)


@on(*VALUES)
def effect_setadd(x: Any) -> Any:
    s = {1, 2}
    if x > 0:
        k = x
    else:
        k = -x
    s.add(3)
    return k + len(s)


@on(*VALUES)
def effect_tuple_unpack(x: Any) -> Any:
    a, *b = (x, x + 1, x + 2)
    if x > 0:
        (a, b[0]), c = ((b[0], a), 1.0)
    else:
        c = 2.0
    return a + b[0] * 2 + c


@on(*VALUES)
def effect_augitem(x: Any) -> Any:
    d = collections.defaultdict(lambda: x * 0)
    for k in ("a", "b", "a"):
        if x > 1:
            d[k] += x
        else:
            d[k] -= 1
    return d["a"] + d["b"]


@on(*VALUES)
def effect_counter(x: Any) -> Any:
    c = collections.Counter()
    c["a"] += 1
    if x > 0:
        c["a"] += 2
    return c["a"] * x


@on(*VALUES)
def effect_while_attr(x: Any) -> Any:
    s = Holder()
    s.v = x
    while s.v < 10 and s.v > -10:
        s.v = s.v * 2
        s.count += 1
    return s.v + s.count


@on(*VALUES)
def effect_listcomp_eff(x: Any) -> Any:
    out = []
    [out.append(v) for v in (x, x + 1) if v is not None]
    return out[0] + out[1]


@on(*VALUES)
def effect_nested_list(x: Any) -> Any:
    m = [[x, x], [x * 2, x]]
    for i in range(2):
        for j in range(2):
            if m[i][j] > 1:
                m[i][j] = m[i][j] * 2
    return m[0][0] + m[1][0]


@on(*VALUES)
def effect_of_a_number_in_a_range(x: Any) -> Any:
    found = 0.0
    for numbers in (range(2, 30), range(30, 0, -2), range(0)):
        if x in numbers:
            found = found + 1.0
        if x not in numbers:
            found = found + 10.0
    return found


@on((T(3.0),), (T(-1.0),))
def of_the_class_or_its_own(x: Any) -> Any:
    """One path writes the class's attribute, the other the object's."""

    class Rated:
        rate = 1.0

    first, second = Rated(), Rated()
    if x > 0:
        Rated.rate = 5.0
    else:
        first.rate = 2.0
    return x * first.rate + second.rate


# Tests of loops that change what they ask


@on(*VALUES)
def effect_of_a_test(x: Any) -> Any:
    held = Holder()
    held.count = x * 0

    def more() -> Any:
        held.count = held.count + 1
        return held.count < x

    while more():
        held.count = held.count * 1
    return held.count


@on(*VALUES)
def effect_of_the_first_of_two_tests(x: Any) -> Any:
    held = Holder()
    held.count = x * 0

    def more() -> Any:
        held.count = held.count + 1
        return held.count < x

    while more() and held.count < 12:
        held.count = held.count * 1
    return held.count


@on(*VALUES)
def effect_of_the_second_of_two_tests(x: Any) -> Any:
    held = Holder()
    held.count = x * 0

    def more() -> Any:
        held.count = held.count + 1
        return held.count < x

    while held.count < 50 and more():
        if held.count > 7:
            break
    else:
        held.count = held.count + 1000
    return held.count


@on(*VALUES)
def effect_of_a_test_on_a_list(x: Any) -> Any:
    seen = [x * 0]

    def more() -> Any:
        seen.append(seen[-1] + 1)
        return seen[-1] < x

    while more():
        x = x - 0.25
    return x
