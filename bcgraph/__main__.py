"""`python -m bcgraph`: shows what the library does, and which backends it finds.

python -m bcgraph demo [--backend NAME]
python -m bcgraph backends
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, entry_points, version


@dataclass(frozen=True, slots=True)
class Listed:
    """A backend as its package's metadata describes it: nothing of it is imported."""

    name: str
    package: str
    frameworks: tuple[tuple[str, str | None], ...]
    """What the backend's extra requires, with the version installed, if any."""

    @property
    def installed(self) -> bool:
        """Whether all that the backend needs is there."""
        return all(found is not None for _, found in self.frameworks)

    def __str__(self) -> str:
        if not self.installed:
            return f"not installed: pip install '{self.package}[{self.name}]'"
        return "installed: " + ", ".join(f"{name} {found}" for name, found in self.frameworks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bcgraph", description=__doc__.split("\n")[0])
    parser.add_argument("--version", action="version", version=f"bcgraph {version('bcgraph')}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("backends", help="list the backends, and how to install those missing")
    demo = commands.add_parser("demo", help="run some programs eagerly and compiled, and compare")
    demo.add_argument(
        "--backend",
        action="append",
        metavar="NAME",
        help="a backend to show; repeat it for several (default: every installed one)",
    )
    chosen = parser.parse_args(arguments)

    backends = {backend.name: backend for backend in map(_listed, _entry_points())}
    if chosen.command == "backends":
        for backend in backends.values():
            print(f"{backend.name:<12} {backend}")
        return 0

    names = chosen.backend or [name for name, backend in backends.items() if backend.installed]
    for name in names:
        if name not in backends:
            demo.error(f"no backend is named {name!r}; there are: {', '.join(backends)}")
        if not backends[name].installed:
            demo.error(f"{name} is {backends[name]}")
    # Only now: `--help` and `backends` answer without it.
    from bcgraph.demo import show

    return 0 if show(names) else 1


def _entry_points() -> list[EntryPoint]:
    return sorted(entry_points(group="bcgraph.backends"), key=lambda found: found.name)


def _listed(point: EntryPoint) -> Listed:
    """Reads what a backend needs off its package: the extra of the backend's name, else itself."""
    assert point.dist is not None, "entry_points() gives every entry point its distribution"
    frameworks = [
        name
        for name, extra in _requirements(point.dist)
        if extra == point.name or (extra is None and name == point.name)
    ]
    return Listed(
        point.name,
        point.dist.name,
        tuple((name, _version(name)) for name in frameworks or [point.dist.name]),
    )


def _requirements(package: Distribution) -> list[tuple[str, str | None]]:
    """The packages that a package requires, each with the extra that asks for it."""
    found = []
    for line in package.requires or []:
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"""extra\s*==\s*["']([\w.-]+)["']""", line)
        assert name is not None, line
        found.append((name.group(), extra.group(1) if extra else None))
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
