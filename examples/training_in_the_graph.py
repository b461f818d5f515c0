"""A whole training as one call of one graph: batches, gradients, updates, validation, curves.

Run it with `python examples/training_in_the_graph.py [CURVES.png]`; it needs scikit-learn, whose
breast cancer data it learns, and for the picture matplotlib.
"""

import sys

import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

import bcgraph

data = load_breast_cancer()
rows = tf.constant(StandardScaler().fit_transform(data.data), tf.float32)
labels = tf.constant(data.target, tf.float32)
known, unknown = slice(0, 450), slice(450, None)

weights = tf.Variable(tf.zeros(30))


def loss_and_accuracy(x, y):
    logits = tf.linalg.matvec(x, weights)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)
    right = (logits > 0.0) == (y > 0.5)
    return tf.reduce_mean(losses), tf.reduce_mean(tf.cast(right, tf.float32))


@bcgraph.compile(backend="tensorflow")
def train(steps, size):
    losses, accuracies, validation_losses, validation_accuracies = [], [], [], []
    i = 0
    while i < steps:
        picked = tf.random.uniform([size], maxval=450, dtype=tf.int32)
        with tf.GradientTape() as tape:
            loss, accuracy = loss_and_accuracy(tf.gather(rows, picked), tf.gather(labels, picked))
        weights.assign_sub(0.1 * tape.gradient(loss, weights))
        losses.append(loss)
        accuracies.append(accuracy)
        loss, accuracy = loss_and_accuracy(rows[unknown], labels[unknown])
        validation_losses.append(loss)
        validation_accuracies.append(accuracy)
        if i % 50 == 0:
            print(f"step {i}: loss {loss:.3f}, accuracy {accuracy:.3f}")
        i += 1
    curves = (losses, accuracies, validation_losses, validation_accuracies)
    return tuple(tf.stack(curve) for curve in curves)


def plot(file, curves):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = ("loss", "accuracy", "loss, unseen", "accuracy, unseen")
    for name, curve in zip(names, curves, strict=True):
        pyplot.plot(curve, label=name)
    pyplot.xlabel("step")
    pyplot.legend()
    pyplot.savefig(file)


if __name__ == "__main__":
    found = train(tf.constant(200), tf.constant(32))
    print(f"after 200 steps: accuracy {float(found[3][-1]):.3f} on cells it has not seen")
    if len(sys.argv) > 1:
        plot(sys.argv[1], [curve.numpy() for curve in found])
