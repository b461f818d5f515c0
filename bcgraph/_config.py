"""Settings: environment variables, and a context manager over them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

from bcgraph.errors import UnknownOption

Mode = Literal["graph", "eager"]


@dataclass(frozen=True)
class Config:
    """The settings in force.

    `backend`: its name, or None to go by the arguments. `mode`: "graph", or "eager" to run the
    original functions (breakpoints hit, nothing is converted). `dump`: a folder into which each
    stage of a conversion is written as text; None if no `with` says one (see `dump_folder`).
    `reassociate`: whether loops may be computed in another order, which rounds otherwise; None if
    no `with` says (see `reassociates`).
    """

    backend: str | None
    mode: Mode
    dump: str | None = None
    reassociate: bool | None = None


_CURRENT: ContextVar[Config | None] = ContextVar("bcgraph_config", default=None)


def current() -> Config:
    """The settings in force: those of the innermost `config`, else of the environment."""
    found = _CURRENT.get()
    if found is not None:
        return found
    disabled = os.environ.get("BCGRAPH_DISABLE", "") not in ("", "0")
    return Config(os.environ.get("BCGRAPH_BACKEND") or None, "eager" if disabled else "graph")


def dump_folder() -> str | None:
    """Where to write the stages of a conversion; asked for once for each, not for each call."""
    return current().dump or os.environ.get("BCGRAPH_DUMP") or None


def reassociates() -> bool:
    """Whether loops may be computed in another order; asked for at each call."""
    found = _CURRENT.get()
    if found is not None and found.reassociate is not None:
        return found.reassociate
    return os.environ.get("BCGRAPH_REASSOCIATE", "") not in ("", "0")


@contextmanager
def config(
    *,
    backend: str | None = None,
    mode: Mode | None = None,
    dump: str | None = None,
    reassociate: bool | None = None,
) -> Iterator[Config]:
    """Changes settings inside a `with`.

    Args:
        backend: the name of the backend that functions without one of their own use.
        mode: "graph", or "eager" to run the original functions.
        dump: a folder for the text of each stage of what is converted inside.
        reassociate: whether loops that are maps, reductions, scans or searches are computed all
            turns at once, where the backend can: floats are then rounded otherwise.

    Raises:
        UnknownOption: on another mode.
    """
    if mode not in (None, "graph", "eager"):
        raise UnknownOption(f"there is no mode {mode!r}", mend='use "graph" or "eager"')
    before = current()
    changed = replace(
        before,
        backend=backend or before.backend,
        mode=mode or before.mode,
        dump=dump or before.dump,
        reassociate=before.reassociate if reassociate is None else reassociate,
    )
    token = _CURRENT.set(changed)
    try:
        yield changed
    finally:
        _CURRENT.reset(token)
