"""Training loops inside one graph, on scikit-learn's digits: the curves are eager execution's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bcgraph

datasets = pytest.importorskip("sklearn.datasets")


def digits() -> tuple[Any, Any]:
    data = datasets.load_digits()
    images = tf.constant(data.data / 16.0, tf.float32)
    return images, tf.constant(data.target, tf.int32)


class Network(tf.Module):
    """Two layers; a tensor decides which activation the first one has."""

    def __init__(self, seed: int = 0) -> None:
        make = np.random.default_rng(seed).standard_normal
        self.inner = tf.Variable(make((64, 32)).astype("float32") * 0.2)
        self.outer = tf.Variable(make((32, 10)).astype("float32") * 0.2)

    def __call__(self, x: Any) -> Any:
        hidden = tf.matmul(x, self.inner)
        if tf.reduce_mean(hidden) > 0.0:
            hidden = tf.nn.relu(hidden)
        else:
            hidden = tf.nn.tanh(hidden)
        return tf.matmul(hidden, self.outer)


def loss_of(logits: Any, y: Any) -> Any:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    if tf.reduce_mean(losses) > 2.0:
        return tf.reduce_mean(losses) * 0.5 + 1.0
    return tf.reduce_mean(losses)


def train_step(network: Network, x: Any, y: Any, rate: Any) -> Any:
    with tf.GradientTape() as tape:
        loss = loss_of(network(x), y)
    gradients = tape.gradient(loss, network.trainable_variables)
    for variable, gradient in zip(network.trainable_variables, gradients):
        variable.assign_sub(rate * gradient)
    return loss


def train_epoch(network: Network, dataset: Any, rate: Any) -> tuple[Any, Any, Any]:
    total, count, losses = 0.0, 0, []
    for step, (x, y) in enumerate(dataset):
        loss = train_step(network, x, y, rate)
        total += loss
        count += 1
        losses.append(loss)
        if step % 10 == 0:
            print("step", step, "loss below 9:", loss < 9.0)
    return total, count, tf.stack(losses)


def train(network: Network, images: Any, labels: Any, steps: Any, size: Any) -> Any:
    """A whole training in one graph: batches, gradients, updates, validation, curves."""
    known, truth = images[:1400], labels[:1400]
    losses, accuracies, validation, best = [], [], [], 0.0
    i = 0
    while i < steps:
        start = i * size % 1300
        x, y = known[start : start + size], truth[start : start + size]
        losses.append(train_step(network, x, y, 0.5))
        guesses = tf.argmax(network(x), -1, tf.int32)
        accuracies.append(tf.reduce_mean(tf.cast(guesses == y, tf.float32)))
        guesses = tf.argmax(network(images[1400:]), -1, tf.int32)
        accuracy = tf.reduce_mean(tf.cast(guesses == labels[1400:], tf.float32))
        validation.append(accuracy)
        if accuracy > best:
            best = accuracy
        if i % 50 == 0:
            print("step", i)
        i += 1
    return tf.stack(losses), tf.stack(accuracies), tf.stack(validation), best


def same_weights(one: tf.Module, other: tf.Module, tolerance: float = 1e-4) -> None:
    for a, b in zip(one.trainable_variables, other.trainable_variables, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance)


def test_a_training_step() -> None:
    images, labels = digits()
    eager, ours = Network(), Network()
    step = bcgraph.compile(train_step, backend="tensorflow")
    for start in range(0, 1600, 160):
        x, y = images[start : start + 160], labels[start : start + 160]
        loss = train_step(eager, x, y, tf.constant(0.5))
        np.testing.assert_allclose(step(ours, x, y, tf.constant(0.5)), loss, rtol=1e-4)
    same_weights(eager, ours)
    assert step.cache_info().traces == 1


def test_an_epoch_over_a_dataset(capfd: pytest.CaptureFixture[str]) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(digits()).batch(60)
    eager, ours = Network(), Network()
    epoch = bcgraph.compile(train_epoch, backend="tensorflow")
    for _ in range(2):
        capfd.readouterr()
        expected = train_epoch(eager, dataset, tf.constant(0.3))
        logged = [line.split()[:2] for line in capfd.readouterr().out.splitlines()]
        found = epoch(ours, dataset, tf.constant(0.3))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3)
        assert [line.split()[:2] for line in capfd.readouterr().out.splitlines()] == logged
        assert logged == [["step", "0"], ["step", "10"], ["step", "20"]]
    same_weights(eager, ours, 1e-3)
    assert epoch.cache_info().traces == 1
    graph = epoch.get_concrete_function(ours, dataset, tf.constant(0.3)).graph
    assert [op.type for op in graph.get_operations()].count("While") == 1


def test_a_training_inside_the_graph(capfd: pytest.CaptureFixture[str]) -> None:
    images, labels = digits()
    eager, ours = Network(), Network()
    whole = bcgraph.compile(train, backend="tensorflow")
    expected = train(eager, images, labels, tf.constant(120), tf.constant(64))
    logged = capfd.readouterr().out.splitlines()
    found = whole(ours, images, labels, tf.constant(120), tf.constant(64))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-2)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-2)
    assert [tuple(curve.shape) for curve in found] == [(120,), (120,), (120,), ()]
    assert float(found[3]) > 0.8
    assert capfd.readouterr().out.splitlines() == logged == ["step 0", "step 50", "step 100"]


def test_functions_with_gradients_of_their_own() -> None:
    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        y = x * 2.0 if tf.reduce_sum(x) > 1.0 else x * 3.0

        def gradient(upstream: Any) -> Any:
            return upstream * 10.0 if tf.reduce_max(upstream) > 0.5 else upstream

        return y, gradient

    @tf.recompute_grad
    def squared(x: Any) -> Any:
        return x * x if tf.reduce_sum(x) > 1.0 else x * 3.0

    def program(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(scaled(x) * tf.constant([0.1, 0.9])) + tf.reduce_sum(squared(x))
        return loss, tape.gradient(loss, x)

    compiled = bcgraph.compile(program, backend="tensorflow")
    for values in ([1.0, 2.0], [-1.0, 0.5]):
        for found, expected in zip(compiled(tf.constant(values)), program(tf.constant(values))):
            np.testing.assert_allclose(found, expected)
