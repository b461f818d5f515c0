"""The pages: those that are made are up to date, their links lead somewhere, their codes exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from bcgraph import errors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"))
    if "_build" not in path.parts
)  # fmt: skip


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
