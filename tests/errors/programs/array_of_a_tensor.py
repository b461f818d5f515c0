def program(x):
    if x > 1.0:
        x = x * 2
    return x.numpy() + 1


arguments = (1.5,)
