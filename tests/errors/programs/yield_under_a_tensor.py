def large(values, limit):
    for value in values:
        if limit < value:
            yield value


def program(x):
    return sum(large([1.0, 2.0, 3.0], x))


arguments = (1.5,)
