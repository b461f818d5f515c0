"""A site staged once more: ways that did not agree go on apart, what raises meets its handler."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from bcgraph.errors import BcgraphError, CaughtRaise, Disagreement
from bcgraph.regions import Flow, Site, apart

from ._caught import handled
from ._native import is_long, replayed
from ._raises import Unreachable
from ._region import Environment
from ._undone import Effects

if TYPE_CHECKING:
    from ._symbolic import Stager

_MOST_APART = 64  # sites in one, of which the rest of the function is recorded for each way


def repeatable(at: Environment) -> Environment:
    """A copy of a state, which can be gone on with after the state itself was."""
    at.operands = [v if is_long(v) else replayed(v) for v in at.operands]
    copied = at.copy()
    copied.operands = [copy.copy(v) if is_long(v) else v for v in at.operands]
    return copied


class Apart:
    """Stages a site once more; `disagreement` is that of the last two ways that did not agree."""

    def __init__(self, stager: Stager) -> None:
        self.stager = stager
        self.disagreement: BcgraphError | None = None
        self._followed: tuple[BcgraphError, Site] | None = None  # after a part of which it came
        self.count = 0  # how many sites in one have been recorded with their ways apart

    def stage(
        self,
        error: Disagreement,
        flow: Flow,
        site: Site,
        at: Callable[[Site], Environment],
        frame: FrameType,
    ) -> tuple[int | None, Any]:
        """Stages a site of a frame, in which ways did not agree, with both going on apart.

        They go on to where the flow is left. `at` gives the state in front of the site. Raises the
        error if that can't be done.
        """
        parted = apart(flow, site) if self.disagreement is error else None
        if parted is None or self.count == _MOST_APART:
            raise error
        self.count += 1
        begun = self._followed == (error, site)
        try:
            state = at(parted)
            if begun and not self._is_repeatable(flow, site, state.copy()):
                raise error
            with handled(frame, parted.handlers):
                return self.stager.stage(flow, parted, state)
        except Exception as again:  # whatever a way has run into, they did not agree before
            if isinstance(again, BcgraphError | Unreachable) and not isinstance(
                again, Disagreement
            ):
                raise
            self.disagreement = error
            raise error from None

    def with_handlers(
        self,
        error: CaughtRaise,
        flow: Flow,
        site: Site,
        at: Callable[[Site], Environment],
        frame: FrameType,
    ) -> tuple[int | None, Any]:
        """Stages a site of a frame, in which something is raised, together with what catches it.

        `at` gives the state in front of the site. Raises the error if that can't be done.
        """
        begun = self._followed == (error, site)
        for wider in site.caught:
            state = at(wider)
            if begun and not self._is_repeatable(flow, site, state.copy()):
                raise error
            try:
                with handled(frame, wider.handlers):
                    return self.stager.stage(flow, wider, state.copy())
            except CaughtRaise:
                continue
        raise error

    @contextmanager
    def following(self, site: Site) -> Iterator[None]:
        """Inside, a part of a site has been recorded where the site lies."""
        try:
            yield
        except (CaughtRaise, Disagreement) as error:
            self._followed = error, site
            raise

    def _is_repeatable(self, flow: Flow, site: Site, at: Environment) -> bool:
        """Whether a site's first decision may be recorded again, and run twice."""
        effects: list[Effects] = []

        def attempt() -> None:
            self.stager.journal.enter()
            try:
                self.stager.first(flow, site, site.decisions[0], at)
            finally:
                effects.append(self.stager.journal.leave())

        return self.stager.backend.is_pure(attempt) and not any(effects)
