"""Variables and random numbers under conditions and in loops; eagerly, the same lines to debug.

Run it with `python examples/variables.py`.
"""

import tensorflow as tf

import bcgraph

hits, tries = tf.Variable(0), tf.Variable(0)


@bcgraph.compile(backend="tensorflow")
def throw(wanted):
    """Throws a die until it shows what is wanted; counts in variables, in the lines' order."""
    while True:
        tries.assign_add(1)
        if tf.random.uniform([], 1, 7, tf.int32) == wanted:
            hits.assign_add(1)
            break
    return tries.read_value()


if __name__ == "__main__":
    tf.random.set_seed(1)
    for _ in range(100):
        throw(tf.constant(6))
    print("hits:", int(hits), "tries for each:", int(tries) / int(hits))

    with bcgraph.config(mode="eager"):  # a breakpoint in `throw` is hit now
        before = int(hits)
        throw(tf.constant(6))
        print("hits of the same function, run eagerly:", int(hits) - before)
