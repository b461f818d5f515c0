"""Loops over datasets, rows of different lengths and arrays that grow, each one graph.

Run it with `python examples/datasets.py`; it needs scikit-learn, whose iris flowers it walks over.
"""

import tensorflow as tf
from sklearn.datasets import load_iris

import bcgraph

flowers = load_iris()
rows = tf.data.Dataset.from_tensor_slices(
    (tf.constant(flowers.data, tf.float32), tf.constant(flowers.target, tf.int32))
)


@bcgraph.compile(backend="tensorflow")
def first_larger(dataset, limit):
    """The number of the first flower with a longer petal, and its kind: leaves the loop early."""
    for number, (sizes, kind) in enumerate(dataset):
        if sizes[2] <= limit:
            continue
        return number, kind
    return -1, -1


@bcgraph.compile(backend="tensorflow")
def means(dataset, kinds):
    """The mean petal of each kind: a loop over a dataset in a loop over a tensor."""
    found = []
    for wanted in kinds:
        total, count = 0.0, 0
        for sizes, kind in dataset:
            if kind == wanted:
                total += sizes[2]
                count += 1
        found.append(total / float(count))
    return tf.stack(found)


@bcgraph.compile(backend="tensorflow")
def longest(ragged):
    """The longest row of a ragged tensor."""
    best = 0
    for row in ragged:
        if tf.size(row) > best:
            best = tf.size(row)
    return best


@bcgraph.compile(backend="tensorflow")
def running(values):
    """Running sums, in a `tf.TensorArray`."""
    sums = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    total = 0.0
    for index, value in enumerate(values):
        total += value
        sums = sums.write(index, total)
    return sums.stack()


if __name__ == "__main__":
    number, kind = first_larger(rows, tf.constant(6.0))
    print("the first petal over 6 cm:", int(number), flowers.target_names[int(kind)])
    print("mean petals:", [f"{float(m):.3f}" for m in means(rows, tf.range(3))])
    print("longest row:", int(longest(tf.ragged.constant([[1], [2, 3, 4], [], [5, 6]]))))
    print("running sums:", running(tf.constant([1.0, 2.0, 3.0])).numpy().tolist())
