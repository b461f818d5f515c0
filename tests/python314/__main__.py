"""Runs the tests that need no framework on CPython 3.14, and prints how many there were.

    python -m python314 FOLDER [--pyodide VERSION] [--module MODULE] [ARGUMENT…]

run in `tests/`, by `tox -e pyodide`. Pyodide comes by npm, and what the tests import by pip, into
FOLDER; both are used again. Arguments are pytest's, or those of another module to run instead, as
in `--module library.standard_library`. It exits with 1 where a test fails, or Node or npm are
missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zlib import crc32

VERSION = "314.0.7"  # CPython 3.14.2
# The last pure-Python hypothesis; Pyodide's own packages are not on the npm registry.
PACKAGES = ("bytecode>=0.19,<0.20", "pytest>=8.3", "hypothesis>=6.100,<6.156", "networkx>=3.2")
ROOT = Path(__file__).resolve().parents[2]
TESTS = (
    "cfg",
    "library",
    "staging/test_generated.py",
    "interface/test_install.py",
    "hostile",
)


class Inside:
    """Pyodide of one version, with what the tests import, under a folder."""

    def __init__(self, folder: Path, version: str) -> None:
        self.node, npm = (found(name) for name in ("node", "npm"))
        self.home = folder / version
        self.site = folder / f"site-{crc32(repr(PACKAGES).encode()):08x}"
        self.package = self.home / "node_modules" / "pyodide"
        if not (self.package / "pyodide.mjs").exists():
            command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(self.home)]
            subprocess.run([*command, f"pyodide@{version}"], check=True, stdout=sys.stderr)
        if not self.site.exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", f"--target={self.site}"]
            command += ["--python-version=3.14", "--implementation=py", "--platform=any"]
            command += ["--only-binary=:all:", *PACKAGES]
            subprocess.run(command, check=True, stdout=sys.stderr)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a Python inside; what it prints is printed, and kept."""
        mounts = {"/project": str(ROOT), "/site": str(self.site)}
        environment = {
            **{name: value for name, value in os.environ.items() if name.startswith("BCGRAPH")},
            "PATH": os.environ["PATH"],
            "PYODIDE": str(self.package),
            "PYODIDE_MOUNTS": json.dumps(mounts),
            "PYODIDE_CWD": "/project/tests",
            "PYTHONPATH": "/project/tests:/project:/project/backends:/site",
            "PYTHONHASHSEED": "0",
        }
        command = [self.node, str(Path(__file__).with_name("python.mjs")), *arguments]
        output = []
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                output.append(line)
        return subprocess.CompletedProcess(command, process.returncode, "".join(output))


def found(name: str) -> str:
    """Where a program is."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"{name} is not on PATH: CPython 3.14 runs under Node here (20 or later)")
    return path


def main() -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(prog="python314")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pyodide", default=VERSION)
    parser.add_argument("--module", default="pytest", help="another module to run")
    given, arguments = parser.parse_known_args()
    inside = Inside(given.folder.resolve(), given.pyodide)
    if given.module != "pytest":
        return inside.python("-m", given.module, *arguments).returncode
    done = inside.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *(arguments or TESTS))
    passed = re.search(r"(\d+) passed", done.stdout)
    print(f"Pyodide {given.pyodide}: {passed[1] if passed else 0} tests passed")
    return 0 if done.returncode == 0 and passed else 1


if __name__ == "__main__":
    sys.exit(main())
