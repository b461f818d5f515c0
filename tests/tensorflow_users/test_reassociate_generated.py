"""Generated loops give with `config(reassociate=True)` what eager execution gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bcgraph

VALUES = ("v", "v * v", "tf.abs(v) + 1", "v - y[i]", "y[i] * 2", "tf.cast(i, v.dtype)", "t * 0 + v")
TESTS = ("v > 0", "v > y[i]", "i % 3 == 1", "v * v < 1", "y[-i] > v", "n > 4", "t > 3")
UPDATES = (
    "t += {}", "t = t - {}", "n += 1", "n = n + i", "best = tf.maximum(best, {})",
    "least = {} if {} < least else least", "last = {}", "flag = flag or {} > 1", "place = i",
    "found.append({})",
)  # fmt: skip
STATE = "t, n, best, least, last, flag, place"


def program(seed: int) -> str:
    """The text of a function `f(x, y)` with one loop, or one in another."""
    rng = random.Random(seed)
    value = lambda: rng.choice(VALUES)  # noqa: E731
    updates = [line.replace("{}", value()) for line in rng.sample(UPDATES, rng.randint(1, 5))]
    body = list(_arranged(rng, updates))
    appends = any("append" in line for line in updates)
    lines = [
        "def f(x, y):",
        "    t, n, best, least = 0.0, 0, x[0], x[0]",
        "    last, flag, place, found = x[0], False, -1, []",
        f"    for i, v in {rng.choice(('enumerate(x)', 'zip(tf.range(tf.shape(x)[0]), x)'))}:",
        *(f"        {line}" for line in body),
        f"    return {STATE}" + (", tf.stack(found)" if appends else ""),
    ]
    return "\n".join(lines)


def _arranged(rng: random.Random, updates: list[str]) -> Iterator[str]:
    """The updates, some under conditions, in a turn that may go on early or leave."""
    exits = rng.choice(("", "", "continue", "break"))
    where = rng.randrange(len(updates)) if exits else -1
    for number, update in enumerate(updates):
        if number == where and not any("append" in u for u in updates):
            yield f"if {rng.choice(TESTS)}: {exits}"
        if "append" in update or rng.random() < 0.5:
            yield update
        elif rng.random() < 0.3:
            other = rng.choice([u for u in updates if "append" not in u])
            yield f"if {rng.choice(TESTS)}: {update}"
            yield f"else: {other}"
        else:
            yield f"if {rng.choice(TESTS)}: {update}"


@pytest.mark.parametrize("seed", range(40))
def test_generated(seed: int) -> None:
    space: dict[str, Any] = {"tf": tf}
    text = program(seed)
    exec(text, space)
    f = space["f"]
    compiled = bcgraph.compile(f, backend="tensorflow", jit=False)
    rng = np.random.default_rng(seed)
    for size in (17, 1):
        x, y = (tf.constant(rng.normal(size=size).astype("float32")) for _ in range(2))
        mine, wanted = (_outcome(function, x, y) for function in (compiled, f))
        assert len(mine) == len(wanted)
        for one, other in zip(mine, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4, err_msg=text)


def _outcome(function: Any, x: Any, y: Any) -> list[Any]:
    """What it gives, and the gradients of the floats among it."""
    with bcgraph.config(reassociate=True), tf.GradientTape() as tape:
        tape.watch((x, y))
        result = [tf.convert_to_tensor(value) for value in function(x, y)]
        goal = sum(tf.reduce_sum(value) for value in result if value.dtype.is_floating)
    slopes = tape.gradient(goal, (x, y), unconnected_gradients="zero")
    return [np.asarray(value, "float64") for value in (*result, *map(tf.convert_to_tensor, slopes))]
