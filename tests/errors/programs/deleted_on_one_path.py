def program(x):
    y = x * 2
    if x > 1.0:
        del y
    return x + y


arguments = (2.5,)
