"""The function that `module:function` or `file.py:function` names on the command line."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


class NoTarget(Exception):
    """What is named is not there."""


def target(named: str) -> Any:
    """The function (or compiled function, or method: `module:Class.method`) of this name.

    Its module is imported: a file is run, as by `import`.

    Raises:
        NoTarget: if there is no such module, file or function, with the reason.
    """
    where, colon, name = named.rpartition(":")
    if not colon or not name:
        raise NoTarget(f"{named!r} is not of the form module:function or file.py:function")
    found: Any = _module(where)
    for part in name.split("."):
        if not hasattr(found, part):
            raise NoTarget(f"{where} has no {name!r}")
        found = getattr(found, part)
    if not callable(found):
        raise NoTarget(f"{named} is no function, but {found!r}")
    return found


def _module(where: str) -> ModuleType:
    if not where.endswith(".py"):
        sys.path.insert(0, "")
        try:
            return importlib.import_module(where)
        except ModuleNotFoundError as error:
            raise NoTarget(f"there is no module {error.name!r}") from error
        finally:
            sys.path.remove("")
    path = Path(where).resolve()
    if not path.is_file():
        raise NoTarget(f"there is no file {where}")
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None, "a file whose name ends in .py has a loader"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
