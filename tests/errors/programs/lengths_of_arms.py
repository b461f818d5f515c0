def program(x):
    y = (x,)
    if x > 1.0:
        y = (x, x)
    return y


arguments = (0.5,)
