def program(x):
    count = 0
    while x > 0:
        x = x - 1
        count = count + 1
    return {1: 10, 2: 20}[count]


arguments = (1.5,)
