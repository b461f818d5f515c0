import bcgraph


def larger(x):
    if x > 1.0:
        return x * 2
    return None


def program(x):
    return library(x) + 1


def before(compile, x):
    global library
    made = compile(larger)
    library = bcgraph.disable(lambda x: made(x))


arguments = (0.5,)
