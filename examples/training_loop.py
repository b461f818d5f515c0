"""A training loop over a `tf.data` dataset: one epoch is one graph, its log included.

Run it with `python examples/training_loop.py`; it needs scikit-learn, whose digits it learns.
"""

import tensorflow as tf
from sklearn.datasets import load_digits

import bcgraph

data = load_digits()
images, labels = tf.constant(data.data / 16.0, tf.float32), tf.constant(data.target)
known = tf.data.Dataset.from_tensor_slices((images[:1500], labels[:1500])).batch(50)

weights = tf.Variable(tf.random.stateless_normal((64, 10), seed=(1, 2)) * 0.1)
bias = tf.Variable(tf.zeros(10))


def loss_of(x, y):
    logits = tf.matmul(x, weights) + bias
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    if tf.reduce_max(losses) > 4.0:  # a tensor decides: the worst examples count more
        return tf.reduce_mean(losses) + 0.1 * tf.reduce_max(losses)
    return tf.reduce_mean(losses)


def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_of(x, y)
    gradients = tape.gradient(loss, [weights, bias])
    for variable, gradient in zip([weights, bias], gradients, strict=True):
        variable.assign_sub(0.5 * gradient)
    return loss


@bcgraph.compile(backend="tensorflow")
def train_epoch(dataset):
    total, count = 0.0, 0
    for step, (x, y) in enumerate(dataset):
        loss = train_step(x, y)
        total += loss
        count += 1
        if step % 10 == 0:
            print(f"  step {step}, loss {loss:.3f}")
    return total / count


if __name__ == "__main__":
    for epoch in range(5):
        mean = train_epoch(known.shuffle(1500, seed=epoch))
        print(f"epoch {epoch}: mean loss {float(mean):.3f}")
    guesses = tf.argmax(tf.matmul(images[1500:], weights) + bias, -1)
    accuracy = tf.reduce_mean(tf.cast(guesses == labels[1500:], tf.float32))
    print(f"accuracy on digits it has not seen: {float(accuracy):.2f}")
