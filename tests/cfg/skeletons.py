"""Whether the same source has the same graph on every Python.

    python -m cfg.skeletons dump TREE OUT.json      with each Python, in `tests/`
    python -m cfg.skeletons compare A.json B.json   prints the share that is equal, and what is not
    python -m cfg.skeletons golden                  writes skeletons.json anew

One tree of sources is compiled by each Python. Comprehensions are functions of their own up to
3.11 and part of the function around them from 3.12 on, so functions that hold one are counted
apart and not compared; nor are functions that only one of the two Pythons makes. One difference is
known and is the compiler's own: from 3.12 on, the value `a and b or c` tests a false `a` twice.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from library.files import compiled, functions, sources
from programs.generator import program

from bcgraph.cfg import build
from bcgraph.instructions import read

GOLDEN = Path(__file__).with_name("skeletons.json")
SAMPLES = 150
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")


def skeleton(code: CodeType) -> str:
    """A function's graph as text."""
    return build(read(code)).skeleton()


def holds_comprehension(code: CodeType) -> bool:
    """Whether a comprehension lies in the function, inlined or as a function of its own."""
    if any(getattr(c, "co_name", "") in _COMPREHENSIONS for c in code.co_consts):
        return True
    return any(
        ins is not None and ins.raw.name == "LOAD_FAST_AND_CLEAR" for ins in read(code).instructions
    )


def dump(tree: Path) -> dict[str, Any]:
    """The skeleton of every function of a tree, by file, name, line and number; None: left out."""
    found: dict[str, str | None] = {}
    for path in sources(tree):
        code = compiled(path)
        if code is None:
            continue
        place = path.relative_to(tree)
        for number, function in enumerate(functions(code)):
            name = f"{place}:{function.co_firstlineno} {function.co_qualname}"
            name = f"{name} #{number}" if name in found else name
            found[name] = None if holds_comprehension(function) else skeleton(function)
    return {"python": sys.version.split()[0], "functions": found}


def compare(one: dict[str, Any], two: dict[str, Any], shown: int) -> Iterator[str]:
    """Lines that tell how many functions have the same skeleton in two dumps, and which do not."""
    a, b = one["functions"], two["functions"]
    common = [name for name in a if name in b]
    compared = [name for name in common if a[name] is not None and b[name] is not None]
    differing = [name for name in compared if a[name] != b[name]]
    share = 1 - len(differing) / max(1, len(compared))
    yield f"{one['python']} and {two['python']}: {len(a)} and {len(b)} functions"
    yield f"{len(common) - len(compared):6} with a comprehension, left out"
    yield f"{len(compared):6} compared"
    yield f"{len(compared) - len(differing):6} equal, {share:.2%}"
    for name in differing[:shown]:
        yield f"\n{name}"
        yield from difflib.unified_diff(
            a[name].splitlines(), b[name].splitlines(), one["python"], two["python"], "", "", 1, ""
        )


def samples() -> dict[str, str]:
    """Sources of generated programs, by seed, without what the versions compile otherwise."""
    found: dict[str, str] = {}
    seed = 0
    while len(found) < SAMPLES:
        source = program(random.Random(seed))
        if not any(map(_differs, ast.walk(ast.parse(source)))):
            found[str(seed)] = source
        seed += 1
    return found


def _differs(node: ast.AST) -> bool:
    """Whether this is a comprehension, or `and` and `or` mixed in one expression."""
    if isinstance(node, ast.BoolOp):
        return any(isinstance(value, ast.BoolOp) for value in node.values)
    return isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp)


def golden() -> dict[str, dict[str, str]]:
    """By seed: a digest of the program's text, and of each of its functions' skeletons."""
    return {
        seed: {"": digest(source), **{name: digest(s) for name, s in skeletons(source).items()}}
        for seed, source in samples().items()
    }


def skeletons(source: str) -> dict[str, str]:
    """The skeleton of each function of a program, by name and line."""
    return {
        f"{code.co_qualname}:{code.co_firstlineno}": skeleton(code)
        for code in functions(compile(source, "<program>", "exec"))
    }


def digest(text: str) -> str:
    """A short hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def main() -> int:
    """The command line of this module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m cfg.skeletons")
    commands = parser.add_subparsers(dest="command", required=True)
    dumping = commands.add_parser("dump")
    dumping.add_argument("tree", type=Path)
    dumping.add_argument("out", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("dumps", type=Path, nargs=2)
    comparing.add_argument("--show", type=int, default=5)
    commands.add_parser("golden")
    given = parser.parse_args()
    match given.command:
        case "dump":
            given.out.write_text(json.dumps(dump(given.tree), indent=0) + "\n")
        case "compare":
            one, two = (json.loads(path.read_text()) for path in given.dumps)
            print(*compare(one, two, given.show), sep="\n")
        case _:
            GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
