"""Random programs on scalars, for TensorFlow: `python -m programs.scalar_programs --count 500`.

Run it in `tests/`. A program is a function of two floats, two integers and a vector; it divides,
takes items and roots under conditions that may or may not keep these from failing, so that a way
that is not taken is seen at once if it is computed: by an error, or in a gradient.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

from programs.writer import Writer

FLOATS, INTEGERS = ("x", "y", "z"), ("n", "m", "k")
INPUTS = ((1.5, -0.5, 3, 2), (-2.0, 0.0, 0, 5), (0.0, 4.0, -3, 1), (3.0, 2.5, 7, -2))


class _Writer(Writer):
    """Writes one program."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.loops: list[str] = []

    def program(self) -> str:
        self.put(1, "z, k = 0.5, 0")
        self.suite(1, self.rng.choice((3, 4, 5)))
        self.put(1, "return x + 0 * y, y, z, n, m, k")
        return self.function("x, y, n, m, v")

    def statement(self, depth: int) -> None:
        kinds = [self.real, self.integer]
        if depth < 4:
            kinds += [self.branch, self.branch, self.loop, self.loop]
        if self.loops:
            kinds += [self.leave, self.leave]
        if depth > 1:
            kinds += [self.leave_function]
        self.rng.choice(kinds)(depth)

    def real(self, depth: int) -> None:
        rng, a, b = self.rng, self.rng.choice(FLOATS), self.rng.choice(FLOATS)
        form = rng.choice((
            f"{a} + {b}", f"{a} - {b}", f"{a} * 0.5", f"{a} * {b} * 0.25", f"{a} / {b}", f"-{a}",
            f"tf.sqrt(tf.abs({a})) if {a} > 0 else {a}", f"v[{rng.choice(INTEGERS)}] + {a}",
            f"tf.sqrt({a} * 1.0)", "0.0", "1.5", f"tf.tanh({a})",
            f"{a} / {b} if {b} > 0.5 else {a}", f"tf.cast(n, tf.float32) + {a}",
        ))  # fmt: skip
        self.put(depth, f"{rng.choice(FLOATS)} = {form}")

    def integer(self, depth: int) -> None:
        rng, a, b = self.rng, self.rng.choice(INTEGERS), self.rng.choice(INTEGERS)
        form = rng.choice((
            f"{a} + 1", f"{a} - {b}", f"{a} // 2", f"{a} // {b} if {b} != 0 else {a}", f"{a} % 3",
            f"{a} // {b}", f"{a} % {b}", "0", "2", f"{a} * 2",
        ))  # fmt: skip
        self.put(depth, f"{rng.choice(INTEGERS)} = {form}")

    def condition(self) -> str:
        rng, a, b = self.rng, self.rng.choice(INTEGERS), self.rng.choice(INTEGERS)
        c, d = rng.choice(FLOATS), rng.choice(FLOATS)
        simple = (
            f"{c} > {rng.choice((-1.0, 0.0, 1.0))}", f"{c} < {d}", f"{a} > {rng.choice((0, 1, 3))}",
            f"{a} < {b}", f"{a} != 0", f"{b} > 0 and {a} % {b} == 0",
            f"0 <= {a} < 3 and v[{a}] > {c}", f"{c} > 0 and tf.sqrt({c}) < 1.5",
        )  # fmt: skip
        text = rng.choice(simple)
        if rng.random() < 0.3:
            text = f"({text}) {rng.choice(('and', 'or'))} ({rng.choice(simple)})"
        return f"not ({text})" if rng.random() < 0.1 else text

    def branch(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.suite(depth + 1, self.rng.choice((1, 2)))
        if self.rng.random() < 0.5:
            self.put(depth, "else:")
            self.suite(depth + 1, 1)

    def loop(self, depth: int) -> None:
        self.serial += 1
        turn = f"i{self.serial}"
        kind = self.rng.choice(("while", "range", "staged", "rows", "true"))
        if kind in ("while", "true"):
            self.put(depth, f"{turn} = 0")
            test = "True" if kind == "true" else f"{turn} < 4 and ({self.condition()})"
            self.put(depth, f"while {test}:")
            self.put(depth + 1, f"{turn} += 1")
            if kind == "true":
                self.put(depth + 1, f"if {turn} > 4 or ({self.condition()}):")
                self.put(depth + 2, "break")
        elif kind == "rows":
            self.put(depth, f"for {turn} in v:")
            self.put(depth + 1, f"z = z + {turn}")
        else:
            bound = "20" if kind == "range" else "tf.minimum(tf.abs(n), 4)"
            self.put(depth, f"for {turn} in range({bound}):")
            self.put(depth + 1, f"k = k + {turn}")
        self.loops.append(turn)
        self.suite(depth + 1, self.rng.choice((1, 2)))
        self.loops.pop()
        if self.rng.random() < 0.2:
            self.put(depth, "else:")
            self.statement(depth + 1)

    def leave(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.put(depth + 1, self.rng.choice(("break", "break", "continue")))

    def leave_function(self, depth: int) -> None:
        self.put(depth, f"if {self.condition()}:")
        self.put(depth + 1, "return x * 2.0, y - z, z, k, n, m")


def program(seed: int) -> str:
    """The source text of the program of a seed: a function `f(x, y, n, m, v)`."""
    return _Writer(random.Random(seed)).program()


def difference(source: str) -> str:
    """How the compiled program differs from eager execution; empty if it does not."""
    import tensorflow as tf

    import bcgraph

    namespace: dict[str, Any] = {"tf": tf, "__name__": "random_program"}
    exec(compile(source, "<random>", "exec"), namespace)
    function = namespace["f"]
    compiled = bcgraph.compile(function, backend="tensorflow", jit=False)
    for inputs in INPUTS:
        expected, got = _outcome(function, inputs), _outcome(compiled, inputs)
        told = _told(expected, got)
        if told:
            return f"{inputs}: {told}"
    return ""


def _outcome(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """Results and gradients, or the exception."""
    import tensorflow as tf

    x, y = (tf.constant(value, tf.float32) for value in inputs[:2])
    n, m = (tf.constant(value, tf.int32) for value in inputs[2:])
    v = tf.constant([0.5, -1.0, 2.0])
    try:
        with tf.GradientTape() as tape:
            tape.watch((x, y, v))
            results = [tf.cast(r, tf.float32) for r in function(x, y, n, m, v)]
            loss = results[0] + 0.7 * results[1] + 0.3 * results[2]
        gradients = tape.gradient(loss, (x, y, v))
    except Exception as error:
        return error
    flat = [
        tf.zeros_like(given) if gradient is None else tf.convert_to_tensor(gradient)
        for gradient, given in zip(gradients, (x, y, v), strict=True)
    ]
    return [float(r) for r in results], [part for g in flat for part in g.numpy().ravel().tolist()]


def _told(expected: Any, got: Any) -> str:
    import tensorflow as tf

    if isinstance(expected, Exception) or isinstance(got, Exception):
        failed = isinstance(expected, tf.errors.InvalidArgumentError | ArithmeticError)
        if failed and not isinstance(got, Exception):  # what nothing reads is not computed
            return ""
        if failed and isinstance(got, tf.errors.InvalidArgumentError | ArithmeticError):
            return ""
        if type(expected) is type(got):
            return ""
        return f"expected {expected!r:.300}, got {got!r:.900}"
    finite = all(map(math.isfinite, (*expected[0], *expected[1])))
    for name, ones, others in zip(("result", "gradient"), expected, got, strict=True):
        if name == "gradient" and not finite:  # a loop's own gradient gives other not-a-numbers
            continue
        for number, (one, other) in enumerate(zip(ones, others, strict=True)):
            same = one == other or (math.isnan(one) and math.isnan(other))
            if not same and not math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-5):
                return f"{name} {number}: expected {one}, got {other}"
    return ""


def main() -> int:
    """Run the command; 1 if a program differs."""
    parser = argparse.ArgumentParser(prog="programs.scalar_programs", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began, failures = time.monotonic(), 0
    for seed in range(options.seed, options.seed + options.count):
        found = difference(program(seed))
        if found:
            failures += 1
            print(f"seed {seed}: {textwrap.shorten(found, 700)}", flush=True)
    print(f"{options.count} programs, {failures} differ, {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
