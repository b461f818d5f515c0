"""What is to be done instead of a loop: how each value goes on, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from bcgraph_tensorflow._logic import of_not

from ._counting import Counting, Loop, counting
from ._folds import can_scan
from ._operations import acts, is_known, never_fails
from ._reads import SELECTIONS, Reads, constant, origin
from ._updates import Kind, Update, update

MOST_BYTES = 1 << 28  # that all turns of a loop compute together, were nothing of it freed


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The plan for one loop.

    Attributes:
        counting: how its test counts.
        reads: its body's; `asks`: its test's.
        updates: how its values go on, by place, in an order in which they can be computed; what
            is counted and what stays as it is are not among them.
        running: the places of those whose values in each turn are read.
        early: the places of those that decide when the loop ends before it has counted to its end.
        settled: the places of those that are known when that is, and need no gradient.
        turn_bytes: what a turn computes.
        is_prefix: it holds for all turns but the last; the loop does that.
    """

    counting: Counting
    reads: Reads
    asks: Reads
    updates: dict[int, Update]
    running: frozenset[int]
    early: frozenset[int]
    settled: frozenset[int]
    turn_bytes: int
    is_prefix: bool

    @property
    def searches(self) -> bool:
        """Whether the loop may end before it has counted to its end."""
        return bool(self.counting.terms)

    @property
    def most_turns(self) -> int:
        """How many turns may be computed at once."""
        return MOST_BYTES // max(self.turn_bytes, 1)


def planned(loop: Loop) -> Plan | None:
    """The plan for a loop; None where it is to stay one."""
    if acts(loop.test) or acts(loop.body):
        return None
    counts = counting(loop)
    if counts is None:
        return None
    plan = _planned(counts, {})
    known = _known_before_the_last(counts)
    return plan if plan is not None or not known else _planned(counts, known)


def _planned(counts: Counting, known: dict[int, bool]) -> Plan | None:
    loop = counts.loop
    reads, asks = Reads(loop.body, known, counts.is_safe, counts.row), Reads(loop.test)
    updates: dict[int, Update] = {}
    for place in range(len(loop.before)):
        if place in counts.steps:
            continue
        found = update(reads, place)
        if found is None:
            return None
        if found.kind is not Kind.KEPT:
            updates[place] = found
    needs = {place: reads.of(loop.body.outputs[place]) & updates.keys() for place in updates}
    order = _ordered(needs)
    if order is None:
        return None
    ends = frozenset().union(*(asks.of(term) for term in counts.terms)) & updates.keys()
    early = _closure(ends, needs)
    running = frozenset().union(ends, *(needs[place] - {place} for place in needs))
    total = _totals(reads, needs, order)
    plan = Plan(
        counts,
        reads,
        asks,
        {place: updates[place] for place in order},
        running,
        early,
        frozenset(p for p in total if not loop.before[p].dtype.is_floating and counts.terms),
        sum(map(_bytes, (op for op, _ in reads.all_steps(loop.body.outputs)))),
        bool(known),
    )
    return plan if _is_fit(plan, total) else None


def _is_fit(plan: Plan, total: frozenset[int]) -> bool:
    counts, reads = plan.counting, plan.reads
    loop, turns = counts.loop, counts.known
    steps = reads.all_steps(loop.body.outputs)
    asked = plan.asks.all_steps(counts.terms)
    if not all(is_known(op) for op, _ in (*steps, *asked)):
        return False
    if not plan.early <= total or not all(never_fails(*step) for step in asked):
        return False
    if plan.searches and (
        _is_small(turns) or any(u.kind is Kind.LISTED for u in _of(plan, plan.early))
    ):
        return False
    may_turn_not = plan.searches or not turns
    if any(_fails_untaken(op, way, reads, may_turn_not) for op, way in steps):
        return False
    if turns is not None and turns > plan.most_turns:
        return False
    if not all(_is_typed(loop, place, found) for place, found in plan.updates.items()):
        return False
    for place in plan.running:
        is_dynamic = turns is None or (plan.searches and place not in plan.settled)
        count = None if is_dynamic else turns
        if not can_scan(plan.updates[place], loop.before[place].dtype, count):
            return False
        if place in plan.early and not can_scan(
            plan.updates[place], loop.before[place].dtype, turns
        ):
            return False
    return True


def _of(plan: Plan, places: Iterable[int]) -> list[Update]:
    return [plan.updates[place] for place in places]


def _is_small(turns: int | None) -> bool:
    return turns is not None and turns < 2


def _is_typed(loop: Loop, place: int, found: Update) -> bool:
    """Whether the values of all turns fit into one tensor."""
    given, after = loop.body.inputs[place], loop.body.outputs[place]
    if given.dtype == tf.variant:
        return found.kind is Kind.LISTED
    return bool(after.shape.is_fully_defined() and given.shape == after.shape)


def _fails_untaken(op: Any, way: Reads, reads: Reads, may_turn_not: bool) -> bool:
    """Whether it would be done, and may fail, where no turn of the loop does it."""
    if never_fails(op, way):
        return False
    if way is reads:
        return may_turn_not and not way.of(op.outputs[0])
    return not way.of(op.outputs[0])


def _totals(
    reads: Reads, needs: dict[int, frozenset[int]], order: tuple[int, ...]
) -> frozenset[int]:
    """The places of what can be computed for turns that there may not be."""
    found: set[int] = set()
    for place in order:
        steps = reads.all_steps([reads.graph.outputs[place]])
        if needs[place] - {place} <= found and all(never_fails(*step) for step in steps):
            found.add(place)
    return frozenset(found)


def _ordered(needs: dict[int, frozenset[int]]) -> tuple[int, ...] | None:
    """The places, each after those that it needs; None where two need one another."""
    order: list[int] = []
    waiting = dict(needs)
    while waiting:
        ready = [p for p, needed in waiting.items() if not (needed - {p}) & waiting.keys()]
        if not ready:
            return None
        order += ready
        for place in ready:
            del waiting[place]
    return tuple(order)


def _closure(places: Iterable[int], needs: dict[int, frozenset[int]]) -> frozenset[int]:
    found: set[int] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += needs[place]
    return frozenset(found)


def _bytes(op: Any) -> int:
    """What an operation computes; a size that is not known counts as one."""
    sizes = [
        int(np.prod([n or 1 for n in value.shape.as_list()])) * value.dtype.size
        for value in op.outputs
        if value.shape.rank is not None and value.dtype not in (tf.variant, tf.resource, tf.string)
    ]
    return 0 if op.type in ("Const", "Placeholder") else sum(sizes)


def _known_before_the_last(counts: Counting) -> dict[int, bool]:
    """What holds in all turns that another follows: what the test asks of what they leave."""
    found: dict[int, bool] = {}
    loop = counts.loop
    for term in counts.terms:
        for place, given in enumerate(loop.test.inputs[: len(loop.before)]):
            if given is term:
                _tell(loop.body.outputs[place], True, found)
            elif term.op.type == "Equal" and any(origin(side) is given for side in term.op.inputs):
                wanted = [constant(side) for side in term.op.inputs if origin(side) is not given]
                _tell_number(loop.body.outputs[place], wanted, found)
    return found


def _tell_number(after: Any, wanted: list[Any], found: dict[int, bool]) -> None:
    op = origin(after).op
    if op.type not in SELECTIONS or len(wanted) != 1 or wanted[0] is None:
        return
    ways = [constant(way) for way in list(op.inputs)[1:]]
    if all(way is not None for way in ways) and (ways[0] == wanted[0]) != (ways[1] == wanted[0]):
        _tell(op.inputs[0], bool(ways[0] == wanted[0]), found)


def _tell(predicate: Any, holds: bool, found: dict[int, bool]) -> None:
    found[id(predicate)] = holds
    predicate = origin(predicate)
    found[id(predicate)] = holds
    op = predicate.op
    negated = of_not(op)
    if negated is not None:
        _tell(negated, not holds, found)
    elif op.type == ("LogicalAnd" if holds else "LogicalOr"):
        for side in op.inputs:
            _tell(side, holds, found)
