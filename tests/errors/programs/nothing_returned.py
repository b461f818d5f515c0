def program(x):
    if x > 1.0:
        return x


arguments = (0.5,)
