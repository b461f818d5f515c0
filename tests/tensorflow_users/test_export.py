"""SavedModel, TFLite and XLA: what leaves Python takes both paths there as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bcgraph
from tensorflow_users.networks import Positive, collatz

LOADER = Path(__file__).parent / "exported.py"
SCALAR = tf.TensorSpec([], tf.float32)


def elsewhere(kind: str, path: Path, inputs: Any) -> list[Any]:
    """What a fresh process makes of it that cannot import bcgraph."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(LOADER), kind, str(path), json.dumps(inputs)],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


class Scaled(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(3.0)

    @bcgraph.compile(backend="tensorflow", input_signature=[SCALAR])
    def __call__(self, x: Any) -> Any:
        if x > 0:
            return self.grown(x * self.scale)
        return -x

    @bcgraph.compile(backend="tensorflow", input_signature=[SCALAR])
    def grown(self, x: Any) -> Any:
        while x < 100.0:
            x = x * 2 + 1
        return x


class Positives(tf.Module):
    @bcgraph.compile(backend="tensorflow", input_signature=[SCALAR])
    def __call__(self, x: Any) -> Any:
        if x > 0:
            return x * 2


def test_a_result_that_may_be_none(tmp_path: Path) -> None:
    """A call gives None or the tensor; a graph, which cannot give None, the tensor and a flag."""
    module = Positives()
    assert module(tf.constant(-1.0)) is None
    assert float(module(tf.constant(1.0))) == 2.0
    tf.saved_model.save(module, str(tmp_path / "module"))
    assert elsewhere("module", tmp_path / "module", [2.0, -2.0]) == [[4.0, 1.0], [0.0, 0.0]]
    value, there = tf.saved_model.load(str(tmp_path / "module"))(tf.constant(-1.0))
    assert not there
    assert float(value) == 0.0
    inside = tf.function(lambda x: module(x) + 1)
    assert float(inside(tf.constant(2.0))) == 5.0
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"error\[BCG112\]: .* gives None on"):
        inside(tf.constant(-2.0))


def test_a_module_as_a_saved_model(tmp_path: Path) -> None:
    module = Scaled()
    inputs = [2.0, -2.0, 50.0]
    expected = [float(module(tf.constant(x))) for x in inputs]
    with bcgraph.config(mode="eager"):
        assert [float(module(tf.constant(x))) for x in inputs] == expected
    tf.saved_model.save(module, str(tmp_path / "module"))
    assert elsewhere("module", tmp_path / "module", inputs) == expected
    loaded = tf.saved_model.load(str(tmp_path / "module"))
    loaded.scale.assign(5.0)
    module.scale.assign(5.0)
    assert float(loaded(tf.constant(20.0))) == float(module(tf.constant(20.0))) == 100.0
    assert float(loaded.grown(tf.constant(20.0))) == 167.0


def test_a_method_keeps_its_instance() -> None:
    assert float(Scaled().grown(tf.constant(60.0))) == 121.0
    one, other = Scaled(), Scaled()
    other.scale.assign(4.0)
    assert [float(m(tf.constant(50.0))) for m in (one, other)] == [150.0, 200.0]


def test_a_model_exported_by_keras(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, Positive(3)(inputs))
    x = np.random.default_rng(1).standard_normal((2, 4)).astype("float32")
    expected = [model.predict(v, verbose=0) for v in (x, -x)]
    model.export(str(tmp_path / "model"), verbose=False)
    found = elsewhere("keras", tmp_path / "model", [x.tolist(), (-x).tolist()])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert sorted(bool((v == 0).any()) for v in expected) == [False, True]  # both paths


def test_tflite(tmp_path: Path) -> None:
    def steps(x: Any) -> Any:
        count = 0.0
        while count * count < x:
            count += 1.0
            if count > 20.0:
                break
        return count if x < 1000.0 else -count

    compiled = bcgraph.compile(steps, backend="tensorflow")
    concrete = compiled.get_concrete_function(SCALAR)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    (tmp_path / "steps.tflite").write_bytes(converter.convert())
    inputs = [10.0, 100.0, 900.0, 5000.0]
    found = elsewhere("tflite", tmp_path / "steps.tflite", inputs)
    assert found == [float(steps(x)) for x in inputs] == [4.0, 10.0, 21.0, -21.0]


def nearest_odd_square(x: Any) -> Any:
    if x > 0:
        x = x * x
        if x % 2 == 0:
            x = x + 1
    else:
        x = x * 0 - 1
    return x


def first_above(values: Any, limit: Any) -> Any:
    total = 0.0
    for index, value in enumerate(values):
        total += value
        if total > limit:
            return index
    return -1


def positive_sum(rows: Any) -> Any:
    total = 0.0
    for row in rows:
        for value in row:
            if value < 0:
                continue
            total += value
    return total


def gradient(x: Any, n: Any) -> Any:
    """XLA needs a bound of a loop that has a gradient."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, i = x, 0
        while i < n:
            tf.autograph.experimental.set_loop_options(maximum_iterations=8)
            y = y * x if y < 100.0 else y
            i += 1
    return y, tape.gradient(y, x)


XLA = [
    (collatz, (tf.constant(6171),)),
    (nearest_odd_square, (tf.constant(4),)),
    (nearest_odd_square, (tf.constant(-4),)),
    (first_above, (tf.constant([1.0, 2.0, 3.0]), tf.constant(2.5))),
    (first_above, (tf.constant([1.0, 2.0, 3.0]), tf.constant(9.0))),
    (positive_sum, (tf.constant([[1.0, -2.0], [3.0, 4.0]]),)),
    (gradient, (tf.constant(2.0), tf.constant(3))),
    (gradient, (tf.constant(11.0), tf.constant(6))),
]


@pytest.mark.parametrize(
    ("program", "arguments"), XLA, ids=[f"{p.__name__}-{i}" for i, (p, _) in enumerate(XLA)]
)
def test_xla(program: Any, arguments: tuple[Any, ...]) -> None:
    compiled = bcgraph.compile(program, backend="tensorflow", jit_compile=True)
    tf.nest.map_structure(np.testing.assert_allclose, compiled(*arguments), program(*arguments))


def test_xla_says_that_it_drops_checks() -> None:
    def checked(x: Any) -> Any:
        assert x > 0, "not positive"
        return x * 2

    compiled = bcgraph.compile(checked, backend="tensorflow", jit_compile=True)
    with pytest.warns(RuntimeWarning, match="nothing raises AssertionError"):
        assert float(compiled(tf.constant(2.0))) == 4.0
    with pytest.raises(AssertionError):
        bcgraph.compile(checked, backend="tensorflow")(tf.constant(-2.0))


def test_xla_refuses_a_list_without_a_bound() -> None:
    def listed(values: Any) -> Any:
        found = []
        for value in values:
            if value > 0:
                found.append(value)
        return tf.stack(found)

    compiled = bcgraph.compile(listed, backend="tensorflow", jit_compile=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="fixed tensor list size"):
        compiled(tf.constant([1.0, -2.0, 3.0]))
