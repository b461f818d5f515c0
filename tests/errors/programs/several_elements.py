def program(x):
    count = 0
    while x > 1.0 and count < 3:
        x = x / 2
        count = count + 1
    return x


arguments = ([1.0, 2.0, 3.0],)
