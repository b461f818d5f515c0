"""The README says what is so: its example, its error, its picture, every cell of its table."""

from __future__ import annotations

import linecache
import re
from pathlib import Path
from typing import Any

import pytest

import bcgraph

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COLUMNS = ("bcgraph", "tf.function", "torch.compile")


def if_on_a_tensor(x):
    if x > 1.0:
        x = x * 2.0
    return x


def while_on_a_tensor(x):
    while x > 1.0:
        x = x - 1.0
    return x


def return_inside_a_loop(x):
    while x > 0.0:
        x = x - 1.0
        if x < 1.0:
            return x * 10.0
    return x


def while_else(x):
    while x > 1.0:
        x = x - 1.0
        if x == 5.0:
            break
    else:
        x = x * 10.0
    return x


def without_source(x):
    space: dict[str, Any] = {}
    exec("def chosen(x):\n    if x > 1.0:\n        return x * 2.0\n    return x\n", space)
    return space["chosen"](x)


def list_that_grows(x):
    found = []
    while x > 1.0:
        x = x - 1.0
        found.append(x)
    return found[0] + len(found)


def int_becomes_float(x):
    total = 0
    while x > 1.0:
        x = x - 1.0
        total += 0.5
    return total


def raise_on_one_path(x):
    if x > 2.0:
        raise ValueError("too big")
    return x


def nonlocal_in_a_branch(x):
    count = 0

    def note(v):
        nonlocal count
        if v > 1.0:
            count += 1
        return v

    x = note(x) + note(x - 1.0)
    return x + count


ROWS = {
    "`if` on a tensor": if_on_a_tensor,
    "`while` on a tensor": while_on_a_tensor,
    "`return` inside a loop": return_inside_a_loop,
    "`while … else`": while_else,
    "a branch in code without source": without_source,
    "a list that a loop appends to": list_that_grows,
    "`total = 0`, then `total += 0.5`": int_becomes_float,
    "`raise` on one path, at run time": raise_on_one_path,
    "`nonlocal` written in a branch": nonlocal_in_a_branch,
}
CELLS = {
    row[0].strip(): [cell.strip() for cell in row[1:]]
    for line in re.findall(r"^\| (.+) \|$", README.partition("## Beside")[2], re.MULTILINE)
    if len(row := line.split(" | ")) == 4
}
CELLS.pop("you write")


def outcome(call: Any, value: Any) -> Any:
    """What a call gives, as a number, or the type and text of the user's own exception."""
    try:
        return float(call(value))
    except ValueError as error:
        return type(error), str(error)


def tool(name: str, program: Any) -> tuple[Any, Any]:
    """A program made by a tool, and what makes its tensors."""
    if name == "torch.compile":
        torch = pytest.importorskip("torch")
        torch._dynamo.reset()
        return torch.compile(program, fullgraph=True, backend="eager"), torch.tensor
    tf = pytest.importorskip("tensorflow")
    if name == "tf.function":
        return tf.function(program), tf.constant
    return bcgraph.compile(program, backend="tensorflow"), tf.constant


def test_the_table_and_its_programs_are_the_same():
    assert list(CELLS) == list(ROWS)
    assert all(set(cells) <= {"yes", "no"} for cells in CELLS.values())


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize(
    "column",
    [
        pytest.param("bcgraph", marks=pytest.mark.tensorflow),
        pytest.param("tf.function", marks=pytest.mark.tensorflow),
        pytest.param("torch.compile", marks=pytest.mark.torch),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_cell(row, column):
    program = ROWS[row]
    made, tensor = tool(column, program)
    same = True
    for value in (0.5, 1.5, 2.5, 7.5):
        expected = None
        try:
            expected = outcome(program, tensor(value))
        except Exception:  # eagerly it has no result either (an empty list's first element)
            continue
        try:
            same = same and outcome(made, tensor(value)) == expected
        except Exception:
            same = False
    assert ("yes" if same else "no") == CELLS[row][COLUMNS.index(column)]


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", ROWS)
def test_the_first_column_on_pytorch(row):
    torch = pytest.importorskip("torch")
    program = ROWS[row]
    made = bcgraph.compile(program, backend="torch", compiler="python")
    for value in (1.5, 7.5):
        assert outcome(made, torch.tensor(value)) == outcome(program, torch.tensor(value))


@pytest.mark.tensorflow
def test_the_example_prints_what_it_says(capsys):
    pytest.importorskip("tensorflow")
    code, shown = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL).groups()
    name = "<readme>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    exec(compile(code, name, "exec"), {})
    assert capsys.readouterr().out == shown


def test_the_error_is_the_golden_one():
    golden = (ROOT / "tests/errors/programs/types_of_arms.err").read_text().partition(": ")[2]
    assert golden in README


def test_the_files_that_it_links_to_are_there():
    for link in re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", README):
        path = "".join(link)
        assert (ROOT / path).exists(), path
