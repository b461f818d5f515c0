"""CPython's own tests with the standard library converted: a table, and 1 if one differs.

    python -m fidelity [--every N] [--modes native,staged] [--limit SECONDS] [TEST…]

run in `tests/`. Each module's tests run without bcgraph, and in each mode (see `run`); what fails
only with bcgraph, and is not among the expected differences of `expected`, is a fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fidelity.expected import MODULES, reason


def results(mode: str, names: list[str], limit: float) -> dict[str, Any]:
    """What came of each module's tests; None where they did not end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "fidelity.run", mode, folder, str(limit), *names]
        subprocess.run(command, check=True)
        found: dict[str, Any] = {}
        for name in names:
            path = Path(folder, f"{name}.json")
            found[name] = json.loads(path.read_text()) if path.exists() else None
            if found[name] is None:
                tail = Path(folder, f"{name}.log").read_text()[-1500:]
                print(f"{mode} {name} did not end:\n{tail}", file=sys.stderr)
        return found


def main() -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(prog="fidelity")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--modes", default="native,staged")
    parser.add_argument("--limit", type=float, default=900)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    names = given.names or MODULES[:: given.every]
    modes = given.modes.split(",")
    plain = results("plain", names, given.limit)
    told = {mode: results(mode, names, given.limit) for mode in modes}
    print(
        f"{'module':24}{'run':>7}" + "".join(f"{m + ' differ':>16}{'expected':>10}" for m in modes)
    )
    faults: list[str] = []
    for name in names:
        base = plain[name]
        line = f"{name:24}{len(base['ran']) if base else 0:7}"
        for mode in modes:
            mine = told[mode][name]
            if base is None or mine is None:
                line += f"{'did not end':>26}"
                faults.append(f"{mode} {name} did not end")
                continue
            differ = {t: text for t, text in mine["bad"].items() if t not in base["bad"]}
            differ |= {t: "did not run" for t in {*base["ran"]} - {*mine["ran"]}}
            known = [test for test in differ if reason(mode, test)]
            line += f"{len(differ) - len(known):16}{len(known):10}"
            faults += [
                f"{mode} {test}: {text.strip().splitlines()[-1][:300]}"
                for test, text in differ.items()
                if test not in known
            ]
        print(line, flush=True)
    ran = sum(len(base["ran"]) for base in plain.values() if base)
    print(f"{len(names)} modules, {ran} tests, {len(faults)} differ that were not expected to")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
