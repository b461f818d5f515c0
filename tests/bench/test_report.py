"""Tables, JSON and the page are whole, and tell of those who failed."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.clock import Spread
from bench.report import tables, text, verdicts, write
from bench.results import Remark, Results, Sample, about

OURS, THEIRS = "tensorflow: bcgraph", "tensorflow: by hand"


def results() -> Results:
    """Twice as slow as by hand; one failure, with a text that HTML and JSON must not take amiss."""
    made = Results(about(quick=True))
    made.add(
        [
            Sample("call", "collatz", OURS, "s", (0.002, 0.02, 0.002)),
            Sample("call", "collatz", THEIRS, "s", (0.001, 0.01, 0.001)),
            *(Sample("convert", "ladder", OURS, "s", (n * n / 1e3,) * 3, n) for n in (1, 10, 100)),
            Remark("failed", "linear search", "tensorflow: AutoGraph", "Refusal: </script> & <b>"),
        ]
    )
    return made


def test_json_is_read_back() -> None:
    found = results()
    assert Results.read(found.json()) == found


def test_targets_compare_round_by_round() -> None:
    call, growth = verdicts(results())
    assert (call.ratio, call.limit, call.verdict) == (Spread(2.0, 2.0, 2.0), 1.05, "missed")
    assert growth.ratio.middle == pytest.approx(2.0)  # squares grow with the power two
    assert growth.verdict == "missed"


def test_tables_list_who_failed() -> None:
    shown = text(tables(results()))
    assert "# Failed\n\nlinear search  tensorflow: AutoGraph  Refusal: </script> & <b>" in shown
    assert "2.00 (2.00–2.00)" in shown


class Elements(HTMLParser):
    """Whether each element is closed, in order; the text of the script."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.script = ""
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs)["src"] or "")
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.script += data


def test_the_page_is_whole(tmp_path: Path) -> None:
    files = write(results(), tmp_path)
    assert {file.name for file in files} >= {"results.json", "tables.txt", "index.html"}
    page = Elements()
    page.feed((tmp_path / "index.html").read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    assert json.loads(page.script) == json.loads((tmp_path / "results.json").read_text("utf-8"))
    pictures = [file for file in files if file.suffix == ".png"]
    assert len(page.images) == len(pictures)
    assert bool(pictures) is (importlib.util.find_spec("matplotlib") is not None)
    for source, file in zip(page.images, pictures, strict=True):
        encoded = source.removeprefix("data:image/png;base64,")
        assert base64.b64decode(encoded) == file.read_bytes()
        assert file.read_bytes().startswith(b"\x89PNG")


def test_results_can_be_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept.json").write_text(results().json(), encoding="utf-8")
    code = main(["--show", str(tmp_path / "kept.json"), "--out", str(tmp_path / "out")])
    assert code == 0
    assert text(tables(results())) in capsys.readouterr().out


def test_what_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code = main(["programs", "--quick", "--frameworks", "numba", "--out", str(tmp_path)])
    assert code == 0
    assert "all programs  numba  not installed" in capsys.readouterr().out


@pytest.mark.tensorflow
def test_a_run_lists_who_failed_and_times_the_others(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    given = ["programs", "--quick", "--programs", "list append", "--frameworks", "tensorflow"]
    assert main([*given, "--out", str(tmp_path)]) == 0
    found = Results.read((tmp_path / "results.json").read_text("utf-8"))
    failed = {r.competitor: r.text for r in found.remarks if r.kind == "failed"}
    assert "InaccessibleTensorError" in failed["tensorflow: AutoGraph"]
    timed = {sample.competitor for sample in found.of("call")}
    assert {"tensorflow: eager", OURS, THEIRS} <= timed
    assert not timed & set(failed)
    assert found.find("nodes", "list append", OURS)
    for measure in ("first call", "retrace", "turn"):
        assert found.find(measure, "list append", OURS), measure
