import contextlib


def program(x):
    try:
        with contextlib.nullcontext():
            if x > 1.0:
                raise ValueError("too big")
    except ValueError:
        x = x * 0
    return x


arguments = (1.5,)
