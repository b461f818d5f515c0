import torch


def program(x):
    return torch.cond(x < 1.0, lambda x: "a", lambda x: "b", (x,))
