"""Objects that stand where a value may not be had: any use of one is an error."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")

_ARITHMETIC = "add sub mul truediv floordiv mod pow matmul and or xor"
_OTHERS = (
    "neg pos abs invert lt le gt ge eq ne bool len iter next getitem setitem contains call"
    " int float complex index array format str enter"
)
_NAMES = (
    *(f"__{sided}__" for name in _ARITHMETIC.split() for sided in (name, f"r{name}")),
    *(f"__{name}__" for name in _OTHERS.split()),
)


def refusing(kind: type[T]) -> type[T]:
    """Has every operator, conversion and attribute of a class call its `refuse`."""

    def attribute(self: Any, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self.refuse()

    def refuse(self: Any, *_: Any, **__: Any) -> Any:
        self.refuse()

    for name in _NAMES:
        setattr(kind, name, refuse)
    kind.__getattr__ = attribute  # type: ignore[attr-defined]
    kind.__hash__ = object.__hash__  # type: ignore[method-assign]
    return kind
