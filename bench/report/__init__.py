"""What is shown of results: tables as text, plots, one page, and the targets."""

from __future__ import annotations

from pathlib import Path

from bench.results import Results

from . import _plots
from ._page import page
from ._tables import tables
from ._targets import Verdict, verdicts
from ._text import text

__all__ = ["Verdict", "tables", "text", "verdicts", "write"]


def write(results: Results, folder: Path) -> list[Path]:
    """Writes `results.json`, `tables.txt`, the plots (if matplotlib is there) and `index.html`.

    Returns the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = tables(results)
    pictures = _plots.draw(results, folder)
    files = {
        "results.json": results.json(),
        "tables.txt": text(shown) + "\n",
        "index.html": page(results, shown, pictures),
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [*(folder / name for name in files), *pictures]
