"""The public names are completely typed, and signatures go through `compile` as editors need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIGNATURES = Path(__file__).parent / "signatures.py"
PUBLIC = re.compile(r"bcgraph\.(\w+|(backend|errors|testing)\.[\w.]+)")
ROOMS = {"instructions", "cfg", "dataflow", "regions", "rewrite", "runtime", "show", "demo"}
EXPECTED = [
    (number, line.partition("# → ")[2])
    for number, line in enumerate(SIGNATURES.read_text().splitlines(), start=1)
    if "# → " in line
]


def _json(*arguments: str) -> dict:
    command = [sys.executable, "-m", "pyright", "--outputjson", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return json.loads(done.stdout[done.stdout.index("{") :])


def test_the_public_names_are_typed():
    told = _json("--verifytypes", "bcgraph", "--ignoreexternal")["typeCompleteness"]
    public = [
        symbol
        for symbol in told["symbols"]
        if PUBLIC.fullmatch(symbol["name"]) and symbol["name"].split(".")[1] not in ROOMS
    ]
    assert len(public) > 100
    unknown = [s["name"] for s in public if not s["isTypeKnown"] or s["isTypeAmbiguous"]]
    assert unknown == []


def _plain(text: str) -> str:
    """A revealed type without the modules of its names."""
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)


def test_signatures_under_pyright():
    found = _json(str(SIGNATURES))["generalDiagnostics"]
    told = []
    for one in found:
        line = one["range"]["start"]["line"] + 1
        revealed = re.search(r'is "(.*)"$', one["message"])
        told.append((line, _plain(revealed.group(1)) if revealed else one["severity"]))
    assert sorted(told) == EXPECTED


def test_signatures_under_mypy():
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    done = subprocess.run(
        [*command, str(SIGNATURES)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told = set()
    for line in done.stdout.splitlines():
        found = re.match(r".*signatures\.py:(\d+): (\w+): (.*)", line)
        if found is None:
            continue
        revealed = re.search(r'Revealed type is "(.*)"', found.group(3))
        if revealed:
            text = _plain(revealed.group(1)).replace(", fallback=SiteReport", "")
            told.add((int(found.group(1)), text))
        elif found.group(2) == "error":
            told.add((int(found.group(1)), "error"))
    assert sorted(told) == EXPECTED, done.stdout
