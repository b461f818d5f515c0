import bcgraph

kept = []


@bcgraph.disable
def keep(value):
    kept.append(value)


def other(x):
    keep(x)
    return x


def program(x):
    return x + kept[0]


def before(compile, *arguments):
    compile(other)(*arguments)


arguments = (1.5,)
