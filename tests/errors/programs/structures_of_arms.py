def program(x):
    if x > 1.0:
        y = (x, x)
    else:
        y = {"a": x}
    return y


arguments = (0.5,)
