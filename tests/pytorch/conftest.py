"""Tests of what PyTorch's users do; without PyTorch none of them is collected."""

from __future__ import annotations

import importlib.util

import pytest

collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "pytorch" in item.path.parts:
            item.add_marker(pytest.mark.torch)
            for kind in ("DeprecationWarning", "FutureWarning"):  # those of PyTorch itself
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{kind}"))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """The same results, and times, on every machine."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
