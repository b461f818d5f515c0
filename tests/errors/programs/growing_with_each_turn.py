def program(x):
    pairs = None
    while x > 1.0:
        x = x - 1
        pairs = (pairs, x)
    return x, pairs


arguments = (2.5,)
