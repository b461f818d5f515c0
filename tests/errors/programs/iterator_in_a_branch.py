def program(x):
    numbers = iter([1.0, 2.0])
    if x > 1.0:
        x = x + next(numbers)
    return x, list(numbers)


arguments = (1.5,)
