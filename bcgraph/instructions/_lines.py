"""The table of positions (`co_linetable`), by CPython's `Objects/locations.md`."""

from __future__ import annotations

from dis import Positions
from itertools import pairwise

_NOWHERE, _LONG, _NO_COLUMNS, *_SAME_LINE = (0x80 | form << 3 for form in (15, 14, 13, 10, 11, 12))
_BYTE = [bytes((number,)) for number in range(256)]
Run = tuple[int, Positions | None]  # the number of the first instruction, and its place


def lines(first: int, runs: list[Run], starts: list[int]) -> bytes:
    """The table of a code that begins in line `first`; an entry is of eight units at most.

    `starts` tells the unit of each instruction, and the last one's end.
    """
    made = bytearray()
    line = first
    for (begin, place), (end, _) in pairwise([*runs, (len(starts) - 1, None)]):
        length = starts[end] - starts[begin]
        if not length:
            continue
        form, rest, line = _entry(place, line)
        if length > 8:
            made.append(form | 7)
            made += rest
            length -= 8
            form, rest, line = _entry(place, line)  # on the same line
            while length > 8:
                made.append(form | 7)
                made += rest
                length -= 8
        made.append(form | length - 1)
        made += rest
    return bytes(made)


def _entry(place: Positions | None, line: int) -> tuple[int, bytes, int]:
    """An entry's first byte without its size; the rest; the line from which the next counts."""
    if place is None or place.lineno is None:
        return _NOWHERE, b"", line
    now, last, column, end = place
    delta = now - line
    if last is None:
        last = now
    if column is None or end is None:
        if last == now:
            return _NO_COLUMNS, bytes(_signed(delta)), now
        column = -1 if column is None else column
        end = -1 if end is None else end
    elif last == now:
        if delta == 0 and column < 80 and 0 <= end - column < 16:
            return 0x80 | column >> 3 << 3, _BYTE[(column & 7) << 4 | end - column], now
        if 0 <= delta < 3 and column < 128 and end < 128:
            return _SAME_LINE[delta], bytes((column, end)), now
    rest = (*_low_first(last - now), *_low_first(column + 1), *_low_first(end + 1))
    return _LONG, bytes((*_signed(delta), *rest)), now


def _signed(number: int) -> list[int]:
    return _low_first(-number << 1 | 1 if number < 0 else number << 1)


def _low_first(number: int) -> list[int]:
    """Six bits a byte, lowest first; bit 6 says that another follows."""
    found = []
    while number > 0x3F:
        found.append(0x40 | number & 0x3F)
        number >>= 6
    return [*found, number]
