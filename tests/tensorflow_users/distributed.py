"""A process that trains on digits: `python -m tensorflow_users.distributed KIND FILE [TF_CONFIG]`.

KIND is `mirrored` (two CPU devices in one process) or `workers` (this is one process of two).
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

BATCH, ROWS = 32, 320


def data() -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.data[:ROWS] / 16.0).astype("float32"), found.target[:ROWS].astype("int32")


def loss_of(weights: Any, bias: Any, x: Any, y: Any) -> Any:
    """A tensor decides which loss is taken."""
    import tensorflow as tf

    logits = tf.matmul(x, weights) + bias
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    if tf.reduce_mean(losses) > 1.9:
        loss = tf.reduce_sum(losses) * 0.5
    else:
        loss = tf.reduce_sum(losses) + 0.1 * tf.nn.l2_loss(weights)
    return loss / BATCH


def alone(limit: float) -> tuple[dict[str, Any], int]:
    """The weights after an epoch in eager execution, and how many steps it took."""
    import tensorflow as tf

    weights, bias = tf.Variable(tf.zeros((64, 10))), tf.Variable(tf.zeros(10))
    images, labels = data()
    for step, start in enumerate(range(0, ROWS, BATCH), start=1):
        total = 0.0
        sums = [tf.zeros_like(weights), tf.zeros_like(bias)]
        for part in (slice(start, start + 16), slice(start + 16, start + 32)):
            with tf.GradientTape() as tape:
                loss = loss_of(weights, bias, images[part], labels[part])
            found = tape.gradient(loss, [weights, bias])
            sums = [a + b for a, b in zip(sums, found)]
            total += loss
        weights.assign_sub(0.5 * sums[0])
        bias.assign_sub(0.5 * sums[1])
        if total < limit:
            break
    return {"weights": weights.numpy(), "bias": bias.numpy()}, step


def trained(strategy: Any, limit: float) -> dict[str, Any]:
    """The same with a strategy, in one graph."""
    import keras
    import tensorflow as tf

    import bcgraph

    with strategy.scope():
        weights, bias = tf.Variable(tf.zeros((64, 10))), tf.Variable(tf.zeros(10))
        optimizer = keras.optimizers.SGD(0.5)
        optimizer.build([weights, bias])

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(weights, bias, x, y)
        gradients = tape.gradient(loss, [weights, bias])
        optimizer.apply_gradients(zip(gradients, [weights, bias]))
        return loss

    @bcgraph.compile(backend="tensorflow")
    def epoch(dataset: Any) -> Any:
        count = 0
        for x, y in dataset:
            losses = strategy.run(step, args=(x, y))
            count += 1
            if strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None) < limit:
                break
        return count

    dataset = tf.data.Dataset.from_tensor_slices(data()).batch(BATCH)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    count = epoch(strategy.experimental_distribute_dataset(dataset.with_options(options)))
    assert epoch.cache_info().traces == 1
    return {"weights": weights.numpy(), "bias": bias.numpy(), "steps": int(count)}


def main(kind: str, file: str, limit: str) -> None:
    import tensorflow as tf

    # With one less, leaving the loop while TensorFlow still fetches ahead hangs.
    tf.config.threading.set_inter_op_parallelism_threads(3)
    if kind == "mirrored":
        cpu = tf.config.list_physical_devices("CPU")[0]
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
        strategy: Any = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    else:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    assert strategy.num_replicas_in_sync == 2
    found = trained(strategy, float(limit))
    if kind == "mirrored" or '"index": 0' in os.environ["TF_CONFIG"]:
        np.savez(file, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
