"""Three functions whose text is nowhere, each compiled into one TensorFlow graph.

Run it with `python examples/without_source.py`.
"""

import marshal
import types

import tensorflow as tf

import bcgraph

# A lambda made by `exec`: `inspect.getsource` fails on it.
namespace: dict = {}
exec("squared_if_positive = lambda x: x * x if x > 0 else -x", namespace)
squared_if_positive = bcgraph.compile(namespace["squared_if_positive"], backend="tensorflow")

# Two lambdas on one line: a tool that reads the line can't tell which one it was given.
halve, triple = (lambda x: x / 2 if x > 1 else x), (lambda x: x * 3 if x > 1 else x)
halve = bcgraph.compile(halve, backend="tensorflow")
triple = bcgraph.compile(triple, backend="tensorflow")

# A function that comes as bytecode alone, as it does in a package shipped as `.pyc` files.
TEXT = """
def collatz(x):
    steps = 0
    while x != 1:
        x = x // 2 if x % 2 == 0 else 3 * x + 1
        steps += 1
    return steps
"""
shipped = marshal.dumps(compile(TEXT, "collatz.pyc", "exec").co_consts[0])
collatz = types.FunctionType(marshal.loads(shipped), {})
collatz = bcgraph.compile(collatz, backend="tensorflow")

if __name__ == "__main__":
    print("squared_if_positive:", [float(squared_if_positive(tf.constant(x))) for x in (3.0, -3.0)])
    print("halve, triple:", float(halve(tf.constant(8.0))), float(triple(tf.constant(8.0))))
    print("collatz(6171):", int(collatz(tf.constant(6171))))
