"""Elements that a graph has as copies, where PyTorch gives views: they are not to be written."""

from __future__ import annotations

import dis
import sys
from types import FrameType
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from bcgraph.backend import UnsupportedEffect

_AUGMENTED = {
    f"__i{name}__"
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor",
                 "lshift", "rshift")
}  # fmt: skip
_NO_DATA = ("requires_grad_", "retain_grad_")
_OWN = ("torch", "bcgraph", "bcgraph_torch")

_copies: dict[int, StorageWeakRef] = {}  # by the memory of each


def copied(element: torch.Tensor) -> torch.Tensor:
    """The element, which is a copy of a part of another tensor."""
    for memory in [memory for memory, known in _copies.items() if known.expired()]:
        del _copies[memory]
    storage = element.untyped_storage()
    _copies[storage._cdata] = StorageWeakRef(storage)
    return element


def refuse_writing(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Raises `UnsupportedEffect` for a call that writes such a copy in place.

    `x[i] += v` does so and then puts the copy into `x`, which is right.
    """
    if not _copies:
        return
    name = getattr(function, "__name__", "")
    in_place = name.endswith("_") and not name.endswith("__") and name not in _NO_DATA
    target = keywords.get("out")
    if in_place or name in _AUGMENTED or name == "__setitem__":
        target = arguments[0]
    if not isinstance(target, torch.Tensor) or not _is_copy(target) or _is_put_back():
        return
    raise UnsupportedEffect(
        "an element at a place that only the graph knows (`x[i]`, or an item of a loop) is written"
        " in place: in the graph it is a copy",
        mend="write the tensor itself (`x[i] += …`), or make a new one (`row = row + …`)",
    )


def _is_copy(tensor: torch.Tensor) -> bool:
    known = _copies.get(tensor.untyped_storage()._cdata)
    return known is not None and not known.expired()


def _is_put_back() -> bool:
    """Whether the program is at an augmented assignment to an item."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _OWN:
        frame = frame.f_back
    if frame is None:
        return False
    last, code = frame.f_lasti, frame.f_code
    names = [i.opname for i in dis.get_instructions(code) if i.offset >= last]
    stores = (name for name in names if name.startswith("STORE_"))
    return names[0] == "BINARY_OP" and next(stores, "") == "STORE_SUBSCR"
