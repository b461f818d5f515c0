"""Programs of every form of the language: `try`, `with`, `raise`."""

from __future__ import annotations

import contextlib
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-2.5),), (T(20.0),))


@on(*VALUES)
def handled_try(x: Any) -> Any:
    try:
        if x > 0:
            y = x
        else:
            y = -x
    except ValueError:
        y = x * 0
    else:
        y = y + 1
    finally:
        z = y
    return y + z


@on(*VALUES)
def handled_try_return(x: Any) -> Any:
    try:
        if x > 0:
            return x * 2
        return -x
    finally:
        pass


@on(*VALUES)
def handled_finally_eff(x: Any) -> Any:
    log = []

    def f() -> Any:
        try:
            if x > 0:
                return x
            return x * 3
        finally:
            log.append(1)

    r = f()
    return r + len(log)


class NegativeError(Exception):
    pass


@on(*VALUES, raises=True)
def handled_raise_from(x: Any) -> Any:
    if x < 0:
        try:
            {}["a"]
        except KeyError as e:
            raise NegativeError("neg") from e
    return x


@on(*VALUES)
def handled_catch_python(x: Any) -> Any:
    try:
        d = {}["k"]
    except KeyError:
        d = x if x > 0 else -x
    return d


@on(*VALUES)
def handled_nested_with(x: Any) -> Any:
    log = []

    @contextlib.contextmanager
    def c(n: Any) -> Any:
        log.append(n)
        yield n
        log.append(-n)

    with c(1) as a, c(2) as b:
        if x > 0:
            y = x + a
        else:
            y = x - b
    return y + sum(log) + len(log)


@on(*VALUES)
def handled_with_return(x: Any) -> Any:
    log = []

    @contextlib.contextmanager
    def c() -> Any:
        log.append(1)
        yield
        log.append(2)

    def f() -> Any:
        with c():
            if x > 0:
                return x
            return -x

    return f() + len(log)


@on(*VALUES)
def handled_suppress(x: Any) -> Any:
    with contextlib.suppress(KeyError):
        if x > 0:
            y = x
        else:
            y = x * 2
        {}["a"]
    return y


@on(*VALUES)
def handled_exitstack(x: Any) -> Any:
    with contextlib.ExitStack() as st:
        st.enter_context(contextlib.nullcontext(1))
        y = x if x > 0 else -x
    return y


@on(*VALUES, raises=True)
def handled_assert_chain(x: Any) -> Any:
    assert x > -100 and x < 100, "range"
    return x


@on(*VALUES)
def handled_group(x: Any) -> Any:
    try:
        if x > 0:
            y = x
        else:
            y = -x
        raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
    except* ValueError:
        y = y + 1
    except* KeyError:
        y = y + 2
    return y


@on(*VALUES)
def handled_loop_else_try(x: Any) -> Any:
    for i in range(3):
        try:
            if x > i:
                x = x - 1
            else:
                break
        finally:
            x = x + 0.5
    else:
        x = x * 2
    return x


@on(*VALUES, raises=True)
def handled_reraise(x: Any) -> Any:
    try:
        try:
            if x < 0:
                raise NegativeError("a")
            y = x
        except KeyError:
            y = x * 0
    finally:
        pass
    return y


@on(*VALUES, raises=True)
def handled_for_others(x: Any) -> Any:
    """No `except` around the call is for what is raised."""

    def checked(value: Any) -> Any:
        if value < 0:
            raise NegativeError("negative")
        return value

    try:
        try:
            y = checked(x)
        finally:
            x = x + 1
    except (KeyError, OSError):
        y = x * 0
    except ZeroDivisionError as error:
        y = x * len(error.args)
    with contextlib.suppress(KeyError):
        y = checked(y) + 1
    return y


@on(*VALUES, raises=True)
def python_errors_of_a_path(x: Any) -> Any:
    """Only the path that is taken raises."""
    if x < -1:
        return {}["missing"]
    if x > 10:
        return x * [1][3]
    return x * (1 // 0) if x > 2 else x
