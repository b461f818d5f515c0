"""The pages: those that are made are up to date, their links lead somewhere, their codes exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import bcgraph
from bcgraph import errors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"))
    if "_build" not in path.parts
)  # fmt: skip


def loaded(path: Path) -> Any:
    """A script of the documentation."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate():
    return loaded(DOCS / "generate.py")


def test_what_is_made_is_up_to_date(generate):
    made = generate.made()
    changed = [path.name for path, text in made.items() if path.read_text() != text]
    assert changed == [], "python docs/generate.py makes them anew"
    folders = {path.parent for path in made}
    assert {path for folder in folders for path in folder.iterdir()} == set(made)


def test_every_code_has_a_page_that_is_listed(generate):
    codes = [kind.code for kind in generate.kinds()]
    assert len(codes) > 15
    listed = generate.error_pages()["index.md"]
    for kind in generate.kinds():
        assert f"[{kind.code}]({kind.code}.md) | `{kind.__name__}` |" in listed
        assert (DOCS / "errors" / f"{kind.code}.md").read_text().startswith(f"# {kind.code}: ")


def test_every_code_that_the_pages_name_exists():
    codes = {kind.code for kind in vars(errors).values() if hasattr(kind, "code")}
    for page in PAGES:
        assert set(re.findall(r"BCG\d{3}", page.read_text())) <= codes, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_the_compared_errors_are_those_of_today():
    compare = loaded(DOCS / "compare" / "errors.py")
    _, *sections = (DOCS / "errors-compared.md").read_text().split("\n## ")
    assert len(sections) == len(compare.NAMES) == 10
    for name, section in zip(compare.NAMES, sections, strict=True):
        title, message = section.partition("\n")[0], "".join(section.split("**AutoGraph**")[:1])
        assert title == name.replace("_", " ").capitalize()
        program = compare.PROGRAMS / f"{name}.py"
        assert program.read_text().partition("\n\n\narguments")[0] in section
        assert (compare.BY_HAND / f"{name}.py").read_text().strip() in section
        golden = program.with_suffix(".err").read_text().partition(": ")[2].splitlines()
        for line in golden:
            assert line[:110] in message, (name, line)
        assert [f"**{tool}**" in section for tool in compare.TOOLS] == [True] * 5


def test_the_reference_has_every_public_name():
    reference = (DOCS / "reference.md").read_text()
    listed = set(re.findall(r"auto(?:function|class):: bcgraph\.(\w+)$", reference, re.MULTILINE))
    assert listed == set(bcgraph.__all__) - {"errors"} - {"__version__"}


def test_the_figures_of_the_readme_are_those_of_the_comparisons():
    readme, comparisons = (ROOT / "README.md").read_text(), (DOCS / "comparisons.md").read_text()
    times = re.findall(
        r"takes (\d+) times, of a running sum .* (\d+) times less", readme, re.DOTALL
    )
    assert len(times) == 1
    for program, figure in zip(("collatz", "running sum up to a threshold"), times[0], strict=True):
        assert re.search(rf"^\| {program}.*\| {figure} \|$", comparisons, re.MULTILINE)
