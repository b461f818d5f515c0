import bcgraph


@bcgraph.disable
def is_large(v):
    return 1 if v > 1.0 else 0


def program(x):
    return x * is_large(x)


arguments = (1.5,)
