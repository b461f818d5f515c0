"""Programs in which one container has two names, and what a tensor chose is written.

Those in `REFUSED` use a container after a change of another one that may be the same.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import Any

from programs.nasty import on
from programs.ops import T

VALUES = ((T(3.0),), (T(-2.0),))
ROWS = ((T([3.0, -1.0, 4.0]),), (T([-1.0, 1.0, 0.5]),))

REFUSED: list[Any] = []


def refused(fn: Any) -> Any:
    REFUSED.append(fn)
    return fn


@dataclasses.dataclass
class Record:
    value: Any
    name: str = "record"

    def step(self) -> Record:
        self.value = self.value + 1
        return self


class Node:
    def __init__(self, value: Any) -> None:
        self.value = value


# Two names that stay two names of one


@on(*VALUES)
def alias_made_on_each_path(x: Any) -> Any:
    if x > 0:
        first = [x]
        second = first
    else:
        first = [-x]
        second = first
    first[0] = x * 9
    return first[0] + second[0] * 10


@on(*VALUES)
def alias_node_in_a_list(x: Any) -> Any:
    nodes: list[Any] = []
    if x > 0:
        node = Node(x)
        nodes.append(node)
    else:
        node = Node(x * 2)
        nodes.append(node)
    node.value = x * 5
    return nodes[0].value + node.value * 10


@on(*VALUES)
def alias_inside_what_is_remade(x: Any) -> Any:
    inner = [x]
    outer = {"list": inner}
    if x > 0:
        inner = [x * 2]
        outer = {"list": inner}
    inner[0] = x * 3
    return outer["list"][0]


@on(*VALUES)
def alias_changed_places(x: Any) -> Any:
    a, b = [x], [x + 1]
    if x > 0:
        a, b = b, a
    a[0] = x * 3
    return a[0] * 10 + b[0]


@on(*ROWS)
def alias_changed_places_in_turns(xs: Any) -> Any:
    a, b = [xs[0]], [xs[1]]
    for x in xs:
        a, b = b, a
        a[0] = a[0] + x
    return a[0] * 10 + b[0]


# Copies that nobody else has a name for


@on(*VALUES)
def alias_gone(x: Any) -> Any:
    a, b = [x], [x * 2]
    c = a if x > 0 else b
    if x > 1:
        c[0] = x * 5
    c.append(x)
    return c[0] + c[1]


@on(*VALUES)
def alias_of_nothing(x: Any) -> Any:
    a: list[Any] = []
    b: list[Any] = []
    c = a if x > 0 else b
    c.append(x)
    return c[0]


@on(*VALUES)
def alias_of_what_is_remade_in_a_branch(x: Any) -> Any:
    rows = [x, x]
    if x > 0:
        rows = [x * 2, x]
        if x > 1:
            rows[1] = x * 7
    rows[0] = rows[0] + rows[1]
    return rows[0]


@on(*VALUES)
def alias_state_written_in_each_turn(x: Any) -> Any:
    state = {"n": x}
    while state["n"] < 100:
        state["n"] = state["n"] * 2 + 50
        state = {"n": state["n"] + 1}
    state["n"] += 1
    return state["n"]


@on(*ROWS)
def alias_best_so_far(xs: Any) -> Any:
    state = {"height": xs[0], "speed": xs[1]}
    best = state
    for x in xs:
        state = {"height": state["height"] + x, "speed": state["speed"] * 2}
        if state["height"] > best["height"]:
            best = state
    return best["height"] + state["speed"]


@on(*ROWS)
def alias_best_so_far_copied(xs: Any) -> Any:
    state = {"height": xs[0], "speed": xs[1]}
    best = dict(state)
    for x in xs:
        state = {"height": state["height"] + x, "speed": state["speed"] * 2}
        if state["height"] > best["height"]:
            best = dict(state)
        state["height"] = state["height"] * 0 + 1
    return best["height"] + state["height"]


@on(*VALUES)
def alias_record_that_steps(x: Any) -> Any:
    record = Record(x)
    if x > 0:
        record = Record(x * 2)
    record.step()
    return record.step().value


@on(*ROWS)
def alias_rows_appended(xs: Any) -> Any:
    rows = []
    for x in xs:
        row = [x, x * 2]
        row[0] = x * 5
        rows.append(row)
    return rows[0][0] + rows[2][1]


# Tensors that are views of one


@on(*ROWS)
def alias_views_of_one_tensor(xs: Any) -> Any:
    best = xs[0]
    if xs[1] > best:
        best = xs[1]
    return best


@on(*ROWS)
def alias_views_in_turns(xs: Any) -> Any:
    best, first = xs[0], xs[0]
    for i in range(1, 3):
        if xs[i] > best:
            best = xs[i]
    return best - first


# Use after a change of what may be the same


@refused
def list_chosen(x: Any) -> Any:
    a, b = [x], [x * 2]
    c = a if x > 0 else b
    c.append(x * 3)
    return a[-1] + b[-1]


@refused
def source_written(x: Any) -> Any:
    a, b = [x], [x * 2]
    c = a if x > 0 else b
    a[0] = x * 3
    return c[0]


@refused
def written_in_a_branch(x: Any) -> Any:
    a, b = [x], [x * 2]
    c = a if x > 0 else b
    if x > 1:
        c[0] = x * 5
    return a[0] + b[0]


@refused
def dict_remade(x: Any) -> Any:
    state = {"a": x}
    before = state
    if x > 0:
        state = {"a": x * 2}
    state["a"] = x * 5
    return state["a"] + 10 * before["a"]


@refused
def record_chosen(x: Any) -> Any:
    a, b = Record(x), Record(x * 2)
    c = a if x > 0 else b
    c.value = x * 7
    return a.value


@refused
def deque_chosen(x: Any) -> Any:
    a, b = deque([x], maxlen=1), deque([x * 2], maxlen=1)
    c = a if x > 0 else b
    c.append(x * 9)
    return a[0]


@refused
def two_names_in_a_loop(x: Any) -> Any:
    a = [x]
    b = a
    while x < 10:
        x = x * 2 + 5
        a = [x]
        b = a
    a[0] = x * 3
    return b[0]


@refused
def name_before_a_loop(x: Any) -> Any:
    state = {"n": x}
    before = state
    while state["n"] < 100:
        state["n"] = state["n"] * 2 + 50
        state = {"n": state["n"] + 1}
    return before["n"]


@refused
def best_is_the_state(x: Any) -> Any:
    state = {"n": x}
    best = state
    while x < 10:
        state = {"n": state["n"] + 1}
        if state["n"] > best["n"]:
            best = state
        state["n"] = state["n"] * 0
        x = x + 1
    return best["n"]


@refused
def attribute_chosen(x: Any) -> Any:
    node = Node([x])
    rows = node.value
    if x > 0:
        rows = [x * 2]
    rows[0] = x * 7
    return node.value[0]


@refused
def through_a_closure(x: Any) -> Any:
    a, b = [x], [x * 2]

    def first() -> Any:
        return a[0]

    c = a if x > 0 else b
    c[0] = x * 4
    return first()


@refused
def through_a_call(x: Any) -> Any:
    a, b = [x], [x * 2]

    def push(items: list[Any], value: Any) -> None:
        items.append(value)

    push(a if x > 0 else b, x * 4)
    return x * len(a)


@refused
def returned(x: Any) -> Any:
    a, b = [x], [x * 2]
    c = a if x > 0 else b
    c[0] = x * 5
    return a, b, c


@refused
def in_a_tuple(x: Any) -> Any:
    a, b = [x], [x * 2]
    pair = (a, b) if x > 0 else (b, a)
    pair[0][0] = x * 5
    return a[0] + b[0]


@refused
def keys_of_a_dict(x: Any) -> Any:
    a, b = {"k": x}, {"k": x * 2}
    c = a if x > 0 else b
    c["z"] = x
    return x * ("z" in a)


@refused
def keys_walked(x: Any) -> Any:
    a, b = {"k": x}, {"k": x * 2}
    c = a if x > 0 else b
    c["z"] = x
    for _ in a:
        x = x + 1
    return x


@refused
def number_of_keys(x: Any) -> Any:
    a, b = {"k": x}, {"k": x * 2}
    c = a if x > 0 else b
    c["z"] = x
    return x * len(a)


@refused
def method_of_a_dict(x: Any) -> Any:
    a, b = {"k": x}, {"k": x * 2}
    c = a if x > 0 else b
    c["k"] = x * 5
    return a.get("k", 0)


@refused
def truth_of_a_dict(x: Any) -> Any:
    a: dict[str, Any] = {}
    b: dict[str, Any] = {}
    c = a if x > 0 else b
    c["k"] = x
    return x if b else x * 2


@refused
def list_of_texts(x: Any) -> Any:
    a, b = ["u", "v"], ["u", "v"]
    c = a if x > 0 else b
    c[0] = "w"
    return x if a == ["w", "v"] else x * 2


@refused
def unpacked_by_a_star(x: Any) -> Any:
    a, b = [x], [x]
    c = a if x > 0 else b
    c[0] = x * 7
    return sum([*a, *b])


@refused
def printed(x: Any) -> Any:
    a, b = {"k": x}, {"k": x}
    c = a if x > 0 else b
    c["k"] = x * 7
    print(a)
    return x


@refused
def deleted(x: Any) -> Any:
    a, b = [x, x * 2], [x * 3, x * 4]
    c = a if x > 0 else b
    del c[0]
    return a[0]


@refused
def element_of_a_grown_list(x: Any) -> Any:
    rows = []
    row = [x, x]
    while x < 10:
        rows.append(row)
        x = x + 5
    row[0] = x * 5
    return rows[0][0]


@refused
def element_written_in_place(x: Any) -> Any:
    rows = []
    y = x
    while y < 10:
        rows.append([x, x])
        y = y + 5
    rows[0][0] = x * 9
    return rows[0][0]
