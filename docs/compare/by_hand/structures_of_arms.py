import torch


def program(x):
    return torch.cond(
        x > 1.0,
        lambda x: (x.clone(), x.clone()),
        lambda x: {"a": x.clone()},
        (x,),
    )
