"""For tests of bcgraph, and of programs that use it."""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import MetaPathFinder
from types import CodeType, ModuleType
from typing import Any, ParamSpec, TypeVar, cast

from bcgraph.backend import Backend
from bcgraph.errors import BcgraphError
from bcgraph.runtime import Runtime

P = ParamSpec("P")
R = TypeVar("R")


class _Everything:
    name = "everything"
    symbolic = False

    def is_staged(self, value: object) -> bool:
        return True


class _Nothing:
    """All that is asked while no graph is recorded."""

    name = "nothing"
    symbolic = True

    def is_staged(self, value: object) -> bool:
        return False

    def is_recording(self) -> bool:
        return False

    def adopt(self, kind: type) -> None:
        pass

    def called(self, target: Any, convert: object) -> Any:
        return target


_RUNTIME = Runtime(
    cast("Backend", _Everything()), everything=True
)  # it executes: no other is asked


def stage_everything(fn: Callable[P, R]) -> Callable[P, R]:
    """Converts a function so that every predicate and every iteration counts as staged.

    Regions are executed by the reference backend: the result, the exceptions, the order of
    evaluation must be those of `fn`.
    """
    return _RUNTIME.resolve(fn)  # type: ignore[no-any-return]


def install(packages: Iterable[str], *, stage_everything: bool = False) -> Installed:
    """Converts, from now on, every function of these packages when their modules are imported.

    What the converted modules do must be what they did before. Modules that have been imported
    already stay as they are. Only modules with source files are converted; their caches are
    neither read nor written.

    Args:
        packages: names of top-level packages or modules.
        stage_everything: whether every predicate and iteration is staged, on the reference backend;
            else all are decided by Python, through the guards that a graph needs.

    Returns:
        The hook; `remove()` ends it, `refused` names the functions left as they were, with the
        error that says why.
    """
    hook = Installed(frozenset(packages), stage_everything=stage_everything)
    sys.meta_path.insert(0, hook)
    return hook


class Installed(MetaPathFinder):
    """An import hook; made by `install`."""

    def __init__(self, packages: frozenset[str], *, stage_everything: bool) -> None:
        self.refused: dict[str, BcgraphError] = {}
        self.converted: int = 0
        self._packages = packages
        self._runtime = _RUNTIME if stage_everything else Runtime(_Nothing())  # type: ignore[arg-type]

    def remove(self) -> None:
        """Ends it; what has been imported stays converted."""
        sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module of the packages."""
        if fullname.partition(".")[0] not in self._packages:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = _Loader(fullname, spec.loader.path, self.module)
        return spec

    def module(self, code: CodeType) -> CodeType:
        """A module's or class's code, the functions in it converted."""
        inner = [self._function(c) if isinstance(c, CodeType) else c for c in code.co_consts]
        return code.replace(co_consts=tuple(inner))

    def _function(self, code: CodeType) -> CodeType:
        try:
            made = self._runtime.code(code)
        except BcgraphError as error:
            self.refused[f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}"] = error
            return code
        if made is code:
            return self.module(code)
        self.converted += 1
        return made


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, convert: Callable[[CodeType], CodeType]) -> None:
        super().__init__(name, path)
        self._convert = convert

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self._convert(self.source_to_code(self.get_data(path), path))
