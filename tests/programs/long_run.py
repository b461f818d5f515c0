"""Compare many random programs with their conversions: `python -m programs.long_run --count 10000`.

Run it in `tests/`. Program `n` is made from seed `n`, so a failure can be run again alone.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import select
import signal
import sys
import textwrap
import time
import warnings
from collections.abc import Callable, Iterator

from programs.generator import program
from programs.oracle import MODES, difference
from programs.prelude import forget, make, outcome


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 if a program differs."""
    parser = argparse.ArgumentParser(prog="programs.long_run", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the first program's seed")
    parser.add_argument("--mode", choices=tuple(MODES), action="append", help="default: all")
    parser.add_argument("--seconds", type=float, default=10.0, help="limit for one program")
    parser.add_argument(
        "--keep-going", action="store_true", help="name all that fail, minimise none"
    )
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", SyntaxWarning)
    modes = tuple(options.mode or MODES)
    began, failures = time.monotonic(), 0
    for seed in range(options.seed, options.seed + options.count):
        done = seed - options.seed + 1
        source = program(random.Random(seed))
        found = within(options.seconds, lambda text=source: difference(text, modes))
        if found:
            failures += 1
            print(f"seed {seed}, {found}", flush=True)
            if not options.keep_going:
                symptom = _symptom(found)
                small = minimised(
                    source, lambda text: _symptom(_differs(text, modes, options.seconds)) == symptom
                )
                print(f"\n{small}\n{_differs(small, modes, options.seconds)}")
                break
        if done % 500 == 0:
            print(f"{done} programs, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{done} programs, {failures} differ, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


def within(seconds: float, action: Callable[[], str]) -> str:
    """What `action` returns in a child process, or how it failed: it may crash, or never end."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            text = action()
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode()[:60_000])
        os._exit(0)
    os.close(writer)
    if select.select([reader], [], [], seconds)[0]:
        text = os.read(reader, 60_000).decode(errors="replace")
    else:
        text = f"not done after {seconds} s"
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return text or (f"ended by signal {-code}" if code else "")


def minimised(source: str, fails: Callable[[str], bool]) -> str:
    """`source` with all lines deleted that aren't needed for it to fail."""
    smaller: str | None = source
    while smaller is not None:
        source = smaller
        smaller = next((text for text in _smaller(source) if fails(text)), None)
    return source


def _smaller(source: str) -> Iterator[str]:
    """Texts with a line and its suite gone, the line alone gone, or one expression simpler."""
    lines = source.splitlines()
    for start in range(1, len(lines)):
        depth = len(lines[start]) - len(lines[start].lstrip())
        end = start + 1
        while end < len(lines) and len(lines[end]) - len(lines[end].lstrip()) > depth:
            end += 1
        yield "\n".join(lines[:start] + lines[end:])
        if end > start + 1:
            suite = textwrap.indent(textwrap.dedent("\n".join(lines[start + 1 : end])), " " * depth)
            yield "\n".join([*lines[:start], suite, *lines[end:]])
    for before in _expressions(source):
        for part in ast.iter_child_nodes(before):
            if isinstance(part, ast.expr):
                yield _replaced(source, before, ast.get_source_segment(source, part) or "0")
        if len(ast.get_source_segment(source, before) or "0") > 1:
            yield _replaced(source, before, "0")


def _expressions(source: str) -> list[ast.expr]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return []
    return [node for node in nodes if isinstance(node, ast.expr)]


def _replaced(source: str, node: ast.expr, text: str) -> str:
    lines = source.splitlines()
    if node.lineno != node.end_lineno:
        return source
    line = lines[node.lineno - 1]
    lines[node.lineno - 1] = line[: node.col_offset] + text + line[node.end_col_offset :]
    return "\n".join(lines)


def _differs(source: str, modes: tuple[str, ...], seconds: float) -> str:
    """How `source` differs, if it still is a program, and ends."""
    try:
        function = make(source)
    except SyntaxError:
        return ""
    ends = within(1.0, lambda: outcome(function, function, (1, 2, 3)).kind)
    forget(function)
    return within(seconds, lambda: difference(source, modes)) if ends in ("return", "raise") else ""


def _symptom(found: str) -> tuple[str, ...]:
    """What stays the same of a difference while the program gets smaller."""
    return tuple(
        re.findall(r"ended by .*|not done|kind .*|\w+ got: +\w+Error|log got|^\w+Error", found)
    )


if __name__ == "__main__":
    sys.exit(main())
