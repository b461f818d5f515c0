class Model:
    pass


model = Model()


def program(x):
    if x > 1.0:
        model.scale = x
    return x * model.scale


arguments = (2.5,)
