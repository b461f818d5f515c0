def program(x):
    if x < 100.0:
        return program(x + 1) + 1
    return x


arguments = (1.5,)
