"""Runs the measurements and prints their tables."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

MEASUREMENTS = ("growth", "conversion", "graphs", "pytorch")


def main() -> int:
    """The command line: which measurements, and whether the quick form of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*MEASUREMENTS, []], help="all by default")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, smaller sizes")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the programs that tests share
    for name in given.names or MEASUREMENTS:
        module = __import__(f"bench.{name}", fromlist=["main"])
        print(f"# {module.__doc__.splitlines()[0]}\n")
        module.main(quick=given.quick)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
