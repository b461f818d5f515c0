import bcgraph

kept = []


@bcgraph.disable
def keep(value):
    kept.append(value)


def program(x):
    if x > 1.0:
        y = x * 2
        keep(y)
    else:
        y = x
    return y + kept[0]


arguments = (1.5,)
