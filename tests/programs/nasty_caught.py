"""Programs that catch what they raise themselves under the condition of a tensor."""

from __future__ import annotations

from typing import Any

from programs.nasty import on
from programs.ops import T

NUMBERS = ((T(3.0),), (T(-2.0),), (T(20.0),), (T(7.0),))
PAIRS = ((T(1.0), T(2.0)), (T(-1.0), T(2.0)), (T(-1.0), T(-2.0)), (T(12.0), T(1.0)))
TRIPLES = ((T(1.0), T(2.0), T(3.0)), (T(1.0), T(-2.0), T(3.0)), (T(-1.0), T(2.0), T(3.0)))
ROWS = ((T([1.0, 2.0, 3.0]),), (T([1.0, -2.0, 3.0]),), (T([-1.0, 2.0, 3.0]),))


class Wrong(Exception):
    """A program's own."""


class VeryWrong(Wrong):
    """One of these."""


class Counted:
    """Counts how often it is entered and left, and left by an exception."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Counted:
        self.count += 1
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        self.count += 10 if kind is None else 100


@on(*NUMBERS)
def caught_simple(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("neg")
        y = x * 2
    except ValueError:
        y = x * 0
    return y + 1


@on(*NUMBERS)
def caught_two_kinds(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("neg")
        if x > 10:
            raise KeyError("big")
        y = x * 2
    except ValueError:
        y = x * 0
    except KeyError:
        y = x - 10
    return y + 1


@on(*NUMBERS)
def caught_with_else(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("neg")
        y = x * 2
    except ValueError:
        z = x * 0
    else:
        z = y + 1
    finally:
        w = x + 100
    return z + w


@on(*NUMBERS)
def caught_ret_in_handler(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("neg")
        y = x * 2
    except ValueError:
        return x * 0
    return y + 1


@on(*NUMBERS)
def caught_loop_raise(x: Any) -> Any:
    s = x * 0
    try:
        while s < 100:
            s = s + x * x
            if s > 50:
                raise StopIteration
    except StopIteration:
        s = s * 10
    return s


@on(*ROWS)
def caught_for_raise(xs: Any) -> Any:
    s = xs[0] * 0
    try:
        for v in xs:
            if v < 0:
                raise ValueError
            s = s + v
    except ValueError:
        s = s - 1000
    return s


@on(*ROWS)
def caught_in_loop(xs: Any) -> Any:
    s = xs[0] * 0
    for v in xs:
        try:
            if v < 0:
                raise ValueError
            s = s + v
        except ValueError:
            s = s - 1
    return s


@on(*ROWS)
def caught_in_loop_break(xs: Any) -> Any:
    s = xs[0] * 0
    n = 0
    for v in xs:
        try:
            if v < 0:
                raise ValueError
            s = s + v
        except ValueError:
            break
        n += 1
    return s, n


@on(*NUMBERS)
def caught_nested_try(x: Any) -> Any:
    try:
        try:
            if x < 0:
                raise KeyError
            y = x
        except ValueError:
            y = x * 3
    except KeyError:
        y = x * 5
    return y


@on(*PAIRS)
def caught_nested_if(x: Any, z: Any) -> Any:
    try:
        if x < 0:
            if z > 0:
                raise KeyError
            y = x
        else:
            y = z
    except KeyError:
        y = x * 5
    return y


@on(*NUMBERS)
def caught_own_classes(x: Any) -> Any:
    r = x
    try:
        if x < 0:
            raise VeryWrong(1)
        r = r + 1
        if x > 5:
            raise Wrong(2)
        r = r + 1
    except Wrong as e:
        r = r * e.args[0]
    return r


@on(*NUMBERS)
def caught_reraise(x: Any) -> Any:
    try:
        try:
            if x < 0:
                raise ValueError("a")
            y = x
        except ValueError as e:
            raise KeyError("b") from e
    except KeyError:
        y = x - 7
    return y


@on(*NUMBERS)
def caught_fin_inner(x: Any) -> Any:
    n = 0
    try:
        try:
            if x < 0:
                raise ValueError("a")
            y = x
        finally:
            n += 1
    except ValueError:
        y = x - 7
    return y + n


@on(*NUMBERS)
def caught_missing(x: Any) -> Any:
    d = {"a": 1.0}
    try:
        if x < 0:
            k = d["missing"]
        else:
            k = d["a"]
    except KeyError:
        k = 5.0
    return x + k


@on(*NUMBERS)
def caught_bare(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError
        y = x
    except:  # noqa: E722
        y = x * 3
    return y


@on(*NUMBERS)
def caught_retry(x: Any) -> Any:
    n = 0
    while True:
        try:
            x = x - 1
            if x > 0:
                raise ValueError
            break
        except ValueError:
            n = n + 1
            continue
    return x, n


@on(*NUMBERS)
def caught_lst(x: Any) -> Any:
    r = []
    try:
        r.append(x)
        if x < 0:
            raise ValueError
        r.append(x + 1)
    except ValueError:
        r.append(x + 2)
    return r[0] + r[1]


@on(*NUMBERS)
def caught_uncaught(x: Any) -> Any:
    try:
        if x < -100:
            raise ValueError("deep")
        if x < 0:
            raise KeyError("neg")
        y = x
    except KeyError:
        y = x * 3
    return y


@on(*NUMBERS)
def caught_in_handler(x: Any) -> Any:
    try:
        if x < 0:
            raise KeyError("neg")
        y = x
    except KeyError:
        if x < -1:
            y = x * 3
        else:
            y = x * 4
    return y


@on(*NUMBERS)
def caught_asserted(x: Any) -> Any:
    try:
        assert x > 0
        y = x
    except AssertionError:
        y = -x
    return y


@on(*NUMBERS)
def caught_native_range(x: Any) -> Any:
    s = x
    try:
        for k in range(30):
            if s > 100:
                raise ValueError
            s = s * s + k
    except ValueError:
        s = s - 100
    return s, k


@on(*NUMBERS)
def caught_native_range_few(x: Any) -> Any:
    s = x
    try:
        for k in range(4):
            if s > 100:
                raise ValueError
            s = s * s + k
    except ValueError:
        s = s - 100
    return s


@on(*TRIPLES)
def caught_for_for(a: Any, b: Any, c: Any) -> Any:
    s = 0.0
    for u in (a, b):
        try:
            for v in (a, b, c):
                if v < 0:
                    raise ValueError
                s = s + v * u
        except ValueError:
            s = s - 100
    return s


@on(*NUMBERS)
def caught_outside_with(x: Any) -> Any:
    t = Counted()
    with t:
        try:
            if x < 0:
                raise ValueError
            y = x
        except ValueError:
            y = x * 3
    return y + t.count


@on(*NUMBERS)
def caught_message(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("neg", 4.0)
        y = x
    except ValueError as e:
        y = x * e.args[1]
    return y


@on(*NUMBERS)
def caught_flag_name(x: Any) -> Any:
    kind = "none"
    try:
        if x < 0:
            kind = "neg"
            raise ValueError("neg", 4.0)
        y = x
    except ValueError:
        y = x + len(kind)
    return y


@on(*PAIRS)
def caught_deep(x: Any, z: Any) -> Any:
    out = x
    for _ in range(3):
        try:
            if out < z:
                raise ValueError
            try:
                if out > 10:
                    raise KeyError
                out = out + 1
            except KeyError:
                out = out - 20
            finally:
                out = out + 0.5
        except ValueError:
            out = out * -1
            continue
        else:
            out = out + 3
    return out


@on(*ROWS)
def caught_stop_early(xs: Any) -> Any:
    best = xs[0]
    seen = 0
    try:
        for v in xs:
            seen = seen + 1
            if v > best:
                best = v
            if v < 0:
                raise StopIteration(v)
    except StopIteration as e:
        best = best * 100 + e.value
    else:
        best = best + 0.25
    finally:
        seen = seen + 1000
    return best, seen


@on(*NUMBERS)
def caught_gen_caught(x: Any) -> Any:
    def g():
        try:
            if x < 0:
                raise ValueError
            y = x
        except ValueError:
            y = x * 2
        yield y
        yield y + 1

    return sum(g())


@on(*NUMBERS)
def caught_handler_loop(x: Any) -> Any:
    n = 0
    try:
        if x < 0:
            raise ValueError
        y = x
    except ValueError:
        y = x
        while y < 5:
            y = y + 2
            n += 1
    return y, n


@on(*NUMBERS)
def caught_raise_in_both(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError
        else:
            raise KeyError
    except ValueError:
        y = x
    except KeyError:
        y = x * 2
    return y


@on(*NUMBERS)
def caught_uncaught_class(x: Any) -> Any:
    try:
        if x < -100:
            raise ValueError("boo")
        y = x
    except KeyError:
        y = x * 3
    return y


@on(*NUMBERS, raises=True)
def caught_uncaught_really(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError("boo")
        y = x
    except KeyError:
        y = x * 3
    return y


@on(*NUMBERS, raises=True)
def caught_handler_raises(x: Any) -> Any:
    try:
        if x < 0:
            raise KeyError("boo")
        y = x
    except KeyError:
        raise ValueError("other")
    return y


@on(*NUMBERS, raises=True)
def caught_handler_reraises(x: Any) -> Any:
    try:
        if x < 0:
            raise KeyError("boo")
        y = x
    except KeyError:
        raise
    return y


@on(*NUMBERS)
def caught_log_and_reraise(x: Any) -> Any:
    n = 0
    try:
        try:
            if x < 0:
                raise KeyError("boo")
            y = x
        except KeyError:
            n = n + 1
            raise
    except KeyError:
        y = x * 7
    return y, n


@on(*NUMBERS)
def caught_division(x: Any) -> Any:
    try:
        if x > 5:
            y = x * (1 // 0)
        else:
            y = x
    except ZeroDivisionError:
        y = x * 0
    return y


@on(*NUMBERS)
def caught_return_try(x: Any) -> Any:
    try:
        if x < 0:
            raise ValueError
        return x + 1
    except ValueError:
        return x - 1
    finally:
        x = 0


@on(*((*one, i) for one in NUMBERS for i in (0, T(0.0))))
def caught_while_try(x: Any, i: Any) -> Any:
    while i < 5:
        i = i + 1
        try:
            if x > 6:
                raise ValueError
            x = x + 1
            if x > 5:
                continue
            x = x * 2
        except ValueError:
            x = x - 4
            break
    else:
        x = x + 1000
    return x, i


@on(*NUMBERS)
def caught_attribute(x: Any) -> Any:
    held = Counted()
    held.count = x * 0
    try:
        held.count = held.count + 1
        if x < 0:
            held.count = held.count + 10
            raise ValueError
        held.count = held.count + 100
    except ValueError:
        held.count = held.count + 1000
    return held.count


@on(*TRIPLES)
def caught_around_a_python_loop(a: Any, b: Any, c: Any) -> Any:
    s = a * 0
    try:
        for v in (a, b, c):
            if v < 0:
                raise ValueError
            s = s + v
    except ValueError:
        s = s - 100
    return s


@on(*NUMBERS)
def caught_by_group(x: Any) -> Any:
    y = x
    try:
        assert x < 1
        y = y + 10
    except* AssertionError:
        y = y + 1
    return y


@on(*NUMBERS)
def caught_inside_a_branch(x: Any) -> Any:
    y = x
    if x < 10:
        try:
            if x < 0:
                raise VeryWrong(x)
            y = y + 1
        except Wrong as error:
            y = error.args[0] * 3
    return y


@on(*NUMBERS)
def caught_with_a_tensor(x: Any) -> Any:
    try:
        if x < 0:
            raise Wrong(x * 2)
        if x > 10:
            raise Wrong(x * 3)
        y = x
    except Wrong as error:
        (y,) = error.args
    return y


class Found(Exception):
    """Tells where."""

    def __init__(self, where: Any) -> None:
        super().__init__("found", where)
        self.where = where


@on(*NUMBERS)
def caught_with_attributes(x: Any) -> Any:
    try:
        if x > 0:
            raise Found(x)
        w = x * 2
    except Exception as found:
        w = found.where + found.args[1]  # type: ignore[attr-defined]
    return w


@on(*ROWS)
def caught_around_a_loop_with_attributes(xs: Any) -> Any:
    where, i = -1, 0
    try:
        for v in xs:
            if v < 0 or v > 2:
                raise Found(i)
            i += 1
    except Found as found:
        where = found.where
    return where


@on(*NUMBERS)
def caught_with_the_number_of_a_turn(x: Any) -> Any:
    w = x
    try:
        for i in range(4):
            if x < i:
                raise Found(i)
    except Found as found:
        w = w + found.where + 10
    return w
