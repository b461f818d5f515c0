"""What stands for the contents of a container that nobody knows any more."""

from __future__ import annotations

import copy
from typing import Any, NoReturn

from bcgraph.errors import Disagreement


class Lost:
    """Contents of a container; the `error` says why no graph holds them.

    It may be held and handed on; its use is that error.
    """

    __slots__ = ("error",)

    def __init__(self, error: Disagreement) -> None:
        self.error = error

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Raises `Disagreement`."""
        raise copy.copy(self.error)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self.refuse()

    def __repr__(self) -> str:
        return "<contents that were lost>"

    __hash__ = object.__hash__


_ARITHMETIC = "add sub mul truediv floordiv mod pow matmul and or xor"
_OTHERS = (
    "neg pos abs invert lt le gt ge eq ne bool len iter next getitem setitem contains call"
    " int float complex index array format str enter"
)
for _name in _ARITHMETIC.split():
    setattr(Lost, f"__{_name}__", Lost.refuse)
    setattr(Lost, f"__r{_name}__", Lost.refuse)
for _name in _OTHERS.split():
    setattr(Lost, f"__{_name}__", Lost.refuse)
