"""Programs whose bytecode CPython lays out in ways of its own from one version to the next."""

from __future__ import annotations

import sys
from types import CodeType, FunctionType

import pytest
from library.stack import fault
from programs.oracle import MODES, difference

import bcgraph.testing
from bcgraph.errors import UnsupportedPython
from bcgraph.instructions import collected

_MANAGER = """
def f(a, b, c, log):
    class Manager:
        {decorator}
        def __enter__({self}):
            log.append("enter")
            return a
        {decorator}
        def __exit__({self}{comma}kind, error, trace):
            log.append((kind, str(error)))
            return b > 1
    y = None
    for x in range(4):
        with Manager() as y:
            log.append(x)
            if x > y + 1:
                return x, y
            if x == b:
                raise ValueError(x)
            with Manager() as z:
                if x == c:
                    break
                if x + z > 3:
                    continue
    else:
        return y
    return x, y, z
"""

PROGRAMS = {
    "with": _MANAGER.format(decorator="", self="self", comma=", "),
    "with_static_methods": _MANAGER.format(decorator="@staticmethod", self="", comma=""),
    "with_class_methods": _MANAGER.format(decorator="@classmethod", self="cls", comma=", "),
    "with_what_cannot_be_left": """
def f(a, b, c, log):
    class Manager:
        def __enter__(self):
            return log.append("enter")
    if a > b:
        with Manager():
            return c
    with Manager() as x:
        return x
""",
    "builtins_of_generators": """
def f(a, b, c, log):
    xs = [a, b, c]
    found = [all(say(log, 1, x) > 0 for x in xs), any(say(log, 2, x) > 2 for x in xs if x != b),
             tuple(x if x > a else -x for x in xs), tuple(y for x in xs if x for y in (x, c))]
    if all(x for x in xs) or any(x > 4 for x in xs):
        found.append(1)
    try:
        found.append(all(10 // x for x in xs))
    except ZeroDivisionError as error:
        found.append(str(error))
    return found
""",
    "builtins_of_other_meaning": """
def f(a, b, c, log):
    def all(values):
        log.append("all")
        return [v for v in values]
    any = sum
    return all(x for x in (a, b) if x > 0), any(x for x in (b, c)), (tuple := list)(x for x in (a,))
""",
    "locals_written_while_an_operand": """
def f(a, b, c, log):
    s, t = str(a) * 40, [str(b) * 40]
    u = (s, (s := str(c) * 40) if a < c else log.append(s), s)
    v = [t, t := ["x" * 40, b] if b else t, *(t if c else [])]
    for s in (s, str(a + 1) * 40):
        w = s + (s := "y" * 40 if a else s + "z") + s
        log.append(w)
    return u, v, s, w
""",
    "arguments_in_mappings": """
def f(a, b, c, log):
    named = {"base": a}
    values = combine(*(b, c)), combine(*[a, b] if a else [c], **named), combine(a, **named, x=b)
    return values, combine(*(a for a in (b, c)), **({"y": 1} if c else {"z": 2}))
""",
    "cells_of_parameters": """
def f(a, b, c, log):
    def inner(d=a):
        nonlocal a, b
        a, b = b + 1, a + d
        return lambda: (a, b, c)
    for _ in range(3):
        if a > b:
            log.append(inner()())
        else:
            b -= 2
    return a, b, c
""",
    "annotations": """
def f(a, b, c, log):
    def inner(x: a if a else b, y: say(log, 1, c) = 2) -> [a, b]:
        z: nothing = x
        return z
    return inner(3), inner.__annotations__
""",
    "assertions": """
def f(a, b, c, log):
    assert a < 5, f"{a!r:>4}"
    assert b > 0 or c
    return a
""",
}

TEMPLATES = {
    "template": """
def f(a, b, c, log):
    name, width = str(a), 5
    made = t"<{name}|{b + c!r:>{width}}|{say(log, 1, a)!s}|{c!a}|{b:04}>"
    other = t"{a if a > b else 'none'}" if b else t""
    if c:
        made += other
    return made, [(part.value, part.conversion, part.format_spec) for part in made.interpolations]
""",
    "annotations_as_text": """
def f(a, b, c, log):
    from annotationlib import Format, get_annotations
    def inner(x: nothing.at[all] | None, y: -a) -> log if b else c: ...
    return [get_annotations(inner, format=form) for form in (Format.STRING, Format.FORWARDREF)]
""",
}  # what CPython has since 3.14
if sys.version_info >= (3, 14):
    PROGRAMS |= TEMPLATES


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_same_outcome(name: str, mode: str) -> None:
    assert difference(PROGRAMS[name], (mode,)) == ""


COLLECTED = (
    "x * 2 for x in xs if x",
    "x * y for x in xs for y in xs if x > 1 if not y",
    "x.bit_length() if x is None or x > 0 and x else -1 for x in xs",
    "(x, y) for x in xs if x != 2 for y in (x or 3, not x)",
)


@pytest.mark.parametrize("text", COLLECTED)
def test_a_generator_expression_is_collected(text: str) -> None:
    names = {"xs": (1, 2, 0, 3)}
    constants = compile(f"made = ({text})", "<made>", "exec").co_consts
    code = next(constant for constant in constants if isinstance(constant, CodeType))
    made = collected(code)
    assert made is not None
    assert fault(made) == ""
    assert FunctionType(made, names)(iter(names["xs"])) == list(eval(f"({text})", names))


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 15, 0), (4, 0, 0)])
def test_another_python_is_refused(
    version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(UnsupportedPython) as caught:
        bcgraph.testing.stage_everything(lambda x: 1 if x else 2)
    assert caught.value.code == "BCG301"
    found = ".".join(map(str, version[:2]))
    assert f"CPython {found}" in str(caught.value)
    assert "help: use CPython 3.11, 3.12, 3.13 or 3.14" in str(caught.value)
