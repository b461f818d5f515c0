"""The backends that packages offer, as their metadata tells: nothing of them is imported."""

from __future__ import annotations

import re
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


def installed() -> dict[str, Listed]:
    """The backends by name."""
    return {backend.name: backend for backend in map(_listed, _entry_points())}


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
