"""Why a function is captured again: which argument is unlike those of the capture before."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.utils import _pytree as pytree

Told = dict[str, dict[str, str]]


def told(function: Callable[..., Any], arguments: Any, keywords: Any) -> Told:
    """What a graph depends on, by argument: each fact's name and text."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    found: Told = {}
    leaves, _ = pytree.tree_flatten_with_path((arguments, keywords))
    for path, leaf in leaves:
        found[_label(path, names)] = _facts(leaf)
    found[""] = {
        "gradients are recorded": str(torch.is_grad_enabled()),
        "inference mode": str(torch.is_inference_mode_enabled()),
        "autocast": str(torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda")),
        "the default dtype": str(torch.get_default_dtype()),
    }
    return found


def _label(path: Any, names: list[str]) -> str:
    which, *rest = path
    if which.idx == 0 and rest:
        number, *rest = rest
        head = names[number.idx] if number.idx < len(names) else f"argument {number.idx}"
    elif rest:
        key, *rest = rest
        head = str(key.key)
    else:
        head = "the arguments"
    return f"`{head}{pytree.keystr(tuple(rest))}`"


def _facts(leaf: Any) -> dict[str, str]:
    if not isinstance(leaf, torch.Tensor):
        plain = isinstance(leaf, bool | int | float | complex | str | bytes | None)
        return {"its value": repr(leaf) if plain else f"a {type(leaf).__name__} at {id(leaf):#x}"}
    return {
        "its shape": str(tuple(leaf.shape)),
        "its dtype": str(leaf.dtype),
        "its device": str(leaf.device),
        "its strides": str(leaf.stride()),
        "that it requires a gradient": str(leaf.requires_grad),
    }


def reason(before: Told, now: Told) -> str:
    """What has changed, in a line."""
    if before.keys() != now.keys():
        return "the arguments have another structure"
    for label, facts in now.items():
        if before[label].keys() != facts.keys():
            return f"{label} is a tensor in one call and a Python value in the other"
    changes = [
        f"{label} {fact}: {before[label][fact]} → {text}".strip()
        for label, facts in now.items()
        for fact, text in facts.items()
        if before[label].get(fact) != text
        and (fact != "its strides" or before[label].get("its shape") == facts["its shape"])
    ]
    return "; ".join(changes) or "a module, a parameter or an alias is another than before"
