"""One HTML page that holds everything: tables, plots, and the figures themselves."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

from bench.results import Results

from ._tables import Table

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 2px 10px; text-align: right; white-space: nowrap; border-top: 1px solid #8883; }
th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; }
.missed { color: #c22; } .met { color: #181; }
img { max-width: 100%; }
"""


def page(results: Results, tables: list[Table], pictures: list[Path]) -> str:
    """The page; the figures are in its element `results`, as JSON."""
    data = results.json().replace("</", "<\\/")
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>bcgraph: measurements</title>',
        f"<style>{_STYLE}</style></head><body>",
        "<h1>bcgraph: measurements</h1>",
        f"<pre>{escape(json.dumps(results.about, indent=1))}</pre>",
        *map(_picture, pictures),
        *map(_table, tables),
        f'<script type="application/json" id="results">{data}</script>',
        "</body></html>",
    ]
    return "\n".join(parts)


def _picture(file: Path) -> str:
    encoded = base64.b64encode(file.read_bytes()).decode()
    return f'<p><img alt="{escape(file.stem)}" src="data:image/png;base64,{encoded}"></p>'


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "\n".join(
        "<tr>" + "".join(f"<td{_class(cell)}>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    title = f"<h2>{escape(table.title)}</h2>"
    return f'{title}\n<div class="wide"><table><tr>{head}</tr>\n{rows}\n</table></div>'


def _class(cell: str) -> str:
    return f' class="{cell}"' if cell in ("met", "missed") else ""
