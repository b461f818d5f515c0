import bcgraph


def raises():
    bcgraph.compile(lambda x: x, backend="numpy", jit_compile=True)
