"""A training step with a tensor's branch on two devices: the same weights as on one.

Run it with `python examples/distributed.py`; it makes two devices of the CPU, and needs
scikit-learn, whose digits it learns.
"""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

import bcgraph

BATCH = 32
data = load_digits()
images = (data.data[:640] / 16.0).astype("float32")
labels = data.target[:640].astype("int32")


def trained(strategy):
    """The weights after an epoch."""
    with strategy.scope():
        weights = tf.Variable(tf.zeros((64, 10)))

    def step(x, y):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.matmul(x, weights))
            loss = tf.reduce_sum(losses) / BATCH
        gradient = tape.gradient(loss, weights)
        total = tf.distribute.get_replica_context().all_reduce("sum", gradient)
        if tf.norm(total) > 0.5:  # a tensor decides: long gradients are cut
            total = total * 0.5 / tf.norm(total)
        weights.assign_sub(0.5 * total)
        return loss

    @bcgraph.compile(backend="tensorflow")
    def epoch(dataset):
        loss = 0.0
        for x, y in dataset:
            loss = strategy.reduce("sum", strategy.run(step, args=(x, y)), axis=None)
        return loss

    rows = tf.data.Dataset.from_tensor_slices((images, labels)).batch(BATCH)
    loss = epoch(strategy.experimental_distribute_dataset(rows))
    return weights.numpy(), float(loss)


if __name__ == "__main__":
    tf.config.threading.set_inter_op_parallelism_threads(3)  # one more than devices
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    one, loss = trained(tf.distribute.MirroredStrategy(["CPU:0"]))
    two, _ = trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    print(f"loss of the last batch: {loss:.3f}")
    print("the same weights on two devices:", np.allclose(one, two, atol=1e-5))
