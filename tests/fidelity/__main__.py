"""CPython's own tests, and packages' own, converted: a table, and 1 if one differs.

    python -m fidelity [--every N] [--modes native,staged] [--limit SECONDS] [TEST…]

run in `tests/`. A TEST is one of `expected.MODULES`, or a package, for all of its own. Each
module's tests run without bcgraph, and in each mode (see `run`); what fails
only with bcgraph, and is not among the expected differences of `expected`, is a fault. `refused`
counts functions left as they were, and sites of the others that stay Python's when staged.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fidelity.expected import MODULES, PACKAGES, reason
from fidelity.sites import Sites, sites_of


def fetch(names: list[str], folder: str) -> None:
    """Unpacks the source distributions of the packages that tests of these names are of."""
    owners = {name.partition(".")[0] for name in names}
    for package in PACKAGES:
        if package.partition("==")[0] not in owners:
            continue
        with tempfile.TemporaryDirectory() as archives:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--no-binary=:all:", f"--dest={archives}", package]
            subprocess.run(command, check=True)
            for path in Path(archives).iterdir():
                shutil.unpack_archive(path, folder, filter="data")


def results(mode: str, packages: str, names: list[str], limit: float) -> dict[str, Any]:
    """What came of each module's tests; None where they did not end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "fidelity.run", mode, packages, folder]
        command += [str(limit), *names]
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
    names = MODULES[:: given.every]
    if given.names:
        found = {n: [m for m in MODULES if m == n or m.startswith(f"{n}.")] for n in given.names}
        if unknown := [name for name, modules in found.items() if not modules]:
            parser.error(f"not among the tests that `expected` names: {', '.join(unknown)}")
        names = [module for modules in found.values() for module in modules]
    modes = given.modes.split(",")
    with tempfile.TemporaryDirectory() as packages:
        fetch(names, packages)
        plain, *told = (results(mode, packages, names, given.limit) for mode in ("plain", *modes))
        return show(names, modes, plain, told)


def show(
    names: list[str], modes: list[str], plain: dict[str, Any], told: list[dict[str, Any]]
) -> int:
    """Prints the table; 1 if a test differs that was not expected to."""
    width = max(map(len, names))
    print(f"{'':{width}}{'without bcgraph':>16}" + "".join(f"{mode:>39}" for mode in modes))
    columns = f"{'passed':>9}{'differ':>9}{'expected':>9}{'refused':>12}"
    print(f"{'module':{width}}{'run':>8}{'passed':>8}" + columns * len(modes))
    faults: list[str] = []
    files: set[str] = set()  # that the modules' tests have loaded, converted
    for name in names:
        base = plain[name]
        line = f"{name:{width}}"
        line += f"{len(base['ran']):8}{base['passed']:8}" if base else f"{'did not end':>16}"
        for mode, found in zip(modes, told, strict=True):
            mine = found[name]
            if base is None or mine is None:
                line += f"{'did not end':>39}"
                faults.append(f"{mode} {name} did not end")
                continue
            differ = {t: text for t, text in mine["bad"].items() if t not in base["bad"]}
            differ |= {t: "did not run" for t in {*base["ran"]} - {*mine["ran"]}}
            known = [test for test in differ if reason(mode, test)]
            line += f"{mine['passed']:9}{len(differ) - len(known):9}{len(known):9}"
            sites = sum(map(sites_of, mine["files"]), Sites())
            files |= {*mine["files"]}
            line += f"{len(mine['refused']):6}{sites.left.total() if mode == 'staged' else 0:6}"
            faults += [
                f"{mode} {test}: {text.strip().splitlines()[-1][:300]}"
                for test, text in differ.items()
                if test not in known
            ]
        print(line, flush=True)
    if "staged" in modes:
        print(sum(map(sites_of, files), Sites()))
    ran = sum(len(base["ran"]) for base in plain.values() if base)
    print(f"{len(names)} modules, {ran} tests, {len(faults)} differ that were not expected to")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
