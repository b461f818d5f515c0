"""What each stage made of a function, as files to read and to compare."""

from __future__ import annotations

import dis
import io
import re
from pathlib import Path
from types import CodeType

from bcgraph.cfg import build
from bcgraph.dataflow import analyse
from bcgraph.instructions import Code

from ._code import text_of


def dump(folder: str, code: Code, made: CodeType) -> Path:
    """Writes the stages of one function into a folder of its own, and returns that.

    `1-instructions.txt`, `2-graph.txt`, `3-facts.txt` are what the rooms of that name give;
    `4-code.py` is the function as text; `5-rewritten.txt` the bytecode with guards.
    """
    origin = code.origin
    name = re.sub(r"[^\w.]+", "_", origin.co_qualname).strip("_")
    place = Path(folder) / f"{name}-{origin.co_firstlineno}"
    place.mkdir(parents=True, exist_ok=True)
    cfg = build(code)
    listing = io.StringIO()
    dis.dis(made, file=listing, depth=0)
    texts = {
        "1-instructions.txt": str(code),
        "2-graph.txt": str(cfg),
        "3-facts.txt": str(analyse(cfg)),
        "4-code.py": text_of(origin),
        "5-rewritten.txt": re.sub(r" at 0x[0-9a-f]+", "", listing.getvalue()),
    }
    for file, text in texts.items():
        (place / file).write_text(text.rstrip() + "\n", encoding="utf-8")
    return place
