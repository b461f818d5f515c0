"""The operations that stand in the place of a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record as tapes

from . import _folds
from ._counting import Loop
from ._folds import Count
from ._plan import Plan, planned
from ._reads import constant
from ._turns import Given, Turns, Unfit
from ._updates import Kind, is_assigned, neutral

Resume = Callable[[list[Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class Made:
    """What a loop has become: its values after the last turn, and in words what is done instead."""

    values: list[Any]
    told: str


def reassociated(loop: Loop, resume: Resume) -> Made | None:
    """Records what gives the same as a loop, for all of its turns at once.

    `resume` records the loop itself, from other values than at first, for what is left of it.
    None where it is to be recorded as it is.
    """
    plan = planned(loop)
    if plan is None:
        return None
    limit = plan.counting.limit
    given = [*loop.before, *([] if isinstance(limit, int) else [limit])]

    def record(before: list[Any]) -> list[Any]:
        limit = plan.counting.limit if len(before) == len(loop.before) else before[-1]
        return _All(plan, before, limit).values()

    try:
        outside = [value for value, _ in loop.body.captures]
        if tapes.should_record_backprop([*given, *outside]):
            # A tape of the program's sees a call, but not what `pfor` makes.
            made = tf.function(lambda *values: record(list(values)), autograph=False)(*given)
        else:
            made = record(given)
    except (Unfit, ValueError, NotImplementedError):
        return None
    values = list(made)
    for value, inside in zip(values, loop.body.outputs, strict=False):
        if value.dtype != tf.variant:
            value.set_shape(inside.shape)
    leaves_some = plan.is_prefix or not plan.counting.counts_rows
    if leaves_some:
        values = resume([loop.before[0], *values[1:]])  # its own turns, which gradients go back
    return Made(values, _told(plan))


def _told(plan: Plan) -> str:
    kinds = [found.kind.value for found in plan.updates.values() if found.kind is not Kind.REPLACED]
    kinds += ["a search"] if plan.searches else []
    return ", ".join(dict.fromkeys(kinds)) or "all turns at once"


class _All:
    """Records a plan."""

    def __init__(self, plan: Plan, before: list[Any], limit: Any) -> None:
        self.plan, self.before = plan, before
        self.loop = plan.counting.loop
        self.most: Count = plan.counting.count(before, limit)
        if not plan.counting.counts_rows:
            self.most = tf.minimum(self.most, min(plan.most_turns, tf.int32.max))

    def values(self) -> list[Any]:
        """Those after the last turn."""
        plan = self.plan
        if not plan.searches:
            last = self._folded(plan.updates, self.most, {})
            return self._in_order(last, self.most)
        every = self._scanned(plan.early | plan.settled, self.most)
        count = self._end(every)
        if plan.is_prefix:
            count = tf.maximum(count - 1, 0)
        last = {place: _folds.at(every[place], count) for place in plan.settled if place in every}
        rest = [place for place in plan.updates if place not in last]
        known = {place: every[place][: count + 1] for place in last if place in plan.running}
        last |= self._folded(rest, count, known)
        return self._in_order(last, count)

    def _in_order(self, last: dict[int, Any], count: Count) -> list[Any]:
        values = []
        for place, first in enumerate(self.before[: len(self.loop.before)]):
            if place in last:
                values.append(last[place])
            elif place in self.plan.counting.steps:
                step = self.plan.counting.steps[place]
                more = count if step == 1 else count * step
                values.append(tf.add(first, tf.cast(more, first.dtype)))
            else:
                values.append(first)
        return values

    def _turns(self, count: Count) -> Turns:
        """All turns, of which nothing is known but what is counted, and what stays."""
        numbers = tf.range(count, dtype=tf.int32)
        given: list[Given | None] = []
        for place, first in enumerate(self.before[: len(self.loop.before)]):
            if place in self.plan.counting.steps:
                given.append(Given(self._counted(place, first, numbers)))
            elif place in self.plan.updates:
                given.append(None)
            else:
                given.append(Given(first, False))
        return Turns(self.plan.reads, count, numbers, given)

    def _counted(self, place: int, first: Any, numbers: Any) -> Any:
        step = self.plan.counting.steps[place]
        known = constant(self.loop.before[place])
        if known is not None and known == 0 and step == 1 and first.dtype == tf.int32:
            return numbers
        numbers = tf.cast(numbers, first.dtype)
        return first + (numbers if step == 1 else numbers * step)

    def _scanned(self, places: Iterable[int], count: Count) -> dict[int, Any]:
        """The values of some places before the first turn and after each."""
        places, turns = set(places), self._turns(count)
        every: dict[int, Any] = {}
        for place in (p for p in self.plan.updates if p in places):
            every[place] = self._every(place, turns, count)
            turns = turns.with_state(place, Given(every[place][:-1]))
        return every

    def _folded(self, places: Iterable[int], count: Count, every: dict[int, Any]) -> dict[int, Any]:
        """The values of some places after the last turn; `every` holds what is known of others."""
        turns = self._turns(count)
        last: dict[int, Any] = {}
        for place, known in every.items():
            turns = turns.with_state(place, Given(known[:-1]))
        for place in (p for p in self.plan.updates if p in set(places)):
            if place in self.plan.running:
                found = self._every(place, turns, count)
                turns = turns.with_state(place, Given(found[:-1]))
                last[place] = _folds.at(found, count)
            else:
                last[place] = self._last(place, turns, count)
        return last

    def _every(self, place: int, turns: Turns, count: Count) -> Any:
        update, first = self.plan.updates[place], self.before[place]
        if update.kind is Kind.LATEST:
            return _folds.latests(first, *self._assignments(place, turns))
        found = _folds.scanned(update, first, self._each(place, turns), count)
        if isinstance(count, int):
            found.set_shape([count + 1, *first.shape])
        return found

    def _last(self, place: int, turns: Turns, count: Count) -> Any:
        update, first = self.plan.updates[place], self.before[place]
        after = self.loop.body.outputs[place]
        match update.kind:
            case Kind.LISTED:
                return self._listed(place, turns)
            case Kind.LATEST:
                return _folds.latest(first, *self._assignments(place, turns), count)
            case Kind.REPLACED:
                found = turns.of(after)
                if isinstance(count, int) and count:
                    return found.value[-1] if found.stacked else tf.identity(found.value)
                values = turns.stacked(after)
                return _folds.at(tf.concat([first[None], values], 0), count)
        return _folds.folded(update, first, self._each(place, turns))

    def _each(self, place: int, turns: Turns) -> Any:
        """What each turn adds, or the like: what it makes of the neutral value."""
        update, after = self.plan.updates[place], self.loop.body.outputs[place]
        if update.kind is Kind.REPLACED:
            return turns.stacked(after)
        unset = frozenset(p for p in self.plan.updates if not turns.has_state(p))
        turns.prepare(after, unset)
        first = self.before[place]
        value = tf.constant(neutral(update.kind, first.dtype), first.dtype, after.shape)
        return turns.with_state(place, Given(value, False)).stacked(after)

    def _assignments(self, place: int, turns: Turns) -> tuple[Any, Any]:
        after = self.loop.body.outputs[place]
        turns.prepare(after, frozenset(p for p in self.plan.updates if not turns.has_state(p)))
        found = turns.with_state(place, Given(self.before[place], False))
        assigned = is_assigned(self.plan.reads, place, after, found.stacked)
        if not isinstance(assigned, tf.Tensor):
            raise Unfit("it is not known which turns give a value")
        return found.stacked(after), assigned

    def _listed(self, place: int, turns: Turns) -> Any:
        """The list with the elements of all turns."""
        push = self.loop.body.outputs[place].op
        while push.type == "Identity":
            push = push.inputs[0].op
        values, first = turns.stacked(push.inputs[1]), self.before[place]
        shape = tf.constant(values.shape[1:].as_list(), tf.int32)
        while first.op.type == "Identity":
            first = first.op.inputs[0]
        if first.op.type != "EmptyTensorList":
            given = tf.raw_ops.TensorListStack(
                input_handle=first, element_shape=shape, element_dtype=values.dtype
            )
            values = tf.concat([given, values], 0)
        return tf.raw_ops.TensorListFromTensor(tensor=values, element_shape=shape)

    def _end(self, every: dict[int, Any]) -> Any:
        """How many turns the loop makes."""
        counted, plan = self._turns(self.most), self.plan
        given: list[Given | None] = []
        for place, first in enumerate(self.before[: len(self.loop.before)]):
            if place in every:
                given.append(Given(every[place][:-1]))
            elif place in plan.counting.steps:
                given.append(Given(self._counted(place, first, counted.numbers)))
            else:
                given.append(Given(first, False))
        turns = Turns(plan.asks, self.most, counted.numbers, given)
        stops = None
        for term in plan.counting.terms:
            ends = tf.logical_not(turns.stacked(term))
            stops = ends if stops is None else tf.logical_or(stops, ends)
        return tf.argmax(tf.concat([stops, [True]], 0), output_type=tf.int32)
