def program(x):
    y = {"a": x}
    if x > 1.0:
        y["b"] = x * 2
    return y


arguments = (0.5,)
