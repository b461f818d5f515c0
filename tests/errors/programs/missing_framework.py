from importlib.metadata import EntryPoint

import bcgraph
from bcgraph import _backends


def raises():
    found = _backends._found
    names = ("no_such_framework", "numpy")
    _backends._found = lambda: {name: EntryPoint(name, f"{name}:Backend", "") for name in names}
    try:
        bcgraph.compile(lambda x: x, backend="no_such_framework")
    finally:
        _backends._found = found
