import torch


def program(x):
    x, _ = torch.while_loop(
        lambda x, count: (x > 1.0) & (count < 3),
        lambda x, count: (x / 2, count + 1),
        (x, torch.tensor(0)),
    )
    return x
