"""What stands for the contents of a container that nobody knows any more."""

from __future__ import annotations

from typing import Any, NoReturn

from bcgraph.errors import Disagreement, Note


class Lost:
    """The contents of a container, a `kind`; `reason` tells where a tensor has chosen one.

    It may be held and handed on; its use is an error.
    """

    __slots__ = ("kind", "reason")

    def __init__(self, kind: str, reason: Note | None) -> None:
        self.kind, self.reason = kind, reason

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Raises `Disagreement`."""
        raise Disagreement(
            f"a {self.kind} is used that another one stands for, which was changed: a tensor has"
            " chosen which one that is",
            notes=(self.reason,),
            mend="change each on its own path; or go on with the chosen one only",
        )

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
