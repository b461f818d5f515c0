"""Programs of every form of the language: generators, `match`, decorators, recursion."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-2.5),), (T(20.0),))


@on(*VALUES)
def form_gen(x: Any) -> Any:

    def gen(n: Any) -> Any:
        for i in range(3):
            if n > i:
                yield (n * i)
            else:
                yield (n - i)

    return sum(gen(x))


@on(*VALUES)
def form_gen2(x: Any) -> Any:

    def gen() -> Any:
        v = x
        while True:
            v = v * 2 if v > 0 else v + 1
            yield v

    g = gen()
    return next(g) + next(g)


@on(*VALUES)
def form_send(x: Any) -> Any:

    def acc() -> Any:
        t = x * 0
        while True:
            v = yield t
            if v > 0:
                t = t + v
            else:
                t = t - 1

    a = acc()
    next(a)
    a.send(x)
    return a.send(x * 2)


@on(*VALUES)
def form_yieldfrom(x: Any) -> Any:

    def inner() -> Any:
        yield (x if x > 0 else -x)
        yield x

    def outer() -> Any:
        yield from inner()

    return sum(outer())


@on(*VALUES)
def form_genexp(x: Any) -> Any:
    return sum(v * 2 for v in (x, x + 1, x - 3) if v > 0)


@on(*VALUES)
def form_dictcomp(x: Any) -> Any:
    d = {k: v if v > 0 else -v for k, v in {"a": x, "b": x - 1}.items()}
    return d["a"] + d["b"]


@on(*VALUES)
def form_setlen(x: Any) -> Any:
    return len({k for k in ("a", "b")}) * x


@on(*VALUES)
def form_match(x: Any) -> Any:
    match ("op", x):
        case ["op", v] if v > 0:
            return v
        case ["op", v]:
            return -v
        case _:
            return x * 0


@on(*VALUES)
def form_match_cls(x: Any) -> Any:

    @dataclasses.dataclass
    class P:
        a: object
        b: object

    match P(x, 1):
        case P(a=a, b=1) if a > 2:
            return a * 2
        case P(a=a):
            return a


@on(*VALUES)
def form_walrus(x: Any) -> Any:
    if (y := (x * 2)) > 3:
        return y
    return y + 1


@on(*VALUES)
def form_starargs(x: Any) -> Any:

    def f(a: Any, *args: Any, k: Any = 1.0, **kw: Any) -> Any:
        return a + sum(args) * k + sum(kw.values()) if a > 0 else a - sum(args)

    return f(x, *[x, 1.0], k=2.0, **{"z": x})


@on(*VALUES)
def form_decor(x: Any) -> Any:

    def deco(f: Any) -> Any:

        @functools.wraps(f)
        def w(*a: Any) -> Any:
            r = f(*a)
            return r if r > 0 else -r

        return w

    @deco
    def h(v: Any) -> Any:
        return v * 2 if v < 1 else v

    return h(x)


class Base:
    def f(self, x: Any) -> Any:
        return x if x > 0 else x * 2


class Derived(Base):
    def f(self, x: Any) -> Any:
        return super().f(x) + (1.0 if x > 1 else 2.0)


@on(*VALUES)
def form_super(x: Any) -> Any:
    return Derived().f(x)


@on(*VALUES)
def form_rec(x: Any) -> Any:

    def fact(n: Any) -> Any:
        return 1.0 if n <= 1 else n * fact(n - 1)

    return fact(4) * (x if x > 0 else -x)


@on(*VALUES)
def form_lambda_default(x: Any) -> Any:
    fs = [lambda v, i=i: v + i if v > 0 else v - i for i in range(3)]
    return sum(f(x) for f in fs)


@on(*VALUES)
def form_zip_longest(x: Any) -> Any:
    t = x * 0
    for a, b in itertools.zip_longest([x, x + 1], [1.0], fillvalue=2.0):
        t = t + (a * b if a > 0 else b)
    return t


@on(*VALUES)
def form_accumulate(x: Any) -> Any:
    return list(itertools.accumulate([x, x - 1, x + 2], lambda a, b: a + b if b > 0 else a - b))[-1]


@on(*VALUES)
def form_chain(x: Any) -> Any:
    return sum(v if v > 0 else -v for v in itertools.chain([x], [x - 1]))


@on(*VALUES)
def form_async(x: Any) -> Any:

    async def f() -> Any:
        return x if x > 0 else -x

    c = f()
    try:
        c.send(None)
    except StopIteration as s:
        return s.value


@on(*VALUES)
def form_enumerate_dict(x: Any) -> Any:
    t = x * 0
    for i, (k, v) in enumerate({"a": x, "b": -x}.items()):
        if v > 0:
            t = t + v * (i + 1)
    return t


@on(*VALUES)
def form_ternary_chain(x: Any) -> Any:
    return 1.0 if x > 10 else 2.0 if x > 0 else 3.0 if x > -1 else 4.0


@on(*VALUES)
def form_cmp_chain(x: Any) -> Any:
    return 1.0 if -3 < x < 5 else 2.0


@on(*VALUES, widens=True)
def form_boolval(x: Any) -> Any:
    y = x > 0 and x * 2
    return y if y is not False else x


@on(*VALUES)
def form_or_default(x: Any) -> Any:
    return x > 100 and x or x * 3


@on(*VALUES)
def form_sum_start(x: Any) -> Any:
    return sum([x, x], x)


@on(*VALUES)
def form_isinstance(x: Any) -> Any:
    return x if isinstance(x, type(x)) and x > 0 else -x


@on(*VALUES)
def form_type_dispatch(x: Any) -> Any:
    return {True: lambda: x, False: lambda: -x}[len([1]) == 1]()


@on(*VALUES)
def form_strkey(x: Any) -> Any:
    return {"relu": lambda v: v if v > 0 else v * 0}["relu"](x)


@on(*VALUES)
def form_tuple_ret(x: Any) -> Any:

    def f(v: Any) -> Any:
        return (v, -v) if v > 0 else (-v, v)

    a, b = f(x)
    return a * 2 + b


@on(*VALUES)
def form_none_ret(x: Any) -> Any:

    def f(v: Any) -> Any:
        if v > 0:
            return v

    r = f(x)
    return r if r is not None else x * 7


@on(*VALUES)
def form_break_nested(x: Any) -> Any:
    t = x
    for i in range(3):
        for j in range(3):
            if t > 50:
                break
            if t < -50:
                return t * 0
            t = t * 2
        else:
            continue
        break
    return t
