"""What bcgraph, AutoGraph, `torch.compile`, `torch.cond` and JAX print for programs that cannot be.

    python docs/compare/errors.py > docs/errors-compared.md

The programs are those of `tests/errors/programs`; those of `by_hand` say the same with `torch.cond`
and `torch.while_loop`. Each tool runs in a process of its own, and the page holds what it prints,
as it prints it; of more than a screen, where the message begins and ends.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "errors" / "programs"
BY_HAND = Path(__file__).parent / "by_hand"
NAMES = (
    "undefined_on_one_path", "types_of_arms", "structures_of_arms", "types_of_turns",
    "several_elements", "list_index", "key_of_a_dict", "file_in_a_branch", "yield_under_a_tensor",
    "recursion_without_end",
)  # fmt: skip
LINES, BEGIN = 30, 22  # of a message that are shown; of a longer one, from its beginning

TOOLS = {
    "bcgraph": """
import tensorflow as tf
import bcgraph
program = bcgraph.compile(program, backend="tensorflow")
tensor = tf.constant
""",
    "AutoGraph": """
import tensorflow as tf
program = tf.function(program)
tensor = tf.constant
""",
    "torch.compile": """
import torch
program = torch.compile(program, fullgraph=True)
tensor = torch.tensor
""",
    "torch.cond by hand": """
import torch
arguments = {arguments}
program = torch.compile(program, fullgraph=True)
tensor = torch.tensor
""",
    "JAX": """
import jax
program = jax.jit(program)
tensor = jax.numpy.array
""",
}
CALL = "\nprint('It gave', program(*map(tensor, arguments)))\n"


def printed(name: str, tool: str) -> tuple[str, bool]:
    """What a tool prints for a program, and whether it ended in an error."""
    file = f"{name}.py"
    original = (PROGRAMS / file).read_text()
    by_hand = "{arguments}" in TOOLS[tool]
    text = (BY_HAND / file).read_text() if by_hand else original
    given = TOOLS[tool].replace("{arguments}", original.partition("arguments = ")[2].strip())
    code = (
        f"import linecache\ntext = {text!r}\n"
        f"open({file!r}, 'w').write(text)\n"
        f"exec(compile(text, {file!r}, 'exec'))\n" + given + CALL
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": _paths()}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False,
            env=environment, timeout=600,
        )  # fmt: skip
    if done.returncode == 0:
        return done.stdout.strip(), False
    return _cleaned(done.stderr), True


def _paths() -> str:
    return os.pathsep.join([str(ROOT), str(ROOT / "backends")])


def _cleaned(text: str) -> str:
    """A traceback without log lines, addresses and this machine's paths."""
    start = text.find("Traceback (most recent call last)")
    text = text[max(start, 0) :]
    text = re.sub(r'File "[^"]*/site-packages/', 'File ".../', text)
    text = re.sub(r"(/\w+)*/__autograph_generated_file\w+", "__autograph_generated_file…", text)
    text = re.sub(r" at 0x[0-9a-f]+", " at 0x…", text)
    return text.strip()


def section(name: str) -> str:
    """One program and what each tool prints."""
    program = (PROGRAMS / f"{name}.py").read_text().partition("\n\n\narguments")[0].strip()
    parts = [f"## {name.replace('_', ' ').capitalize()}", f"```python\n{program}\n```"]
    for tool in TOOLS:
        text, failed = printed(name, tool)
        lines = text.splitlines()
        told = "an error" if failed else "no error"
        known = "named" if f"{name}.py" in text else "not named"
        size = f"{len(lines)} lines printed, the program's line {known}" if failed else ""
        cut = [line if len(line) <= 160 else f"{line[:159]}…" for line in _message(lines)]
        parts.append(f"**{tool}** — {size or told}")
        if tool == "torch.cond by hand":
            parts.append(f"```python\n{(BY_HAND / f'{name}.py').read_text().strip()}\n```")
        parts.append(f"```text\n{chr(10).join(cut)}\n```")
    return "\n\n".join(parts)


def _message(lines: list[str]) -> list[str]:
    """What is printed; where that is too long, the exception's own lines, without the middle."""
    start = 0
    if len(lines) > LINES:
        begins = [
            i for i, line in enumerate(lines) if re.match(r"[\w.]+(Error|Exception)?: ", line)
        ]
        start = begins[0] if begins else 0
    shown = lines[start:]
    if len(shown) > LINES:
        shown = [*shown[:BEGIN], "…", *shown[BEGIN - LINES :]]
    return ["…", *shown] if start else shown


def main() -> None:
    """Prints the page."""
    print("# Errors beside those of others\n")
    print(
        "Ten programs that no graph can hold, and what each tool prints for them; `…` stands for\n"
        "what is left out of long messages. Beside `torch.compile` of the program itself is one\n"
        "that says the same by hand with `torch.cond` and `torch.while_loop`, under\n"
        "`torch.compile(fullgraph=True)`. Made by `python docs/compare/errors.py`.\n"
    )
    print(_versions(), end="\n\n")
    print("\n\n".join(map(section, NAMES)))


def _versions() -> str:
    from importlib.metadata import version

    names = ("tensorflow", "torch", "jax")
    return "Versions: " + ", ".join(f"{name} {version(name)}" for name in names) + "."


if __name__ == "__main__":
    main()
