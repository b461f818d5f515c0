def checked(v):
    if v > 1.0:
        raise ValueError("too big")
    return v


def program(x):
    try:
        return checked(x)
    except ValueError:
        return x * 0


arguments = (1.5,)
