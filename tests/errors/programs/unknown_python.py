import bcgraph.instructions._read as tables


def program(x):
    return x if x > 1.0 else -x


def before(compile, *arguments):
    tables.SUPPORTED = ()


def after():
    tables.SUPPORTED = supported


supported = tables.SUPPORTED
arguments = (1.5,)
