"""A mended table of source positions.

CPython finds the next entry of a table by its first byte, the only one whose high bit is set. The
form for one line keeps columns as plain bytes, so it is for columns below 128; `bytecode` uses it
up to 255, and a line number read past such an entry is then wrong. Such entries get the long form.
Format: CPython's `Objects/locations.md`.
"""

from __future__ import annotations

from types import CodeType

_ONE_LINE, _NO_COLUMNS, _LONG, _NONE = (10, 11, 12), 13, 14, 15


def mended(code: CodeType) -> CodeType:
    """The code with entries of the form for one line only where their columns allow it."""
    table = code.co_linetable
    made = bytearray()
    at = 0
    while at < len(table):
        start, kind = at, table[at] >> 3 & 15
        at += 1
        if kind in _ONE_LINE:
            at += 2
            column, end = table[start + 1], table[start + 2]
            if max(column, end) > 127:
                made.append(0x80 | _LONG << 3 | table[start] & 7)
                for number in (2 * (kind - _ONE_LINE[0]), 0, column + 1, end + 1):
                    made += _varint(number)
                continue
        elif kind < _ONE_LINE[0]:
            at += 1
        else:
            for _ in range({_NO_COLUMNS: 1, _LONG: 4, _NONE: 0}[kind]):
                while table[at] & 0x40:
                    at += 1
                at += 1
        made += table[start:at]
    return code if len(made) == len(table) else code.replace(co_linetable=bytes(made))


def _varint(number: int) -> bytes:
    """Six bits a byte, lowest first; bit 6 says that another follows."""
    found = bytearray()
    while number > 0x3F:
        found.append(0x40 | number & 0x3F)
        number >>= 6
    return bytes([*found, number])
