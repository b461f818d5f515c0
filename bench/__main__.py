"""Measures, prints the tables, and writes JSON, plots and a page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

# The programs of any size, which tests share.
sys.path.append(str(Path(__file__).parents[1] / "tests"))

from bench.clock import CLOCKS
from bench.frameworks import FRAMEWORKS
from bench.measurements import MEASUREMENTS, Selection
from bench.programs import PROGRAMS
from bench.report import tables, text, write
from bench.results import Results, about


def main(given: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="measurement", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="a first look, within two minutes")
    parser.add_argument(
        "--programs", nargs="+", default=[], metavar="NAME", choices=[p.name for p in PROGRAMS],
        help="only these programs, of: " + ", ".join(p.name for p in PROGRAMS),
    )  # fmt: skip
    parser.add_argument(
        "--frameworks", nargs="+", default=list(FRAMEWORKS), choices=list(FRAMEWORKS),
        help="only these, where they are installed",
    )  # fmt: skip
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall",
        help="cpu: what the process's threads have run, for a machine that others use, too",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path("build/bench"), metavar="FOLDER",
        help="where results.json, index.html and the plots go (build/bench)",
    )  # fmt: skip
    parser.add_argument(
        "--show", type=Path, metavar="RESULTS.JSON", help="measure nothing: show these results"
    )
    options = parser.parse_args(given)
    unknown = [name for name in options.names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"no measurement {unknown[0]!r}; there are: {', '.join(MEASUREMENTS)}")
    if options.show:
        results = Results.read(options.show.read_text(encoding="utf-8"))
    else:
        selection = Selection(
            options.quick, tuple(options.programs), tuple(options.frameworks), options.clock
        )
        results = Results(about(**asdict(selection)))
        try:
            for name in options.names or MEASUREMENTS:
                results.add(MEASUREMENTS[name](selection))
        except KeyboardInterrupt:
            print("interrupted: what there is follows", file=sys.stderr)
    files = write(results, options.out)
    print(text(tables(results)))
    print("\nwritten:", ", ".join(map(str, files)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
