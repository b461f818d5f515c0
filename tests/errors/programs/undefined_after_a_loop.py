def program(x):
    while x > 1.0:
        last = x
        x = x - 1
    return last


arguments = (0.5,)
