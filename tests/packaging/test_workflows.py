"""The workflow files, the pre-commit configuration and `.ci/run` name what there is."""

from __future__ import annotations

import configparser
import itertools
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]


def expanded(name: str) -> list[str]:
    """`py{311,312}-tf` as `py311-tf`, `py312-tf`."""
    parts = [part.split(",") for part in re.split(r"[{}]", name)]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


def environments() -> set[str]:
    """The names that `tox -e` knows: of its list, of its sections, and those for any Python."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "tox.ini")
    listed = re.split(r",\s*(?![^{]*})", config["tox"]["env_list"])
    names = {name for one in listed for name in expanded(one.strip())}
    names |= {section.partition(":")[2] for section in config.sections() if ":" in section}
    return names | {name.partition("-")[2] for name in names if name.startswith("py3")}


def runs(workflow: dict[str, Any]) -> Iterator[tuple[dict[str, str], str]]:
    """Each command of a workflow, for each place of its job's matrix."""
    for job in workflow["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        lists = {key: values for key, values in matrix.items() if key != "include"}
        places = [
            dict(zip(lists, chosen, strict=True)) for chosen in itertools.product(*lists.values())
        ]
        places = [*matrix.get("include", ()), *(place for place in places if place)] or [{}]
        for place, step in itertools.product(places, job["steps"]):
            assert ("uses" in step) != ("run" in step), step
            if "run" in step:
                text = re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda m: place[m[1]], step["run"])  # noqa: B023
                yield place, text


def chosen(command: list[str]) -> list[str]:
    """The environments that a tox command names."""
    at = command.index("-e") + 1
    return command[at].split(",")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_command_of_a_workflow_exists(path):
    known, ran = environments(), []
    for place, text in runs(yaml.safe_load(path.read_text())):
        assert "${{" not in text
        command = shlex.split(text)
        if command == ["python", "-m", "pip", "install", "tox"]:
            continue
        assert command[:4] == ["python", "-m", "tox", "run"], text
        for name in chosen(command):
            assert name in known, name
            ran.append(name)
            if "python" in place:
                assert name.startswith(f"py{place['python'].replace('.', '')}-")
    assert {"lint", "types", "docs", "wheel", "py311-tf", "py311-torch"} <= set(ran)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_pythons_of_a_workflow_are_supported(path):
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for place in job["strategy"]["matrix"].get("include", ()):
            assert f"Programming Language :: Python :: {place['python']}" in PYTHONS


def test_what_a_submission_must_pass_names_environments_that_exist():
    script = (ROOT / ".ci" / "run").read_text()
    named = {name for found in re.findall(r"-e ([\w,-]+)", script) for name in found.split(",")}
    assert {"lint", "types", "docs", "wheel", "tf"} <= named
    assert named <= environments() | {"tf"}


def test_the_hooks_are_of_the_lint_environment():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    tox = (ROOT / "tox.ini").read_text()
    for hook in (hook for repo in config["repos"] for hook in repo["hooks"]):
        assert set(hook["additional_dependencies"]) <= set(groups["lint"])
        assert hook["entry"].removesuffix(" --fix").replace("format", "format --check .") in tox


def test_an_environment_that_is_not_there_is_found():
    assert "py311-tf" in environments()
    assert "tf" in environments()
    assert "py310-tf" not in environments()
    assert "py311-jax" not in environments()
