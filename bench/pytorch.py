"""How fast captured graphs run on PyTorch, against the operators written by hand and compiled."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import bcgraph
from bench.measure import medians, seconds, table
from bench.programs import absolute, collatz, grown, squares_of_positives


def main(*, quick: bool) -> None:
    """Runs each program by turns: eagerly, by hand under `torch.compile`, and ours."""
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed")
        return
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    first, steady = [], []
    with torch.no_grad():
        _warm_up()
        for name, function, by_hand, arguments in _programs()[: 2 if quick else None]:
            compiled = bcgraph.compile(function, backend="torch", compiler="inductor")
            ways: dict[str, Callable[..., Any]] = {"eager": function}
            for way, cpp in (("by hand", False), ("by hand, C++", True)):
                options = {"cpp_wrapper": cpp}
                ways[way] = torch.compile(by_hand, fullgraph=True, dynamic=False, options=options)
            ways["bcgraph"] = compiled
            expected = float(function(*arguments))
            row = [name]
            for way, run in ways.items():
                began = time.perf_counter()
                got = float(run(*arguments))
                if way != "eager":
                    row.append(seconds(time.perf_counter() - began))
                assert abs(got - expected) <= 1e-4 * (1 + abs(expected)), (way, got, expected)
            first.append(row)
            times = medians(
                [lambda run=run: [run(*arguments) for _ in range(20)] for run in ways.values()],
                5 if quick else 31,
            )
            calls = [t / 20 for t in times]
            ratios = [f"{t / calls[-1]:.2f}" for t in calls[:-1]]
            steady.append([name, *map(seconds, calls), *ratios])
    print("First call (Inductor's caches warm or cold as they are):\n")
    print(table(["program", "by hand", "by hand, C++", "bcgraph"], first))
    print("\nA call later, and how many times ours each takes:\n")
    names = ["eager", "by hand", "by hand, C++"]
    print(table(["program", *names, "bcgraph", *(f"{n} / ours" for n in names)], steady))


def _warm_up() -> None:
    """Lets Inductor find out about compiler and processor, which the first to come would pay."""
    import torch

    for cpp in (False, True):
        torch.compile(lambda x: x * 2 + 1, options={"cpp_wrapper": cpp})(torch.ones(3))


def _programs() -> list[tuple[str, Callable[..., Any], Callable[..., Any], tuple[Any, ...]]]:
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def zero() -> Any:
        return torch.zeros((), dtype=torch.int64)

    def absolute_by_hand(x: Any) -> Any:
        return torch.cond(x > 0, lambda x: x.clone(), lambda x: -x, (x,))

    def collatz_by_hand(n: Any) -> Any:
        def body(n: Any, steps: Any) -> Any:
            n = torch.cond(n % 2 == 0, lambda n: n // 2, lambda n: 3 * n + 1, (n,))
            return n, steps + 1

        return while_loop(lambda n, steps: n != 1, body, (n.clone(), zero()))[1]

    def squares_by_hand(m: Any) -> Any:
        rows, columns = m.shape

        def outer(i: Any, total: Any) -> Any:
            row = m.index_select(0, i.reshape(1)).squeeze(0)

            def inner(j: Any, total: Any) -> Any:
                v = row.index_select(0, j.reshape(1)).squeeze(0)
                total = torch.cond(
                    v > 0, lambda t, v: t + v * v, lambda t, v: t.clone(), (total, v)
                )
                return j + 1, total

            found = while_loop(lambda j, t: j < columns, inner, (zero(), total.clone()))
            return i + 1, found[1].clone()

        return while_loop(lambda i, t: i < rows, outer, (zero(), torch.zeros(())))[1]

    def grown_by_hand(x: Any, limit: Any) -> Any:
        def body(goes: Any, code: Any, i: Any, x: Any) -> Any:
            x = x * 1.5
            code = torch.where(x > limit, 1, torch.where(x < -limit, 2, 0))
            i = torch.where(code == 0, i + 1, i)
            return (code == 0) & (i < 10), code, i, x

        first = (torch.ones((), dtype=torch.bool), zero(), zero(), x.clone())
        _, code, i, x = while_loop(lambda goes, code, i, x: goes.clone(), body, first)
        return torch.cond(code == 1, lambda x, i: x.clone(), lambda x, i: x - i, (x, i))

    generator = torch.Generator().manual_seed(0)
    return [
        ("absolute", absolute, absolute_by_hand, (torch.tensor(3.0),)),
        ("collatz", collatz, collatz_by_hand, (torch.tensor(27),)),
        (
            "squares of positives",
            squares_of_positives,
            squares_by_hand,
            (torch.randn(4, 3, generator=generator),),
        ),
        ("break and return", grown, grown_by_hand, (torch.tensor(1.0), torch.tensor(30.0))),
    ]
