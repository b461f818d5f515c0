"""Without pyright and mypy (`tox run -e types` has both) none of these tests is collected."""

import importlib.util

found = all(importlib.util.find_spec(name) for name in ("pyright", "mypy"))
collect_ignore_glob = [] if found else ["test_*.py"]
