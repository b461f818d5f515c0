class Small:
    pass


class Big:
    pass


small, big = Small(), Big()


def size(x):
    return big if x > 1.0 else small


def program(x):
    return x if size(x) is big else -x


arguments = (0.5,)
