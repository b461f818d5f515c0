def program(x):
    n = 3

    def steps():
        return [(lambda: n) for n in range(2)], n

    if x > 1.0:
        x = x * len(steps()[0])
    return x


arguments = (1.5,)
versions = ((3, 12), (3, 13))
