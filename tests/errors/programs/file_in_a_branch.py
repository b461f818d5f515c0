def program(x):
    if x > 1.0:
        with open("log.txt", "a") as log:
            log.write("big")
    return x


arguments = (1.5,)
