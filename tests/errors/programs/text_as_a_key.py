def program(x):
    key = f"level {x}"
    return {"level 1.5": 2}[key]


arguments = (1.5,)
