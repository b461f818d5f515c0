class Small:
    pass


class Big:
    pass


small, big = Small(), Big()


def program(x):
    size = big if x > 1.0 else small
    return x if size is big else -x


arguments = (0.5,)
