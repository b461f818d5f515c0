"""Each test of this folder runs on every backend whose framework is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from programs.ops import HARNESSES, Harness, installed, ops


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `backend` every backend by name; those not installed are skipped, with the reason."""
    if "backend" in metafunc.fixturenames:
        values = [
            pytest.param(
                name,
                marks=[
                    pytest.mark.skipif(not installed(name), reason=f"{name} is not installed"),
                    *([getattr(pytest.mark, name)] if name != "numpy" else []),
                ],
            )
            for name in HARNESSES
        ]
        metafunc.parametrize("backend", values, indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """The backend under test, with `ops` set to its operations."""
    harness = HARNESSES[request.param]()
    with ops.of(harness):
        yield harness
