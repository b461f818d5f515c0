def program(x):
    y = x
    while x > 1.0:
        x = x - 1
        y = (x, "a")
    return y


arguments = (2.5,)
