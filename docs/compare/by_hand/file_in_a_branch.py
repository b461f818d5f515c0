import torch


def big(x):
    with open("log.txt", "a") as log:
        log.write("big")
    return x.clone()


def program(x):
    return torch.cond(x > 1.0, big, lambda x: x.clone(), (x,))
