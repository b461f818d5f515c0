"""Random programs on tensors, for PyTorch: `python -m programs.tensor_programs --count 500`.

Run it in `tests/`. A program is a function of two float vectors and a scalar; its loops end, and
its values stay of moderate size, so that eager execution tells what it gives, and its gradient.
"""

from __future__ import annotations

import argparse
import random
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

from programs.writer import Writer

VECTORS, SCALARS, NUMBERS = ("a", "b", "v"), ("s", "t"), ("i", "k")


class _Writer(Writer):
    """Writes one program."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.loops = 0
        self.lists = rng.random() < 0.3
        self.maybe = rng.random() < 0.3

    def program(self) -> str:
        self.put(1, "v = a * 0.5 + b")
        self.put(1, "t = s + 1.0")
        self.put(1, "i, k = 0, 1.5")
        if self.lists:
            self.put(1, "out = []")
        if self.maybe:
            self.put(1, "m = None")
        self.suite(1, self.rng.choice((3, 5, 7)))
        if self.lists:
            self.put(1, "if len(out) > 0:")
            self.put(2, "v = v + torch.stack(out).sum(0)")
        if self.maybe:
            self.put(1, "if m is not None:")
            self.put(2, "t = t + m")
        self.put(1, "return v, s * k + t, i")
        return self.function("a, b, s")

    def statement(self, depth: int) -> None:
        rng = self.rng
        kinds = ["vector", "scalar", "vector", "scalar", "number", "write"]
        if depth < 4:
            kinds += ["if", "if", "ifelse", "ifelse", "while", "for", "rows", "helper"]
        if self.loops:
            kinds += ["leave"]
        if self.lists:
            kinds += ["append"] * 2
        if self.maybe:
            kinds += ["remember"]
        if depth > 1:
            kinds += ["return"]
        getattr(self, f"_{rng.choice(kinds)}")(depth)

    def _vector(self, depth: int) -> None:
        x, y = self.rng.choice(VECTORS), self.rng.choice(VECTORS)
        s = self.scalar()
        form = self.rng.choice((
            f"torch.sin({y}) + {s}", f"torch.tanh({y} * {s})", f"{y} * 0.9", f"{y} - {s}",
            f"torch.where({y} > 0, {y}, {s})", f"{y}.flip(0)", f"torch.cos({x}) * {y}",
            f"{y}.clone()", f"{y}",
        ))  # fmt: skip
        self.put(depth, f"{self.rng.choice(VECTORS)} = {form}")

    def _scalar(self, depth: int) -> None:
        y, s = self.rng.choice(VECTORS), self.scalar()
        form = self.rng.choice((
            f"{y}.mean() + {s}", f"torch.tanh(t * {s})", f"{s} * 0.5 + i", f"{y}[0] - {s}",
            f"{y}.max()", f"torch.sigmoid({y}.sum())", f"{s} if {self.condition()} else {y}[-1]",
        ))  # fmt: skip
        self.put(depth, f"{self.rng.choice(SCALARS)} = ({form}) + 0 * a[0]")  # a tensor always

    def _number(self, depth: int) -> None:
        self.put(
            depth, self.rng.choice(("i += 1", "k = k * 0.5", "i = 2", "k = 1.25", "k = i + 0.5"))
        )

    def _write(self, depth: int) -> None:
        x = self.rng.choice(VECTORS)
        self.put(depth, f"{x} = {x}.clone()")
        self.put(depth, self.rng.choice((f"{x}[1] = {self.scalar()}", f"{x} += {self.scalar()}",
                                         f"{x}.mul_(0.5)", f"{x}[i % 3] = k")))  # fmt: skip

    def _if(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.suite(depth + 1, self.rng.choice((1, 2)))

    def _ifelse(self, depth: int) -> None:
        self._if(depth)
        if self.rng.random() < 0.3:
            self.put(depth, f"elif {self.condition()}:")
            self.suite(depth + 1, 1)
        self.put(depth, "else:")
        self.suite(depth + 1, self.rng.choice((1, 2)))

    def _while(self, depth: int) -> None:
        self.serial += 1
        n, limit = f"n{self.serial}", self.rng.choice((2, 3, 5))
        self.put(depth, f"{n} = 0")
        self.put(depth, f"while {n} < {limit} and ({self.condition()}):")
        self.put(depth + 1, f"{n} += 1")
        self._body(depth)

    def _for(self, depth: int) -> None:
        self.serial += 1
        bound = self.rng.choice(("3", "2", "int(abs(s)) % 4", "(v > 0).sum()"))
        self.put(depth, f"for j{self.serial} in range({bound}):")
        self.put(depth + 1, f"t = torch.tanh(t) + j{self.serial} * 0.1")
        self._body(depth)

    def _rows(self, depth: int) -> None:
        self.serial += 1
        self.put(depth, f"for r{self.serial} in {self.rng.choice(VECTORS)}:")
        self.put(depth + 1, f"s = torch.tanh(s + r{self.serial})")
        self._body(depth)

    def _body(self, depth: int) -> None:
        self.loops += 1
        self.suite(depth + 1, self.rng.choice((1, 2, 2)))
        self.loops -= 1
        if self.rng.random() < 0.2:
            self.put(depth, "else:")
            self.statement(depth + 1)

    def _leave(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.put(depth + 1, self.rng.choice(("break", "continue")))

    def _return(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.put(depth + 1, f"return {self.rng.choice(VECTORS)} * k, {self.scalar()} + 0 * a[0], i")

    def _append(self, depth: int) -> None:
        self.put(depth, f"out.append({self.rng.choice(VECTORS)} * 0.1)")

    def _remember(self, depth: int) -> None:
        form = self.rng.choice((
            f"if m is None or m < {self.scalar()}:", "if m is None:", f"if {self.condition()}:",
        ))  # fmt: skip
        self.put(depth, form)
        self.put(depth + 1, f"m = {self.scalar()} + 0 * a[0]")

    def _helper(self, depth: int) -> None:
        self.serial += 1
        name, x = f"h{self.serial}", self.rng.choice(VECTORS)
        self.put(depth, f"def {name}(x, y=s):")
        self.put(depth + 1, f"if x.sum() > {self.rng.choice((-1, 0, 1))}:")
        self.put(depth + 2, self.rng.choice(("return x * y", "return x - y", "x = x + t")))
        self.put(depth + 1, "return x")
        self.put(depth, f"{x} = {name}({self.rng.choice(VECTORS)})")

    def scalar(self) -> str:
        return self.rng.choice(("s", "t", "0.5", "k", "i", "1.0", "s", "t"))

    def condition(self) -> str:
        rng = self.rng
        simple = [
            f"{rng.choice(VECTORS)}.sum() > {rng.choice((-1.5, 0.0, 0.3, 1.0))}",
            f"{rng.choice(SCALARS)} < {rng.choice((-0.5, 0.1, 0.8))}",
            f"{rng.choice(VECTORS)}[{rng.choice((0, 1, 2))}] > {rng.choice(SCALARS)}",
            f"i < {rng.choice((1, 2, 3))}",
            f"k > {rng.choice((0.3, 1.0))}",
            f"0 < {rng.choice(SCALARS)} < 1",
        ]
        text = rng.choice(simple)
        if rng.random() < 0.3:
            text = f"{text} {rng.choice(('and', 'or'))} {rng.choice(simple)}"
        return f"not ({text})" if rng.random() < 0.1 else text


def program(seed: int) -> str:
    """The source text of the program of a seed: a function `f(a, b, s)`."""
    return _Writer(random.Random(seed)).program()


def difference(source: str, **options: Any) -> str:
    """How the compiled program differs from eager execution; empty if it does not."""
    import torch

    import bcgraph

    namespace: dict[str, Any] = {"torch": torch, "__name__": "random_program"}
    exec(compile(source, "<random>", "exec"), namespace)
    function = namespace["f"]
    compiled = bcgraph.compile(function, backend="torch", **options)
    rng = torch.Generator().manual_seed(0)
    for number in range(4):
        inputs = [torch.randn(n, generator=rng) for n in ((3,), (3,), ())]
        expected = _outcome(function, inputs)
        got = _outcome(compiled, inputs)
        told = _told(expected, got)
        if told:
            return f"inputs {number}: {told}"
    return ""


def _outcome(function: Callable[..., Any], inputs: list[Any]) -> Any:
    """Results and gradients, or the exception."""
    import torch

    given = [x.clone().requires_grad_() for x in inputs]
    try:
        results = function(*given)
    except Exception as error:
        return error
    loss: Any = 0.0
    for weight, result in zip((1.0, 0.7, 0.0), results, strict=True):
        result = torch.as_tensor(result)
        if result.requires_grad:
            loss = loss + weight * result.sum()
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return results, [None] * 3
    return results, list(torch.autograd.grad(loss, given, allow_unused=True))


def _told(expected: Any, got: Any) -> str:
    import torch

    if isinstance(expected, Exception) or isinstance(got, Exception):
        if type(expected) is type(got):
            return ""
        return f"expected {expected!r:.300}, got {got!r:.600}"
    for name, ones, others in zip(("result", "gradient"), expected, got, strict=True):
        for number, (one, other) in enumerate(zip(ones, others, strict=True)):
            one = torch.zeros(1) if one is None else torch.as_tensor(one)
            other = torch.zeros(1) if other is None else torch.as_tensor(other)
            close = torch.allclose(one.double(), other.double(), 1e-4, 1e-5, equal_nan=True)
            if not close:
                return f"{name} {number}: expected {one.tolist()}, got {other.tolist()}"
    return ""


def main() -> int:
    """Run the command; 1 if a program differs."""
    parser = argparse.ArgumentParser(prog="programs.tensor_programs", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compiler", default="python")
    options = parser.parse_args()
    began, failures = time.monotonic(), 0
    for seed in range(options.seed, options.seed + options.count):
        found = difference(program(seed), compiler=options.compiler)
        if found:
            failures += 1
            print(f"seed {seed}: {textwrap.shorten(found, 500)}", flush=True)
    print(f"{options.count} programs, {failures} differ, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
