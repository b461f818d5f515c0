"""Tests of what TensorFlow's users do; without TensorFlow none of them is collected."""

from __future__ import annotations

import importlib.util

import pytest

collect_ignore_glob = [] if importlib.util.find_spec("tensorflow") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tensorflow_users" in item.path.parts:
            item.add_marker(pytest.mark.tensorflow)
            for kind in ("DeprecationWarning", "FutureWarning"):  # those of TensorFlow and Keras
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{kind}"))
