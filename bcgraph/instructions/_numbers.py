"""What the number in an argument counts, and how many units follow: `dis`' tables by number."""

from __future__ import annotations

import dis
import opcode

CONST, LOCAL, CELL, NAME, JUMP, COMPARE = range(1, 7)
KINDS = [0] * 256  # by the instruction's own number; 0: the argument is a number, or means nothing
for _kind, _numbers in (
    (CONST, dis.hasconst),
    (LOCAL, dis.haslocal),
    (CELL, [*dis.hasfree, dis.opmap["LOAD_DEREF"]]),  # which 3.14 counts among those of locals
    (NAME, dis.hasname),
    (JUMP, [*dis.hasjrel, *dis.hasjabs]),
    (COMPARE, dis.hascompare),
):
    for _number in _numbers:
        if _number < 256:  # others are the compiler's own
            KINDS[_number] = _kind

_COUNTS = opcode._inline_cache_entries  # type: ignore[attr-defined]  # `dis` has no public one
_COUNT_OF = _COUNTS if isinstance(_COUNTS, dict) else dict(zip(dis.opname, _COUNTS, strict=False))
CACHES = [_COUNT_OF.get(name, 0) for name in dis.opname]

BACKWARD = {number for name, number in dis.opmap.items() if "BACKWARD" in name}
BACKWARD.add(dis.opmap["END_ASYNC_FOR"])  # since 3.14 it names the place it belongs to

EXTENDED = dis.opmap["EXTENDED_ARG"]
