"""Programs that copy what holds tensors, shallowly and deeply."""

from __future__ import annotations

import copy
import dataclasses
from collections import deque
from typing import Any

from programs.nasty import on
from programs.ops import T, ops

SIGNS = ((T(2.0),), (T(-1.0),))


@dataclasses.dataclass
class Record:
    """Holds a tensor and a list."""

    weight: Any
    log: list[Any]


class Node:
    """Holds another."""

    def __init__(self, value: Any, child: Any = None) -> None:
        self.value, self.child = value, child


@on(*SIGNS)
def deep_list(x: Any) -> Any:
    values = [x, [x * 2]]
    other = copy.deepcopy(values)
    other[1].append(x)
    values[0] = x * 5
    return other[0] + values[0], len(other[1]), len(values[1])


@on(*SIGNS)
def deep_dict_in_an_arm(x: Any) -> Any:
    best, now = {"w": x, "h": [x]}, {"w": x * 2, "h": [x * 3]}
    if x > 0:
        best = copy.deepcopy(now)
    now["w"] = x * 100
    now["h"].append(x)
    return best["w"], best["h"][0], len(best["h"])


@on(*SIGNS)
def deep_record(x: Any) -> Any:
    one = Record(x, [x])
    other = copy.deepcopy(one)
    other.weight = x * 7
    other.log.append(x)
    if x > 0:
        other.log[0] = x * 2
        one = copy.copy(other)
    return one.weight, len(one.log), one.log[0], other.weight


@on(*SIGNS)
def deep_tensor(x: Any) -> Any:
    one, other = copy.deepcopy(x), copy.copy(x)
    return one + other if x > 0 else one - other * 3


@on(*SIGNS)
def shared_parts_stay_shared(x: Any) -> Any:
    part = [x]
    pair = copy.deepcopy((part, part, deque([part])))
    pair[0].append(x * 2)
    return len(pair[1]), len(pair[2][0]), len(part), pair[0] is pair[1]


@on(*SIGNS)
def objects_in_objects(x: Any) -> Any:
    one = Node(x, Node(x * 2))
    one.child.child = one
    other = copy.deepcopy(one)
    other.child.value = x * 10
    if other.child.child.value > 0:
        other.value = x * 3
    return one.value, one.child.value, other.value, other.child.value, other.child.child is other


@on((T(2.0),), (T(7.0),))
def history_of_states(x: Any) -> Any:
    history, state = [], {"w": x, "n": 0}
    while state["w"] < 10:
        state["w"] = state["w"] * 2
        state["n"] += 1
        history.append(copy.deepcopy(state))
    return history[0]["w"], history[-1]["n"], len(history)


@on((T([1.0, -2.0, 3.0]),), (T([-1.0, -2.0, -3.0]),))
def copies_of_a_list_that_grows(values: Any) -> Any:
    found = [values[0]]
    for value in values:
        if value > 0:
            found.append(value)
    one, other = copy.copy(found), copy.deepcopy(found)
    one.append(values[1])
    return len(one), len(other), len(found), ops.stack(other)
