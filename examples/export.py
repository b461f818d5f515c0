"""Functions with branches and loops as a SavedModel and as a TFLite file.

Run it with `python examples/export.py [FOLDER]`. Whoever loads them needs TensorFlow only.
"""

import sys
import tempfile
from pathlib import Path

import tensorflow as tf

import bcgraph

SCALAR = tf.TensorSpec([], tf.float32)


class Grown(tf.Module):
    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(3.0)

    @bcgraph.compile(backend="tensorflow", input_signature=[SCALAR])
    def __call__(self, x):
        if x <= 0:
            return -x
        while x < 100.0:
            x = x * self.scale
        return x


@bcgraph.compile(backend="tensorflow")
def square_root(x):
    guess = x if x > 1.0 else 1.0
    while guess * guess > x * 1.0001:
        guess = (guess + x / guess) / 2.0
    return guess


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    tf.saved_model.save(Grown(), str(folder / "grown"))
    loaded = tf.saved_model.load(str(folder / "grown"))
    print("SavedModel:", [float(loaded(tf.constant(x))) for x in (2.0, -2.0)])

    graph = square_root.get_concrete_function(SCALAR)
    written = tf.lite.TFLiteConverter.from_concrete_functions([graph]).convert()
    (folder / "square_root.tflite").write_bytes(written)
    print("TFLite:", len(written), "bytes in", folder)
