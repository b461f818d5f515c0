"""The graph, its facts and its sites as text; the same on every supported Python.

Read `cond 2 | 3 -> 5` as: the arms are the blocks before and after the bar (`-` is none), then
control is at block 5; `loop 1 2 (6 7) -> 8` as: the body is blocks 1 and 2, the test blocks 6 and
7, and control leaves to block 8.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from bcgraph.cfg import build
from bcgraph.dataflow import analyse
from bcgraph.instructions import Op, read
from bcgraph.regions import RETURN, Cond, Decision, Flow, Site, plan, whole

Function = Callable[..., Any]
HELD: list[tuple[Function, str]] = []


def held(text: str, since_314: str | None = None) -> Callable[[Function], Function]:
    """Holds a function to a text.

    Blocks are numbered as the code lies, and 3.14 lays the test of a `while` at its top: the same
    graph with other numbers.
    """
    if since_314 is not None and sys.version_info >= (3, 14):
        text = since_314

    def hold(function: Function) -> Function:
        HELD.append((function, textwrap.dedent(text).strip()))
        return function

    return hold


def told(function: Function) -> str:
    """Graph, facts and sites."""
    cfg = build(read(function.__code__))
    facts = analyse(cfg)
    flow = whole(cfg, facts)
    sites = [
        site_text(plan(flow, block.id, repeatable=True))
        for block in cfg.blocks
        if block.terminator in (Op.BRANCH, Op.FOR)
    ]
    return "\n".join([str(cfg), str(facts), *sites])


def site_text(site: Site) -> str:
    resumes = "; ".join(" ".join([f"B{r.block}", *r.variables]) for r in site.resumes)
    head = f"site B{site.block}: {' '.join(site.inputs)} => {resumes or 'return'}"
    return "\n    ".join([head, *map(decision_text, site.decisions)])


def decision_text(decision: Decision) -> str:
    to = " ".join("return" if port == RETURN else str(port) for port in decision.ports)
    if isinstance(decision, Cond):
        return f"cond {' | '.join(map(blocks, decision.arms))} -> {to}"
    test = f" ({blocks(decision.test)})" if decision.test else ""
    over = "for" if decision.over else "loop"
    return f"{over} {blocks(decision.body)}{test} -> {to}"


def blocks(flow: Flow | None) -> str:
    return " ".join(map(str, sorted(flow.blocks))) if flow else "-"


@held(
    """
    B0 [0] -> B1
        resume 0
        load x
        load y
        compare_op <Compare.GT: 4>
    B1 [1] -> B2, B3
        branch truth
    B2 [0]
        load x
        return
    B3 [0]
        load y
        load x
        binary_op <BinaryOp.ADD: 0>
        store y
        load y
        return
    B0: live x y | assigned x y
    B1: live x y | assigned x y
    B2: live x | assigned x y
    B3: live x y | assigned x y
    site B1: x y => return
        cond 2 | 3 -> return
    """
)
def early(x, y):
    if x > y:
        return x
    y = y + x
    return y


@held(
    """
    B0 [0] -> B6
        resume 0
        const 0
        store steps
    B1 [0] -> B2
        load n
        const 2
        binary_op <BinaryOp.REMAINDER: 6>
    B2 [1] -> B3, B4
        branch truth
    B3 [0] -> B5
        const 3
        load n
        binary_op <BinaryOp.MULTIPLY: 5>
        const 1
        binary_op <BinaryOp.ADD: 0>
        store n
    B4 [0] -> B5
        load n
        const 2
        binary_op <BinaryOp.FLOOR_DIVIDE: 2>
        store n
    B5 [0] -> B6
        load steps
        const 1
        binary_op <BinaryOp.INPLACE_ADD: 13>
        store steps
    B6 [0] -> B7
        load n
        const 1
        compare_op <Compare.NE: 3>
    B7 [1] -> B1, B8
        branch truth
    B8 [0]
        load steps
        return
    loop B6: B1 B2 B3 B4 B5 B6 B7
    B0: live n | assigned n
    B1: live n steps | assigned n steps
    B2: live n steps | assigned n steps
    B3: live n steps | assigned n steps
    B4: live n steps | assigned n steps
    B5: live n steps | assigned n steps
    B6: live n steps | assigned n steps
    B7: live n steps | assigned n steps
    B8: live steps | assigned n steps
    site B2: n => B5 n
        cond 3 | 4 -> 5
    site B7: n steps => B8 steps
        loop 1 2 3 4 5 (6 7) -> 8
    """,
    """
    B0 [0] -> B1
        resume 0
        const 0
        store steps
    B1 [0] -> B2
        load n
        const 1
        compare_op <Compare.NE: 3>
    B2 [1] -> B3, B8
        branch truth
    B3 [0] -> B4
        load n
        const 2
        binary_op <BinaryOp.REMAINDER: 6>
    B4 [1] -> B5, B6
        branch truth
    B5 [0] -> B7
        const 3
        load n
        binary_op <BinaryOp.MULTIPLY: 5>
        const 1
        binary_op <BinaryOp.ADD: 0>
        store n
    B6 [0] -> B7
        load n
        const 2
        binary_op <BinaryOp.FLOOR_DIVIDE: 2>
        store n
    B7 [0] -> B1
        load steps
        const 1
        binary_op <BinaryOp.INPLACE_ADD: 13>
        store steps
    B8 [0]
        load steps
        return
    loop B1: B1 B2 B3 B4 B5 B6 B7
    B0: live n | assigned n
    B1: live n steps | assigned n steps
    B2: live n steps | assigned n steps
    B3: live n steps | assigned n steps
    B4: live n steps | assigned n steps
    B5: live n steps | assigned n steps
    B6: live n steps | assigned n steps
    B7: live n steps | assigned n steps
    B8: live steps | assigned n steps
    site B2: n steps => B8 steps
        loop 3 4 5 6 7 (1 2) -> 8
    site B4: n => B7 n
        cond 5 | 6 -> 7
    """,
)
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2:
            n = 3 * n + 1
        else:
            n = n // 2
        steps += 1
    return steps


@held(
    """
    B0 [0] -> B1
        resume 0
        const 0
        store total
        load xs
        get_iter
    B1 [1] -> B2, B7
        for
    B2 [2] -> B3
        store x
        load x
        const 0
        compare_op <Compare.LT: 0>
    B3 [2] -> B1, B4
        branch truth
    B4 [1] -> B5
        load total
        load x
        binary_op <BinaryOp.ADD: 0>
        store total
        load total
        load limit
        compare_op <Compare.GT: 4>
    B5 [2] -> B6, B1
        branch truth
    B6 [1] -> B7
        pop
    B7 [0]
        load total
        return
    loop B1: B1 B2 B3 B4 B5
    B0: live xs limit | assigned xs limit
    B1: live limit total | assigned xs limit total
    B2: live limit total | assigned xs limit total
    B3: live limit total x | assigned xs limit total x
    B4: live limit total x | assigned xs limit total x
    B5: live limit total | assigned xs limit total x
    B6: live total | assigned xs limit total x
    B7: live total | assigned xs limit total
    site B1: limit total => B6 total; B7 total
        for 2 3 4 5 -> 7 6
        cond - | 6 -> 7
    site B3: limit total x => B1 limit total; B6 total; B7 total
        cond - | 4 5 -> 1 6
        cond 1 2 3 4 5 | - -> 6 7
        cond 6 | - -> 7
    site B5: limit total => B6 total; B7 total
        cond - | 1 2 3 4 5 -> 6 7
        cond 6 | - -> 7
    """
)
def search(xs, limit):
    total = 0
    for x in xs:
        if x < 0:
            continue
        total = total + x
        if total > limit:
            break
    return total


@held(
    """
    B0 [0] -> B1
        resume 0
        load a
        const 0
        compare_op <Compare.GT: 4>
    B1 [1] -> B2, B5
        branch truth
    B2 [0] -> B3
        load b
        const 0
        compare_op <Compare.GT: 4>
    B3 [1] -> B4, B5
        branch truth
    B4 [0] -> B5
        load x
        const 1
        binary_op <BinaryOp.ADD: 0>
        store x
    B5 [0]
        load x
        return
    B0: live a b x | assigned a b x
    B1: live b x | assigned a b x
    B2: live b x | assigned a b x
    B3: live x | assigned a b x
    B4: live x | assigned a b x
    B5: live x | assigned a b x
    site B1: b x => B4 x; B5 x
        cond 2 3 | - -> 4 5
        cond 4 | - -> 5
    site B3: x => B5 x
        cond 4 | - -> 5
    """
)
def both(a, b, x):
    if a > 0 and b > 0:
        x = x + 1
    return x


@held(
    """
    B0 [0] -> B1
        resume 0
        load a
    B1 [1] -> B2, B3
        branch truth
    B2 [0] -> B3
        const 1
        store y
    B3 [0]
        load y
        return
    B0: live a y | assigned a
    B1: live y | assigned a
    B2: live - | assigned a
    B3: live y | assigned a
    site B1: y => B3 y
        cond 2 | - -> 3
    """
)
def maybe(a):
    if a:
        y = 1
    return y


@held(
    """
    B0 [0] -> B1
        resume 0
    B1 [0] -> B2
        load n
        const 0
        compare_op <Compare.GT: 4>
    B2 [1] -> B4, B10
        branch truth
    B3 [0] -> B4
        load m
        load n
        binary_op <BinaryOp.SUBTRACT: 10>
        store m
    B4 [0] -> B5
        load m
        load n
        compare_op <Compare.GT: 4>
    B5 [1] -> B3, B6
        branch truth
    B6 [0] -> B7
        load m
        load n
        compare_op <Compare.EQ: 2>
    B7 [1] -> B8, B9
        branch truth
    B8 [0]
        load m
        return
    B9 [0] -> B1
        load n
        const 1
        binary_op <BinaryOp.SUBTRACT: 10>
        store n
    B10 [0]
        const 0
        return
    loop B4: B3 B4 B5
    loop B1: B1 B2 B3 B4 B5 B6 B7 B9
    B0: live n m | assigned n m
    B1: live n m | assigned n m
    B2: live n m | assigned n m
    B3: live n m | assigned n m
    B4: live n m | assigned n m
    B5: live n m | assigned n m
    B6: live n m | assigned n m
    B7: live n m | assigned n m
    B8: live m | assigned n m
    B9: live n m | assigned n m
    B10: live - | assigned n m
    site B2: n m => B8 m; B10
        loop 1 2 3 4 5 6 7 9 -> 10 8
        cond 10 | 8 -> return
    site B5: n m => B6 n m
        loop 3 (4 5) -> 6
    site B7: n m => B8 m; B10
        loop 1 2 3 4 5 6 7 9 -> 8 10
        cond 8 | 10 -> return
    """,
    """
    B0 [0] -> B1
        resume 0
    B1 [0] -> B2
        load n
        const 0
        compare_op <Compare.GT: 4>
    B2 [1] -> B3, B10
        branch truth
    B3 [0] -> B4
        load m
        load n
        compare_op <Compare.GT: 4>
    B4 [1] -> B5, B6
        branch truth
    B5 [0] -> B3
        load m
        load n
        binary_op <BinaryOp.SUBTRACT: 10>
        store m
    B6 [0] -> B7
        load m
        load n
        compare_op <Compare.EQ: 2>
    B7 [1] -> B8, B9
        branch truth
    B8 [0]
        load m
        return
    B9 [0] -> B1
        load n
        const 1
        binary_op <BinaryOp.SUBTRACT: 10>
        store n
    B10 [0]
        const 0
        return
    loop B3: B3 B4 B5
    loop B1: B1 B2 B3 B4 B5 B6 B7 B9
    B0: live n m | assigned n m
    B1: live n m | assigned n m
    B2: live n m | assigned n m
    B3: live n m | assigned n m
    B4: live n m | assigned n m
    B5: live n m | assigned n m
    B6: live n m | assigned n m
    B7: live n m | assigned n m
    B8: live m | assigned n m
    B9: live n m | assigned n m
    B10: live - | assigned n m
    site B2: n m => B8 m; B10
        loop 1 2 3 4 5 6 7 9 -> 10 8
        cond 10 | 8 -> return
    site B4: n m => B6 n m
        loop 5 (3 4) -> 6
    site B7: n m => B8 m; B10
        loop 1 2 3 4 5 6 7 9 -> 8 10
        cond 8 | 10 -> return
    """,
)
def nested(n, m):
    while n > 0:
        while m > n:
            m = m - n
        if m == n:
            return m
        n = n - 1
    return 0


@pytest.mark.parametrize(
    ("function", "text"), HELD, ids=lambda value: getattr(value, "__name__", "")
)
def test_text(function: Function, text: str) -> None:
    assert told(function) == text
