def program(x):
    if x > 1.0:
        return "big"
    return x


arguments = (0.5,)
