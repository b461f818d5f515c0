"""Tables as plain text."""

from __future__ import annotations

from ._tables import Table


def text(tables: list[Table]) -> str:
    """One after the other, each under its title."""
    return "\n\n".join(f"# {table.title}\n\n{_aligned(table)}" for table in tables)


def _aligned(table: Table) -> str:
    """Columns under their heads; the first is set to the left, the others to the right."""
    lines = [table.head, *table.rows] if any(table.head) else list(table.rows)
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.head))]
    prose = not any(table.head)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if prose or not i else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
