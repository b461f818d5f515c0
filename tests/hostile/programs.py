"""Runs one hostile program in this process: `python -m hostile.programs NAME`.

It ends with 0 where bcgraph did what CPython does, or raised a coded error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from bytecode import Bytecode, Instr, Label
from programs.oracle import MODES

from bcgraph.errors import BcgraphError

PROGRAMS: dict[str, Callable[[], None]] = {}


def program(function: Callable[[], None]) -> Callable[[], None]:
    """Adds it to the table."""
    PROGRAMS[function.__name__] = function
    return function


def check(holds: bool, told: object) -> None:
    """An assertion that `-O` leaves."""
    if not holds:
        raise AssertionError(told)


def same(function: FunctionType, *inputs: tuple[Any, ...]) -> None:
    """The function does what it did, natively and with everything staged; or is refused."""
    for convert in MODES.values():
        for arguments in inputs:
            expected = outcome(function, arguments)
            try:
                got = outcome(convert(function), arguments)
            except BcgraphError as error:
                check(error.code.startswith("BCG"), error)
                continue
            check(got == expected, (got, expected))


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a call gives, or the type of what it raises."""
    try:
        return function(*arguments)
    except BcgraphError:
        raise
    except Exception as error:
        return type(error)


def made(instructions: list[Any], *names: str) -> FunctionType:
    """A function of these instructions."""
    code = Bytecode([Instr("RESUME", 0), *instructions])
    code.argnames, code.argcount, code.name = list(names), len(names), "made"
    code.flags = 3
    return FunctionType(code.to_code(), {})


def from_source(source: str, name: str = "f") -> FunctionType:
    """A function of a source text."""
    space: dict[str, Any] = {}
    exec(compile(source, "<hostile>", "exec"), space)
    return space[name]


@program
def unreachable_code() -> None:
    after = [
        Instr("LOAD_CONST", 1),
        Instr("POP_TOP"),
        Instr("LOAD_CONST", 2),
        Instr("RETURN_VALUE"),
    ]
    same(made([Instr("LOAD_FAST", "x"), Instr("RETURN_VALUE"), *after], "x"), (3,), (None,))


@program
def jumps_to_jumps() -> None:
    one, two, three = Label(), Label(), Label()
    same(
        made(
            [
                Instr("JUMP_FORWARD", one),
                two, Instr("JUMP_FORWARD", three),
                one, Instr("JUMP_FORWARD", three) if sys.version_info < (3, 11) else Instr("NOP"),
                three, Instr("LOAD_FAST", "x"), Instr("RETURN_VALUE"),
            ],
            "x",
        ),
        (3,),
    )  # fmt: skip


@program
def irreducible_flow() -> None:
    """Two blocks that jump to each other, entered at either."""
    branch = "POP_JUMP_IF_FALSE" if sys.version_info >= (3, 12) else "POP_JUMP_FORWARD_IF_FALSE"
    first, second, end = Label(), Label(), Label()
    subtract = [Instr("LOAD_FAST", "x"), Instr("LOAD_CONST", 1), Instr("BINARY_OP", 10),
                Instr("STORE_FAST", "x")]  # fmt: skip
    truth = [Instr("TO_BOOL")] if sys.version_info >= (3, 13) else []
    same(
        made(
            [
                Instr("LOAD_FAST", "y"), *truth, Instr(branch, second),
                first, *subtract, Instr("LOAD_FAST", "x"), *truth, Instr(branch, end),
                second, *subtract, Instr("LOAD_FAST", "x"), *truth, Instr(branch, end),
                Instr("JUMP_BACKWARD", first),
                end, Instr("LOAD_FAST", "x"), Instr("RETURN_VALUE"),
            ],
            "x", "y",
        ),
        (6, True), (6, False), (7, True), (7, False),
    )  # fmt: skip


@program
def deep_stack() -> None:
    text = "+(x".join(["x"] * 80) + ")" * 79
    same(from_source(f"def f(x):\n    return {text} if x > 1 else -({text})"), (1,), (2,))


@program
def thousands_of_locals() -> None:
    lines = [f"    v{i} = x + {i}" for i in range(5000)]
    ends = ["    if x > 2:", "        v7 = v4999", "    return v7 + v300 + v4999"]
    same(from_source("\n".join(["def f(x):", *lines, *ends])), (1,), (3,))


@program
def tens_of_thousands_of_instructions() -> None:
    lines = ["    x = x * 3 + 1 if x % 2 else x // 2" for _ in range(2000)]
    same(from_source("\n".join(["def f(x):", *lines, "    return x"])), (27,), (-5,))


@program
def hundreds_of_nested_calls() -> None:
    text = "g(" * 80 + "x" + ")" * 80
    same(from_source(f"def f(x, g=lambda v: v + 1):\n    return {text} if x else 0"), (1,), (0,))


@program
def traced_by_a_debugger() -> None:
    lines: list[int] = []

    def trace(frame: Any, event: str, _: Any) -> Any:
        if event == "line" and frame.f_code.co_filename == "<hostile>":
            lines.append(frame.f_lineno)
        return trace

    lines_of_f = ("def f(x):", " while x > 0:", "  if x % 2:", "   x -= 1", "  x -= 1", " return x")
    function = from_source("\n".join(lines_of_f))
    seen = []
    for each in (
        function,
        *(MODES[mode](function) for mode in MODES if mode != "stage_everything"),
    ):
        lines.clear()
        sys.settrace(trace)
        try:
            check(each(5) == -1, each)
        finally:
            sys.settrace(None)
        seen.append(set(lines))
    check(all(found == seen[0] for found in seen) and len(seen[0]) == 5, seen)


@program
def instrumented_by_others() -> None:
    """A function whose code another tool has written."""
    source = from_source("def f(x):\n    return x if x > 0 else -x")
    code = Bytecode.from_code(source.__code__, conserve_exception_block_stackdepth=True)
    count = [Instr("LOAD_CONST", seen.append), Instr("PUSH_NULL"), Instr("LOAD_CONST", 1)]
    if sys.version_info < (3, 13):
        count[:2] = reversed(count[:2])
    extra = [Instr("PRECALL", 1)] if sys.version_info < (3, 12) else []
    code[1:1] = [*count, *extra, Instr("CALL", 1), Instr("POP_TOP")]
    same(FunctionType(code.to_code(), {}), (1,), (-2,))
    check(bool(seen), seen)


seen: list[int] = []


@program
def code_object_replaced() -> None:
    function = from_source("def f(x):\n    return x if x > 0 else -x")
    for number in range(3):
        function.__code__ = from_source(
            f"def f(x):\n    return x + {number} if x > 0 else {number}"
        ).__code__
        same(function, (1,), (-1,))


@program
def names_that_are_no_identifiers() -> None:
    code: CodeType = from_source("def f(x):\n    y = x\n    return y if x > 0 else -y").__code__
    odd = code.replace(co_name="a b\0c", co_qualname="…", co_varnames=("x y", "=1"))
    same(FunctionType(odd, {}), (1,), (-1,))


@program
def names_of_a_region_s_own() -> None:
    code = from_source(
        "def f(x, z):\n    while x > 0:\n        x, z = x - z, z * x\n    return x"
    ).__code__
    odd = code.replace(co_varnames=(".operand0", ".0"))
    same(FunctionType(odd, {}), (5, 1), (-1, 2))


@program
def a_comprehension_asks_for_names() -> None:
    same(from_source("def f(x):\n    return [v for v in x if v not in dir(x)]"), ([1, 2, 3],))
    same(from_source("def f(x):\n    return [v for v in x if v > len(locals())]"), ([0, 9],))


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]]()
