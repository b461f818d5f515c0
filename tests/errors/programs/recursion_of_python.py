def program(x):
    return program(x) + 1


arguments = (1.5,)
