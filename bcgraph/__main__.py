"""`python -m bcgraph`: what bcgraph makes of a function, what is installed, and a demo.

Exit codes: 0, all is well; 1, the demo or the doctor found a problem; 2, what is asked for is not
there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bcgraph._installed import installed

_TARGET = "module:function or file.py:function; the module is imported"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    match chosen.command:
        case "backends":
            for backend in installed().values():
                print(f"{backend.name:<12} {backend}")
            return 0
        case "doctor":
            from bcgraph._doctor import findings

            found = list(findings())
            print(*found, sep="\n")
            return 1 if any(one.fine is False for one in found) else 0
        case "demo":
            return _demo(parser, chosen)
        case _:
            return _shown(parser, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bcgraph",
        description=(__doc__ or "").split("\n")[0],
        epilog=" ".join((__doc__ or "").split("\n")[2:]),
    )
    parser.add_argument("--version", action="version", version=f"bcgraph {version('bcgraph')}")
    commands = parser.add_subparsers(dest="command", required=True)

    explain = commands.add_parser("explain", help="what becomes of each branch and loop")
    explain.add_argument("target", help=_TARGET)
    explain.add_argument("--json", action="store_true", help="print the record as JSON")
    explain.add_argument("--html", metavar="FILE", help="write the page to a file")
    explain.add_argument("--open", action="store_true", help="show the page in a browser")

    graph = commands.add_parser("graph", help="the control-flow graph, as text or as a picture")
    graph.add_argument("target", help=_TARGET)
    graph.add_argument("--svg", metavar="FILE", help="write the picture to a file")

    code = commands.add_parser("code", help="the function as text, read back from its bytecode")
    code.add_argument("target", help=_TARGET)

    commands.add_parser("backends", help="list the backends, and how to install those missing")
    commands.add_parser("doctor", help="whether this machine has what bcgraph needs")
    demo = commands.add_parser("demo", help="run some programs eagerly and compiled, and compare")
    demo.add_argument(
        "--backend",
        action="append",
        metavar="NAME",
        help="a backend to show; repeat it for several (default: every installed one)",
    )
    return parser


def _shown(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    """What there is to see of one function."""
    from bcgraph._target import NoTarget, target
    from bcgraph.show import explain, to_code

    try:
        fn = target(chosen.target)
        told = explain(fn)
    except (NoTarget, TypeError) as reason:
        parser.error(str(reason))
    if chosen.command == "code":
        print(to_code(fn), end="")
    elif chosen.command == "graph":
        if chosen.svg:
            Path(chosen.svg).write_text(told.to_svg() + "\n", encoding="utf-8")
        else:
            print(told.graph)
    elif chosen.json:
        print(told.to_json())
    elif chosen.html or chosen.open:
        _page(told.to_html(), chosen.html, show=chosen.open)
    else:
        print(told)
    return 0


def _page(text: str, file: str | None, *, show: bool) -> None:
    if file is None:
        with tempfile.NamedTemporaryFile(suffix=".html", delete=False) as made:
            file = made.name
    path = Path(file).resolve()
    path.write_text(text, encoding="utf-8")
    if show:
        import webbrowser

        webbrowser.open(path.as_uri())


def _demo(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    backends = installed()
    names = chosen.backend or [name for name, backend in backends.items() if backend.installed]
    for name in names:
        if name not in backends:
            parser.error(f"no backend is named {name!r}; there are: {', '.join(backends)}")
        if not backends[name].installed:
            parser.error(f"{name} is {backends[name]}")
    # Only now: `--help` and `backends` answer without it.
    from bcgraph.demo import show

    return 0 if show(names) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # who reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
