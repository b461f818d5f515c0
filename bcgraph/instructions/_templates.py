"""Template strings (3.14), which `bytecode` 0.19 does not know.

It takes the argument of `BUILD_INTERPOLATION` (bit 0: has a format; from bit 2: the conversion)
for another. So from reading to writing, a `GET_AWAITABLE` of an argument that CPython has no use
for stands in its place. Both take one code unit.
"""

from __future__ import annotations

import dis
from types import CodeType

from ._items import Raw

_HIDDEN = 16  # `GET_AWAITABLE` itself has arguments up to 2
_INTERPOLATION = dis.opmap.get("BUILD_INTERPOLATION", -1)
_AWAITABLE = dis.opmap["GET_AWAITABLE"]


def hidden(code: CodeType) -> CodeType:
    """The code with a stand-in for each interpolation."""
    return _exchanged(code, (_INTERPOLATION, 0), (_AWAITABLE, _HIDDEN))


def shown(code: CodeType) -> CodeType:
    """The code with interpolations again."""
    return _exchanged(code, (_AWAITABLE, _HIDDEN), (_INTERPOLATION, 0))


def interpolation(raw: Raw) -> int | None:
    """The argument of the interpolation that an instruction stands for; None of any other."""
    found = raw.opcode == _AWAITABLE and raw.arg >= _HIDDEN
    return int(raw.arg) - _HIDDEN if found else None


def _exchanged(code: CodeType, old: tuple[int, int], new: tuple[int, int]) -> CodeType:
    """The code with another opcode for one; arguments count from the second of each pair."""
    if _INTERPOLATION < 0 or old[0] not in (units := code.co_code)[::2]:
        return code
    made = bytearray(units)
    for i in range(0, len(units), 2):
        if units[i] == old[0] and units[i + 1] >= old[1]:
            made[i : i + 2] = new[0], units[i + 1] - old[1] + new[1]
    return code if made == units else code.replace(co_code=bytes(made))
