def program(x):
    if x > 1.0:
        y = x * 2
    else:
        y = "small"
    return y


arguments = (0.5,)
