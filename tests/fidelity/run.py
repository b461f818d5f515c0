"""Runs CPython's own tests, or a package's, and writes what came of them.

    python -m fidelity.run plain|native|staged PACKAGES FOLDER SECONDS TEST…

`plain`: without bcgraph. `native`: with the standard library, the packages and the tests converted,
everything decided by Python. `staged`: converted, every predicate and iteration staged on the
reference backend. Each module's tests run in a child of this process, with what has been converted
so far, for so many seconds at most. PACKAGES is where packages' source distributions are unpacked;
a TEST is `test_…` of the standard library, or `PACKAGE.MODULE` of one of these.
"""

from __future__ import annotations

import builtins
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

# What the interpreter itself or the hook holds on to: a second copy would not be the one in use.
KEPT = {
    "__main__", "_bootstrap_external", "_collections_abc", "_sitebuiltins", "_weakrefset", "abc",
    "builtins", "codecs", "copyreg", "encodings", "genericpath", "importlib", "io", "linecache",
    "ntpath", "os", "posixpath", "runpy", "site", "stat", "sys", "threading", "tokenize", "token",
    "types", "warnings", "weakref", "zipimport", "signal", "atexit", "faulthandler", "traceback",
}  # fmt: skip
FIRST = ("unittest", "unittest.mock", "test.support", "test.support.os_helper", "collections",
         "re", "typing", "dataclasses", "random", "pickle", "doctest")  # fmt: skip


def convert(packages: Path, *, stage_everything: bool) -> Any:
    """Installs the hook, and forgets the modules of the standard library that it shall convert."""
    from bcgraph.testing import install

    theirs = {path.parent.name for path in packages.glob("*/*/__init__.py")}
    names = {*sys.stdlib_module_names, "test", *theirs} - KEPT
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        if name.partition(".")[0] in names and path.endswith(".py"):
            del sys.modules[name]
    return install(names, stage_everything=stage_everything)


def is_converted(module: ModuleType) -> bool:
    """Whether the hook has loaded a module."""
    return type(getattr(module, "__loader__", None)).__module__ == "bcgraph.testing"


def _restoring(call: Any) -> Any:
    """The same, which puts back what a test that failed has left of the interpreter's settings."""
    limit, names = sys.getrecursionlimit(), dict(vars(builtins))

    def restoring(case: Any, method: Any) -> None:
        try:
            call(case, method)
        finally:
            sys.setrecursionlimit(limit)
            vars(builtins).update(names)

    restoring.__bcgraph_disabled__ = True  # else the hooks need frames before the limit is back
    return restoring


def told(name: str, packages: Path, hook: Any) -> dict[str, Any]:
    """Runs one module's tests."""
    import unittest

    sys.argv = [name]
    package, _, module = name.partition(".")
    if module:
        sys.path[:0] = map(str, packages.glob(f"{package}-*"))
    suite = unittest.defaultTestLoader.loadTestsFromName(module or f"test.{name}")
    ran: list[str] = []
    unittest.TestCase._callTestMethod = _restoring(unittest.TestCase._callTestMethod)

    class Result(unittest.TestResult):
        def startTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
            ran.append(test.id())
            super().startTest(test)

    result = Result()
    suite.run(result)
    failed = (*result.failures, *result.errors)
    bad = {test.id(): text for test, text in failed}
    bad |= {test.id(): "unexpected success" for test in result.unexpectedSuccesses}
    skipped = {test.id(): f"skipped: {text}" for test, text in result.skipped}
    lost = {getattr(test, "test_case", test).id() for test, _ in failed} | {*bad, *skipped}
    loaded = [m for m in sys.modules.values() if is_converted(m)]
    return {
        "files": sorted(module.__file__ or "" for module in loaded),
        "ran": ran,
        "passed": sum(test not in lost for test in ran),
        "bad": bad | skipped,
        "refused": {} if hook is None else {k: str(e) for k, e in hook.refused.items()},
    }


def child(name: str, hook: Any, packages: Path, output: Path) -> None:
    """Runs one module's tests, quietly, in a folder of its own."""
    with (output / f"{name}.log").open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    scratch = output / f"{name}.scratch"
    scratch.mkdir()
    os.chdir(scratch)
    status = 1
    try:
        (output / f"{name}.json").write_text(json.dumps(told(name, packages, hook)))
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main(mode: str, packages: str, folder: str, limit: str, *names: str) -> None:
    """Runs the modules one after the other."""
    hook = None
    if mode != "plain":
        hook = convert(Path(packages), stage_everything=mode == "staged")
    for name in FIRST:
        __import__(name)
    for number, name in enumerate(names, start=1):
        print(f"{mode} {number}/{len(names)} {name}", file=sys.stderr, flush=True)
        began = time.monotonic()
        process = os.fork()
        if process == 0:
            os.setsid()
            child(name, hook, Path(packages), Path(folder))
        while os.waitpid(process, os.WNOHANG) == (0, 0):
            if time.monotonic() - began > float(limit):
                os.killpg(process, signal.SIGKILL)
                os.waitpid(process, 0)
                break
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
