"""Pages and pictures that are made, not written: `python docs/generate.py` makes them all.

A page of `errors/` is made of an error's class and of the programs in `tests/errors/programs`; a
picture of `pictures/` is what `explain` draws of a program. `tests/documentation` tells of one that
is no longer what would be made.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import bcgraph
from bcgraph import errors
from bcgraph.demo.programs import collatz, find, sum_up_to

DOCS = Path(__file__).parent
PROGRAMS = DOCS.parent / "tests" / "errors" / "programs"
FAMILIES = {"1": "Your program", "2": "A limit of the backend", "3": "Configuration",
            "9": "A fault of bcgraph"}  # fmt: skip


def kinds() -> list[type[errors.BcgraphError]]:
    """The classes of errors, by code."""
    found = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BcgraphError)
    ]
    return sorted((kind for kind in found if kind is not errors.BcgraphError), key=_code)


def _code(kind: type[errors.BcgraphError]) -> str:
    return kind.code


def error_pages() -> dict[str, str]:
    """A page for each code, and one that lists them, by the names of their files."""
    found = {}
    lines = ["# Errors", "", _INTRODUCTION]
    shown = None
    for kind in kinds():
        family = FAMILIES[kind.code[3]]
        if family != shown:
            lines += ["", f"## {family}", "", "| code | class | |", "|---|---|---|"]
            shown = family
        told = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
        lines.append(f"| [{kind.code}]({kind.code}.md) | `{kind.__name__}` | {told} |")
        found[f"{kind.code}.md"] = _page(kind)
    pages = [kind.code for kind in kinds()]
    lines += ["", "```{toctree}", ":hidden:", "", *pages, "```", ""]
    return {**found, "index.md": "\n".join(lines)}


_INTRODUCTION = """\
Each error has a code. It shows your line with a caret, the other lines that it has to do with, and
how to mend it; where there is no source, the lines' numbers. All are
`bcgraph.errors.BcgraphError`s, and what Python would raise besides: code that catches a `TypeError`
catches them."""


def _page(kind: type[errors.BcgraphError]) -> str:
    bases = [base.__name__ for base in kind.__mro__[2:] if base.__module__ == "builtins"]
    bases = bases[: bases.index("Exception")]
    lines = [f"# {kind.code}: {kind.__name__}", "", inspect.getdoc(kind) or "", ""]
    if bases:
        lines += [f"It is also a `{bases[0]}`.", ""]
    if kind.mend:
        lines += [f"**The mend:** {kind.mend}.", ""]
    for program, message in examples(kind):
        lines += ["```python", program, "```", "", "```text", message, "```", ""]
    return "\n".join(lines)


def examples(kind: type[errors.BcgraphError]) -> list[tuple[str, str]]:
    """The programs that raise an error, each with its message."""
    found = []
    for path in sorted(PROGRAMS.glob("*.err")):
        name, _, message = path.read_text().rstrip().partition(": ")
        source = PROGRAMS / f"{path.name.partition('.')[0]}.py"
        if name == kind.__name__:
            text = re.split(r"\n+(?:arguments|backends|versions) = ", source.read_text())[0]
            found.append((text.strip(), message))
    return sorted(found, key=_size)


def _size(example: tuple[str, str]) -> int:
    return len(example[0])


def pictures() -> dict[str, str]:
    """The programs that the pages show as SVG, by the names of their files.

    What is staged of each is what NumPy's arrays decide.
    """
    import numpy

    found = {}
    for function, arguments in (
        (find, ([4, 7, 9], 7)),
        (collatz, (6,)),
        (sum_up_to, ([1.0, 2.0, 3.0], 4.0)),
    ):
        compiled = bcgraph.compile(function, backend="numpy")
        compiled(*map(numpy.array, arguments))
        found[f"{function.__name__}.svg"] = compiled.explain().to_svg() + "\n"
    return found


def made() -> dict[Path, str]:
    """All files that are made, and what is in them."""
    folders = {"errors": error_pages(), "pictures": pictures()}
    return {
        DOCS / folder / name: text
        for folder, files in folders.items()
        for name, text in files.items()
    }


if __name__ == "__main__":
    for path, text in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
