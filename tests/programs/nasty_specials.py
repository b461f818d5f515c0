"""Programs that reach code without a call expression: operators, properties, `with`, callbacks."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import operator
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-2.5),), (T(20.0),))
ROWS = ((T([3.0, -2.5, 1.0]),), (T([-20.0, 20.0]),))


class Value:
    def __init__(self, a: Any) -> Any:
        if a > 10:
            a = a * 0 + 10
        self.a = a

    def __add__(self, o: Any) -> Any:
        if self.a > o.a:
            return Value(self.a - o.a)
        return Value(self.a + o.a)

    def __eq__(self, o: Any) -> Any:
        return self.a == o.a

    __hash__ = None

    def __lt__(self, o: Any) -> Any:
        if self.a > 0:
            return self.a < o.a
        return self.a > o.a

    def __getitem__(self, k: Any) -> Any:
        if self.a > k:
            return self.a * k
        return self.a + k

    def __setitem__(self, k: Any, v: Any) -> Any:
        if self.a > 0:
            self.a = self.a * k + v

    def __contains__(self, v: Any) -> Any:
        if v > 0:
            return self.a == v
        return self.a == -v

    def __call__(self, x: Any) -> Any:
        return x if x > self.a else self.a

    def __neg__(self) -> Any:
        return Value(-self.a) if self.a > 0 else self

    def __iadd__(self, n: Any) -> Any:
        if self.a > 0:
            self.a = self.a + n
        else:
            self.a = self.a - n
        return self

    @property
    def sign(self) -> Any:
        if self.a > 0:
            return 1.0
        elif self.a < 0:
            return -1.0
        return 0.0

    @property
    def level(self) -> Any:
        return self._level

    @level.setter
    def level(self, v: Any) -> Any:
        if v > 2:
            self._level = v * 0 + 2
        else:
            self._level = v

    def __getattr__(self, name: Any) -> Any:
        if name == "twice":
            return self.a * 2 if self.a > 0 else self.a
        raise AttributeError(name)

    def __enter__(self) -> Any:
        if self.a > 0:
            self.a = self.a + 1
        return self

    def __exit__(self, *e: Any) -> Any:
        if self.a < 0:
            self.a = self.a - 1

    def __iter__(self) -> Any:
        for i in range(3):
            if i == 1 and False:
                continue
            yield (self.a * i)

    def __len__(self) -> Any:
        return 3 if self.a > 0 else 2

    @staticmethod
    def clip(x: Any) -> Any:
        return x if x < 3 else x * 0 + 3

    @classmethod
    def make(cls, x: Any) -> Any:
        return cls(x) if x > 0 else cls(-x)

    @functools.cached_property
    def lazy(self) -> Any:
        return self.a * 5 if self.a > 1 else self.a


class Shifted:
    def __get__(self, obj: Any, owner: Any) -> Any:
        return obj.a + 1 if obj.a > 0 else obj.a - 1

    def __set__(self, obj: Any, v: Any) -> Any:
        obj.a = v if v > 0 else -v


class Kept(Value):
    d = Shifted()

    def __init__(self, a: Any) -> Any:
        super().__init__(a)
        self.k = 1.0 if a > 0 else 2.0


@dataclasses.dataclass
class Record:
    a: object
    b: object = 0.0

    def __post_init__(self) -> Any:
        if self.a > 0:
            self.b = self.a * 2

    def total(self) -> Any:
        return self.a + self.b


class Flag:
    def __init__(self, a: Any) -> Any:
        self.a = a

    def __bool__(self) -> Any:
        return bool(self.a > 0)


@on(*VALUES)
def specials_init(x: Any) -> Any:
    return Value(x).a


@on(*VALUES)
def specials_add(x: Any) -> Any:
    return (Value(x) + Value(x * 0 + 1)).a


@on(*VALUES)
def specials_eq(x: Any) -> Any:
    return 1.0 if Value(x) == Value(x * 0 + 3) else 2.0


@on(*VALUES)
def specials_lt(x: Any) -> Any:
    return 1.0 if Value(x) < Value(x * 0 + 5) else 2.0


@on(*VALUES)
def specials_getitem(x: Any) -> Any:
    return Value(x)[2]


@on(*VALUES)
def specials_setitem(x: Any) -> Any:
    v = Value(x)
    v[2] = 1
    return v.a


@on(*VALUES)
def specials_contains(x: Any) -> Any:
    return 1.0 if x * 0 + 3 in Value(x) else 2.0


@on(*VALUES)
def specials_notin(x: Any) -> Any:
    return 1.0 if x * 0 + 3 not in Value(x) else 2.0


@on(*VALUES)
def specials_call(x: Any) -> Any:
    return Value(x)(x * 0 + 1)


@on(*VALUES, not_yet="a choice between two Python objects")
def specials_neg(x: Any) -> Any:
    return (-Value(x)).a


@on(*VALUES)
def specials_iadd(x: Any) -> Any:
    v = Value(x)
    if x > 1:
        v += 2
    return v.a


@on(*VALUES)
def specials_prop(x: Any) -> Any:
    return Value(x).sign


@on(*VALUES)
def specials_setprop(x: Any) -> Any:
    v = Value(x)
    v.level = x
    if x > 1:
        v.level = x * 3
    return v.level


@on(*VALUES)
def specials_getattr(x: Any) -> Any:
    return Value(x).twice


@on(*VALUES)
def specials_with(x: Any) -> Any:
    v = Value(x)
    with v:
        y = v.a * 2
    return y + v.a


@on(*VALUES)
def specials_with_in_if(x: Any) -> Any:
    v = Value(x)
    if x > 0:
        with v:
            y = v.a * 2
    else:
        y = x
    return y + v.a


@on(*VALUES)
def specials_iter(x: Any) -> Any:
    s = x
    for w in Value(x):
        s = s + w
    return s


@on(*VALUES)
def specials_len(x: Any) -> Any:
    return len(Value(x)) * 1.0


@on(*VALUES)
def specials_static(x: Any) -> Any:
    return Value.clip(x) + Value(x).clip(x)


@on(*VALUES)
def specials_class(x: Any) -> Any:
    return Value.make(x).a


@on(*VALUES)
def specials_cached(x: Any) -> Any:
    return Value(x).lazy


@on(*VALUES)
def specials_desc(x: Any) -> Any:
    w = Kept(x)
    if x > 1:
        w.d = x - 5
    return w.d + w.k


@on(*VALUES)
def specials_dc(x: Any) -> Any:
    return Record(x).total()


@on(*VALUES)
def specials_bool(x: Any) -> Any:
    return 1.0 if Flag(x) else 2.0


@on(*VALUES)
def specials_boolnot(x: Any) -> Any:
    return 1.0 if not Flag(x) else 2.0


@on(*VALUES)
def specials_booland(x: Any) -> Any:
    return 1.0 if Flag(x) and x > 1 else 2.0


@on(*VALUES)
def specials_reduce(x: Any) -> Any:
    return functools.reduce(lambda a, b: a + b if a > b else a - b, [x, x + 1, x - 2])


@on(*VALUES)
def specials_sorted(x: Any) -> Any:
    return sorted([x, x * 2, x - 3], key=lambda v: v if v > 0 else -v * 10)[0]


@on(*VALUES)
def specials_min(x: Any) -> Any:
    return min([x, x * 2, x - 3], key=lambda v: v if v > 0 else -v * 10)


@on(*ROWS)
def specials_maxkey(xs: Any) -> Any:
    return max(xs, key=lambda v: v if v > 0 else -v * 10)


@on(*VALUES)
def specials_map(x: Any) -> Any:
    return sum(map(lambda v: v if v > 0 else -v, [x, x - 1]))


@on(*VALUES)
def specials_filter(x: Any) -> Any:
    return sum(list(filter(lambda v: v > 0, [x, x - 1, x + 10])))


@on(*VALUES)
def specials_partial(x: Any) -> Any:
    return functools.partial(lambda a, b: a if a > b else b, x)(1.0)


@on(*VALUES)
def specials_methodcaller(x: Any) -> Any:
    return operator.methodcaller("make", x)(Value).a


@contextlib.contextmanager
def ctx(v: Any) -> Any:
    if v > 0:
        y = v * 2
    else:
        y = v
    yield y


@on(*VALUES)
def specials_ctxmgr(x: Any) -> Any:
    with ctx(x) as y:
        return y + 1


@on(*VALUES)
def specials_any(x: Any) -> Any:
    return 1.0 if any(v > 0 for v in [x, x - 5]) else 2.0


@on(*VALUES)
def specials_allgen(x: Any) -> Any:
    return 1.0 if all(v > 0 for v in [x, x + 5]) else 2.0


@on(*VALUES)
def specials_inlist(x: Any) -> Any:
    return 1.0 if x in [1.0, 3.0] else 2.0


@on(*VALUES)
def specials_tuplecmp(x: Any) -> Any:
    return 1.0 if (x, 1) == (x * 0 + 3, 1) else 2.0


@on(*VALUES)
def specials_tuplelt(x: Any) -> Any:
    return 1.0 if (x, 1) < (x * 0 + 3, 2) else 2.0


@on(*VALUES[:1])
def specials_listindex(x: Any) -> Any:
    return [1, 2, 3].index(x) * 1.0


@on(*VALUES)
def specials_count(x: Any) -> Any:
    return [1.0, 3.0, 3.0].count(x) * 1.0


@on(*VALUES)
def specials_super(x: Any) -> Any:
    return Kept(x).k + Kept(x).a


class Positive(type):
    def __call__(cls, x: Any) -> Any:
        return super().__call__(x if x > 0 else -x)


class Made(metaclass=Positive):
    def __init__(self, x: Any) -> Any:
        self.x = x


@on(*VALUES)
def specials_meta(x: Any) -> Any:
    return Made(x).x


class Halved:
    def __new__(cls, x: Any) -> Any:
        o = object.__new__(cls)
        o.y = x if x > 0 else -x
        return o


@on(*VALUES)
def specials_new(x: Any) -> Any:
    return Halved(x).y


@on(*VALUES)
def specials_setdefault(x: Any) -> Any:
    d = {}
    if x > 0:
        d.setdefault("a", []).append(x)
    else:
        d.setdefault("a", []).append(-x)
    return d["a"][0]
