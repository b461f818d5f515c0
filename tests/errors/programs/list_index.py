def program(x):
    names = "abc"
    return names[int(x)]


arguments = (1.5,)
