def large(values, limit):
    for value in values:
        if limit < value:
            yield value


def program(x):
    total = 0.0
    for value in large([1.0, 2.0, 3.0], x):
        total += value
    return total


arguments = (1.5,)
