"""What staging a site means, as data."""

from __future__ import annotations

from typing import NamedTuple

from ._flow import Flow
from ._head import Head


class Cond(NamedTuple):
    """One of several arms runs, then control is at one of `ports`.

    `arms[i]` starts at `targets[i]`; None where the target is itself a port.
    """

    targets: tuple[int, ...]
    arms: tuple[Flow | None, ...]
    ports: tuple[int, ...]


class Loop(NamedTuple):
    """A body runs while it comes back to `start`; then control is at one of `ports`.

    `targets` and `stays` say which of the site's targets enters the body (`targets[stays]`). `test`
    is the flow of the loop's own test where that is pure: it leaves at `enters` for another turn;
    the state is then that in front of the test, `start`. `over` says that the site is a `for`:
    the body begins with an item; it may have a `head`, the only other way out of the loop.
    """

    targets: tuple[int, ...]
    stays: int
    start: int
    body: Flow
    test: Flow | None
    enters: int
    ports: tuple[int, ...]
    over: bool
    head: Head | None = None


Decision = Cond | Loop


class Resume(NamedTuple):
    """A block of the flow at which it goes on after a site was staged."""

    block: int
    variables: tuple[str, ...]
    operands: int  # how many lie on the stack above the site's base


class Site(NamedTuple):
    """A branch or `for` of a flow and all that may follow when it is staged.

    `caught` are ways to stage it together with handlers around it, for what is raised inside; each
    has the number of those `handlers`. `turn` is the site of the `for` whose turn begins with this
    branch, its head.
    """

    block: int
    decisions: tuple[Decision, ...]
    inputs: tuple[str, ...]
    base: int
    resumes: tuple[Resume, ...]
    escaping: tuple[str, ...]  # variables to store before an exception goes on
    refusal: str | None
    caught: tuple[Site, ...] = ()
    handlers: int = 0
    turn: Site | None = None

    @property
    def onward(self) -> bool:
        """Whether the first decision only chooses an arm, none of which comes back to the site."""
        first = self.decisions[0]
        return isinstance(first, Cond) and not any(
            arm is not None and arm.holds(self.block) for arm in first.arms
        )


def flows_of(decision: Decision) -> list[Flow]:
    """The flows that it runs."""
    if isinstance(decision, Cond):
        return [arm for arm in decision.arms if arm is not None]
    return [decision.body] if decision.test is None else [decision.body, decision.test]
