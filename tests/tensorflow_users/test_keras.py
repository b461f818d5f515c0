"""Keras 3: converted functions in layers and models, trained, saved and loaded, on digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bcgraph
from tensorflow_users.networks import EarlyExit, Positive, Stochastic, collatz

datasets = pytest.importorskip("sklearn.datasets")

CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def digits() -> tuple[Any, Any]:
    data = datasets.load_digits()
    return (data.data / 16.0).astype("float32"), data.target


@pytest.fixture(autouse=True)
def seeded() -> None:
    keras.utils.set_random_seed(0)


def graph(fn: Any) -> Any:
    return tf.function(fn, autograph=False)


def ready(model: Any, **options: Any) -> Any:
    model.compile("adam", CROSS_ENTROPY, metrics=["accuracy"], **{"jit_compile": False, **options})
    return model


def test_a_loop_in_a_lambda() -> None:
    layer = keras.layers.Lambda(bcgraph.convert(collatz))
    assert int(layer(tf.constant(6171))) == 261
    assert int(graph(lambda x: layer(x))(tf.constant(6171))) == 261


@pytest.mark.parametrize("way", [bcgraph.convert, bcgraph.compile])
def test_a_lambda_in_a_functional_model(way: Any) -> None:
    flip = way(lambda v: v * 2 if tf.reduce_sum(v) > 0 else -v, backend="tensorflow")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Lambda(flip)(inputs))
    ones = np.ones((2, 4), "float32")
    for x in (ones, -ones):
        expected = x * 2 if x.sum() > 0 else -x
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
        np.testing.assert_array_equal(model(x), expected)


def test_a_layer_whose_activation_a_tensor_chooses() -> None:
    layer = Positive(3)
    x = np.random.default_rng(0).standard_normal((5, 4)).astype("float32")
    layer(x)
    seen = set()
    for batch in (x, -x):
        plain = layer.dense(batch).numpy()
        seen.add(bool(plain.mean() > 0))
        expected = np.maximum(plain, 0) if plain.mean() > 0 else plain
        np.testing.assert_allclose(graph(lambda v: layer(v))(batch), expected, atol=1e-6)
    assert seen == {True, False}


def test_a_functional_model_is_trained_saved_and_loaded(tmp_path: Path) -> None:
    images, labels = digits()
    inputs = keras.Input((64,))
    hidden = Positive(32)(inputs)
    outputs = keras.layers.Dense(10)(Positive(32)(hidden))
    model = ready(keras.Model(inputs, outputs), jit_compile=True)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    ready(twin, run_eagerly=True)
    for one in (model, twin):
        one.fit(images[:256], labels[:256], epochs=1, batch_size=64, verbose=0, shuffle=False)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    model.fit(images[:1400], labels[:1400], epochs=6, batch_size=16, verbose=0)
    loss, accuracy = model.evaluate(images[1400:], labels[1400:], verbose=0)
    assert accuracy > 0.85
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(images[1400:], labels[1400:], verbose=0) == [loss, accuracy]
    for sign in (1, -1):
        x = sign * images[:64]
        expected = model.predict(x, verbose=0)
        np.testing.assert_array_equal(loaded.predict(x, verbose=0), expected)
        np.testing.assert_allclose(model(x), expected, atol=1e-5)


def test_stochastic_depth() -> None:
    images, labels = digits()
    images = images.reshape(-1, 8, 8, 1)
    model = ready(Stochastic())
    assert int(model.through(images[:4])[1]) == 20
    through = graph(model.through)
    assert int(through(images[:4])[1]) == 20
    draws = np.random.default_rng(0)
    for _ in range(2):
        kept = tf.constant(draws.random(20) < 0.5)
        found, count = through(images[:4], kept)
        expected, _ = model.through(images[:4], kept)
        assert int(count) == int(tf.reduce_sum(tf.cast(kept, tf.int32)))
        np.testing.assert_allclose(found, expected, atol=1e-5)
    before = model.get_weights()
    loss = model.evaluate(images[:256], labels[:256], verbose=0)[0]
    model.fit(images[:256], labels[:256], epochs=2, verbose=0)
    assert model.evaluate(images[:256], labels[:256], verbose=0)[0] < loss
    assert all(np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True))
    training = graph(lambda x: model(x, training=True))
    outcomes = {float(tf.reduce_sum(training(images[:4]))) for _ in range(5)}
    assert len(outcomes) > 1  # each call draws anew


def test_a_model_whose_call_is_compiled(tmp_path: Path) -> None:
    images, labels = digits()
    model = EarlyExit()
    model(images[:2])  # builds it, as Keras asks for where `call` is a graph of its own
    ready(model).fit(images[:1400], labels[:1400], epochs=5, verbose=0)
    assert model.evaluate(images[1400:], labels[1400:], verbose=0)[1] > 0.8
    depths = [3 * images[:16], 0.001 * images[:16]]
    expected = [model.predict(x, verbose=0) for x in depths]
    with bcgraph.config(mode="eager"):
        for x, one in zip(depths, expected, strict=True):
            np.testing.assert_allclose(model(x), one, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for x, one in zip(depths, expected, strict=True):
        np.testing.assert_array_equal(loaded.predict(x, verbose=0), one)


def test_a_named_function_in_a_saved_lambda(tmp_path: Path) -> None:
    @keras.saving.register_keras_serializable("bcgraph")
    @bcgraph.convert
    def halved(x: Any) -> Any:
        while tf.reduce_max(x) > 1.0:
            x = x / 2
        return x

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Lambda(halved)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = np.array([[8.0, 1.0, 3.0]], "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), x / 8)
