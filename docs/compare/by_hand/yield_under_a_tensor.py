import torch


def large(values, limit):
    for value in values:
        yield from torch.cond(
            limit < value,
            lambda v: [v.clone()],
            lambda v: [],
            (torch.tensor(value),),
        )


def program(x):
    total = 0.0
    for value in large([1.0, 2.0, 3.0], x):
        total += value
    return total
