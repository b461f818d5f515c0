import torch


def program(x):
    _, y = torch.while_loop(
        lambda x, y: x > 1.0,
        lambda x, y: (x - 1, (x - 1, "a")),
        (x, x.clone()),
    )
    return y
