"""`python -m bcgraph demo`: the same programs, eagerly and as one graph, on each backend.

For every program it prints the text, what was staged and why, the results of both, and the size
of the graph, and says at the end whether all agreed:

    tensorflow 2.21.0: all 6 programs give what eager execution gives
"""

import textwrap
from collections.abc import Sequence
from typing import Any

import bcgraph
from bcgraph.demo import _frameworks
from bcgraph.demo.programs import Program, programs

_WIDTH = 88


def show(backends: Sequence[str]) -> bool:
    """Prints the programs' runs on each of the backends.

    Returns:
        Whether every compiled program gave what the same program gives eagerly.
    """
    verdicts = [_show_backend(name) for name in backends]
    print("=" * _WIDTH)
    for _, line in verdicts:
        print(line)
    return all(agreed for agreed, _ in verdicts)


def _show_backend(name: str) -> tuple[bool, str]:
    print("=" * _WIDTH)
    print(f"importing {name} …", end=" ", flush=True)
    framework = _frameworks.load(name)
    if framework is None:
        print("left out.\n")
        return True, f"{name}: not shown, the demo has no programs for this backend"
    print(f"{framework.version}, {framework.seconds:.1f} s\n")

    shown = programs(framework.stack)
    failed = []
    for number, program in enumerate(shown, start=1):
        print(f"{name} {number}/{len(shown)}: {program.title}\n", flush=True)
        if not _show_program(program, name, framework):
            failed.append(program.title)
        print()
    title = f"{name} {framework.version}"
    if failed:
        return False, f"{title}: {len(failed)} of {len(shown)} differ: {'; '.join(failed)}"
    return True, f"{title}: all {len(shown)} programs give what eager execution gives"


def _show_program(program: Program, backend: str, framework: _frameworks.Framework) -> bool:
    """Prints one program's run, and says whether it agreed with eager execution throughout."""
    print(textwrap.indent(program.text, "    "), end="\n\n")
    compiled = bcgraph.compile(program.function, backend=backend)
    agreed = True
    try:
        for values in program.inputs:
            tensors = tuple(framework.tensor(value) for value in values)
            expected, result = _plain(program.function(*tensors)), _plain(compiled(*tensors))
            same = expected == result
            agreed = agreed and same
            call = ", ".join(map(repr, values))
            print(
                f"  {call:<30} eager {expected!s:<18} compiled {result!s:<18}"
                f" {'same' if same else 'DIFFERENT'}"
            )
        print(textwrap.indent(str(bcgraph.explain(compiled)).rstrip(), "  "))
        if framework.graph_size is not None:
            print(f"  {framework.graph_size(program.function, tensors)} operations in the graph")
    except Exception as error:  # a demo that fails goes on, and says so in its verdict
        print(textwrap.indent(f"{type(error).__name__}: {error}", "  "))
        return False
    return agreed


def _plain(value: Any) -> Any:
    """A framework's tensor as Python numbers and lists."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    return value.tolist() if hasattr(value, "tolist") else value
