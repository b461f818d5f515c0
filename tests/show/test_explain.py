"""`explain`: which branches and loops were staged, what was compiled when, and the page of it."""

from __future__ import annotations

import html.parser
import importlib
import itertools
import json
import logging
import re
import shutil
import subprocess
import types
import xml.etree.ElementTree
from typing import Any

import numpy as np
import pytest

import bcgraph

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")

BACKENDS = [
    pytest.param("tensorflow", marks=pytest.mark.tensorflow),
    pytest.param("torch", marks=pytest.mark.torch),
]
_MAKERS = {"tensorflow": "constant", "torch": "tensor"}


def settle(x, rounds=2):
    for _ in range(rounds):
        if x > 10.0 and x < 100.0:
            x = x / 2
    while x > 1.0:
        x = x - 1
        if x == 3.0:
            return x * 0
    return x


_number = itertools.count()


def fresh(fn: Any) -> Any:
    """The same function with another code object, of which nothing is known yet."""
    code = fn.__code__.replace(co_consts=(*fn.__code__.co_consts, next(_number)))
    return types.FunctionType(code, fn.__globals__, fn.__name__, fn.__defaults__)


def _compiled(backend: str) -> tuple[Any, Any]:
    module = pytest.importorskip(backend)
    return bcgraph.compile(fresh(settle), backend=backend), getattr(module, _MAKERS[backend])


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_site_is_told(backend):
    made, tensor = _compiled(backend)
    told = made.explain(tensor(20.0))
    first = settle.__code__.co_firstlineno
    found = {(s.line - first, s.kind): s for s in told.sites}
    assert {key: s.staged for key, s in found.items()} == {
        (1, "for"): False, (2, "if"): True, (4, "while"): True, (6, "if"): True,
    }  # fmt: skip
    assert found[4, "while"].carries == ("x",)
    assert found[4, "while"].exits == 2
    assert found[1, "for"].why == "no tensor has decided it so far"
    assert f"line {first + 4}: while x > 1.0: staged as a loop with 2 ways out over x" in str(told)
    assert f"line {first + 1}: for _ in range(rounds): ran as Python" in str(told)
    assert [text for _, text in told.source][0] == "def settle(x, rounds=2):"
    assert not told.is_listing


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_compiled_is_told_with_the_reason(backend, caplog):
    made, tensor = _compiled(backend)
    with caplog.at_level(logging.INFO, "bcgraph.recompiles"):
        made(tensor(20.0))
        made(tensor(30.0))
        made(tensor(20.0), 3)
        made(tensor([20.0]), 3)
    first, second, third = made.explain().compilations
    assert first.cause == "first call"
    assert [name for name, _ in first.steps] == ["convert", "trace", "build and run"]
    assert [name for name, _ in second.steps] == ["trace", "build and run"]
    assert all(seconds >= 0 for one in (first, second, third) for _, seconds in one.steps)
    assert first.arguments["x"] == "float32 ()"
    assert second.arguments == {"x": "float32 ()", "rounds": "the int 3"}
    assert third.arguments["x"] == "float32 (1)"
    assert "shape" in third.cause or "`x` was float32 (), is float32 (1)" in third.cause
    assert first.backend == backend
    assert len([r for r in caplog.records if "settle" in r.getMessage()]) == 2
    made.clear_cache()
    assert made.explain().compilations == ()


@pytest.mark.tensorflow
def test_a_python_number_that_changes_is_named():
    made, tensor = _compiled("tensorflow")
    made(tensor(20.0), 1)
    made(tensor(20.0), 2)
    assert made.compilations()[1].cause == (
        "`rounds` was the int 1, is the int 2"
        " (a Python int: a tensor would need one graph for all values)"
    )


def test_as_data():
    told = bcgraph.explain(fresh(settle))
    data = json.loads(told.to_json())
    assert data["name"] == "settle"
    assert [site["kind"] for site in data["sites"]] == ["for", "if", "while", "if"]
    assert data["sites"][2]["carries"] == ["x"]
    assert data["compilations"] == []
    assert data["source"][0][1] == "def settle(x, rounds=2):"


def test_a_function_that_was_never_staged_says_what_it_would_be():
    text = str(bcgraph.explain(fresh(settle)))
    assert text.startswith("settle: 4 branches and loops, none staged so far\n")
    assert "while x > 1.0: a loop with 2 ways out over x if a tensor decides it" in text


def test_what_would_be_refused_is_told():
    def numbers(x):
        if x > 0:
            yield x

    told = bcgraph.explain(numbers)
    assert "would be refused: a `yield` or `await` lies in it" in told.sites[0].why
    assert "refused" in str(told)


def test_without_source_the_listing_is_shown():
    space: dict[str, Any] = {}
    exec("def halve(x):\n    while x > 1:\n        x = x / 2\n    return x\n", space)
    told = bcgraph.explain(space["halve"])
    assert told.is_listing
    assert [text for _, text in told.source] == [
        "def halve(x):", "    while x > 1:", "        x = x / 2", "    return x",
    ]  # fmt: skip
    assert told.sites[0].kind == "while"


def test_only_functions_are_explained():
    with pytest.raises(TypeError, match="no Python function"):
        bcgraph.explain(len)


class _Links(html.parser.HTMLParser):
    """What a page would load, and the tags that are open."""

    VOID = ("meta", "br", "rect", "polyline", "polygon", "line")

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.loaded += [v for k, v in attributes if k in ("src", "href") and v]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: Any) -> None:
        self.loaded += [v for k, v in attributes if k in ("src", "href") and v]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("shown", [settle, lambda x: x + 1, importlib.import_module], ids=str)
def test_the_page_needs_nothing_else(shown):
    told = bcgraph.explain(shown)
    links = _Links()
    links.feed(told.to_html())
    assert links.open == []
    assert links.loaded == []
    text = "".join(links.texts)
    assert "url(" not in text
    assert "@import" not in text
    for _, line in told.source:
        assert line.strip() in text
    framed = told._repr_html_()
    assert framed.startswith("<iframe srcdoc=")


def _boxes(svg: str) -> list[tuple[str, float, float, float, float]]:
    """The rectangles of a picture: class, left, top, width, height."""
    found = []

    def walk(element: Any, x: float, y: float) -> None:
        moved = element.get("transform", "")
        if moved:
            dx, dy = map(float, moved.removeprefix("translate(").removesuffix(")").split())
            x, y = x + dx, y + dy
        if element.tag.endswith("rect"):
            width, height = float(element.get("width")), float(element.get("height"))
            found.append((element.get("class"), x, y + float(element.get("y", 0)), width, height))
        for inner in element:
            walk(inner, x, y)

    walk(xml.etree.ElementTree.fromstring(svg), 0, 0)
    return found


@pytest.mark.parametrize("shown", [settle, importlib.import_module, json.JSONEncoder.iterencode])
def test_the_picture_nests_loops_and_nothing_overlaps(shown):
    svg = bcgraph.explain(shown).to_svg()
    root = xml.etree.ElementTree.fromstring(svg)
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = _boxes(svg)
    solid = [box for box in boxes if box[0] in ("box", "test", "end")]
    for kind, x, y, w, h in boxes:
        assert x >= 0 and y >= 0 and x + w <= width + 0.1 and y + h <= height + 0.1, kind
    for i, one in enumerate(solid):
        for other in solid[i + 1 :]:
            apart = (
                one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]
                or one[2] + one[4] <= other[2] or other[2] + other[4] <= one[2]
            )  # fmt: skip
            assert apart, (one, other)
    loops = [box for box in boxes if box[0] == "loop"]
    expected = sum(site.kind in ("for", "while") for site in bcgraph.explain(shown).sites)
    assert len(loops) == expected


def test_staged_places_are_coloured():
    made = bcgraph.compile(fresh(settle), backend="numpy")
    before = made.explain().to_svg()
    made(np.float32(20))
    assert 'class="staged"' not in before.partition("</style>")[2]
    assert made.explain().to_svg().partition("</style>")[2].count('class="staged"') >= 3


@pytest.mark.tensorflow
def test_the_page_tells_what_runs_each_graph():
    made, tensor = _compiled("tensorflow")
    told = made.explain(tensor(20.0))
    assert told.graphs
    links = _Links()
    links.feed(told.to_html())
    assert set(told.graphs) <= set(links.texts)


@pytest.mark.tensorflow
def test_what_is_kept_is_the_newest(monkeypatch):
    tf = pytest.importorskip("tensorflow")
    monkeypatch.setattr("bcgraph._history._MOST", 3)
    added = bcgraph.compile(lambda x, n: x + n, backend="tensorflow")
    for n in range(6):
        added(tf.constant(1.0), n)
    kept = added.compilations()
    assert len(kept) == 3
    assert [step for step, _ in kept[-1].steps] == ["trace", "build and run"]
    assert "was the int 4, is the int 5" in kept[-1].cause


def test_equal_functions_are_told_apart():
    text = "def halve(x):\n    while x > 1:\n        x = x / 2\n    return x\n"
    one, other = dict[str, Any](), dict[str, Any]()
    exec(text, one)
    exec(text, other)
    assert one["halve"].__code__ == other["halve"].__code__
    bcgraph.compile(one["halve"], backend="numpy")(np.float32(9))
    assert [site.staged for site in bcgraph.explain(one["halve"]).sites] == [True]
    assert [site.staged for site in bcgraph.explain(other["halve"]).sites] == [False]
    assert "staged" not in bcgraph.to_code(other["halve"])


def test_a_converted_function_is_told_as_what_it_was():
    told = bcgraph.explain(bcgraph.convert(fresh(settle), backend="numpy"))
    assert [site.kind for site in told.sites] == ["for", "if", "while", "if"]


def keyed(rows):
    found = {}
    for index, row in enumerate(rows):
        found[f"row {index}"] = row * 2
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_turns_that_were_recorded_one_by_one_are_told(backend):
    module = pytest.importorskip(backend)
    options = {"compiler": "python"} if backend == "torch" else {}
    made = bcgraph.compile(fresh(keyed), backend=backend, **options)
    told = made.explain(getattr(module, _MAKERS[backend])([1.0, 2.0, 3.0]))
    (site,) = told.sites
    assert (site.staged, site.turns) == (True, 3)
    assert site.why.startswith("one loop of the graph could not hold it: a text with the value")
    assert "staged as a loop of 3 turns, recorded one by one" in str(told)
    assert site.why in str(told)
    assert json.loads(told.to_json())["sites"][0]["turns"] == 3
    links = _Links()
    links.feed(told.to_html())
    assert {site.why, site.would_be} <= set(links.texts)
    assert (
        bcgraph.compile(fresh(settle), backend="numpy").explain(np.float32(20)).sites[2].turns == 0
    )


def _words(told: bcgraph.Explanation) -> str:
    links = _Links()
    links.feed(told.to_html())
    return " ".join(links.texts)


def test_the_page_of_what_has_not_run_says_what_it_would_be():
    made = bcgraph.compile(fresh(settle), backend="numpy")
    before = _words(made.explain())
    assert "4 branches and loops, none staged so far" in before
    assert "loop with 2 ways out, if a tensor decides it" in before
    assert "ran as Python" not in before
    made(np.float32(20))
    after = _words(made.explain())
    assert "1 ran as Python" in after
    assert "if a tensor decides it" not in after
    assert "while x > 1.0" in after


def nested(depth, number=0):
    """Branches in branches: the text of a function's body whose picture is wide."""
    pad = "    " * (5 - depth)
    if not depth:
        return f"{pad}x = x + {number}\n"
    one, other = nested(depth - 1, 2 * number + 1), nested(depth - 1, 2 * number + 2)
    return f"{pad}if x > {number}:\n{one}{pad}else:\n{other}"


def wide():
    """A function with sixteen ways beside each other."""
    space = {}
    exec(f"def many(x):\n{nested(4)}    return x\n", space)
    return space["many"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no browser")
@pytest.mark.parametrize(("shown", "fits"), [(fresh, True), (wide(), False)])
def test_in_a_browser_a_wide_picture_is_made_to_fit(shown, fits, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(bcgraph.explain(shown).to_html())
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000",
               f"--user-data-dir={tmp_path}", "--dump-dom", page.as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    drawn = re.search(r'<svg class="cfg"[^>]*', done.stdout)[0]
    width = float(re.search(r' width="([\d.]+)"', drawn)[1])
    natural = float(re.search(r'viewBox="0 0 ([\d.]+)', drawn)[1])
    assert (abs(width - natural) < 1) == fits
    assert ('class="scroll picture wide"' in done.stdout) != fits
    assert width >= natural / 2 - 1
