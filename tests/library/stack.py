"""The operand stack of a code object, told from its instructions alone.

CPython trusts the compiler: code that pops what isn't there, or pushes more than `co_stacksize`,
corrupts memory. So what is emitted is walked here along every edge, by `dis` and nothing of
bcgraph's own.
"""

from __future__ import annotations

import dis
import sys
from types import CodeType

_ENDS = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"}
_ALWAYS = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
_REACHED = {"COPY": 1, "SWAP": 1, "BUILD_TUPLE": 1}  # operands for each unit of the argument
_PUSHED_LATER = sys.version_info < (3, 13)  # before, `dis` misses what resuming a generator pushes
# 3.14's `END_ASYNC_FOR` only names the place it belongs to.
_JUMPS = frozenset(dis.hasjrel + dis.hasjabs) - {dis.opmap["END_ASYNC_FOR"]}


def fault(code: CodeType) -> str:
    """What is wrong with the code's use of its stack; empty if nothing."""
    instructions = list(dis.get_instructions(code))
    at = {ins.offset: i for i, ins in enumerate(instructions)}
    caught = _entries(code, at)
    depths: list[int | None] = [None] * len(instructions)
    work = [(0, 0)]
    while work:
        i, depth = work.pop()
        while True:
            if depths[i] is not None:
                if depths[i] != depth:
                    return f"depth {depths[i]} and {depth} before {_place(instructions[i])}"
                break
            ins, depths[i] = instructions[i], depth
            if depth < _REACHED.get(ins.opname, 0) * (ins.arg or 0):
                return f"depth {depth} before {_place(ins)}"
            if i in caught:
                target, kept, lasti = caught[i]
                if kept > depth:
                    return f"handler keeps {kept} of {depth} at {_place(ins)}"
                work.append((target, kept + lasti + 1))
            if ins.opcode in _JUMPS:
                effect = dis.stack_effect(ins.opcode, ins.arg, jump=True)
                work.append((at[ins.argval], depth + effect))
            if ins.opname in _ENDS or ins.opname in _ALWAYS:
                break
            arg = ins.arg if ins.opcode >= dis.HAVE_ARGUMENT else None
            depth += dis.stack_effect(ins.opcode, arg, jump=False)
            depth += _PUSHED_LATER and ins.opname == "RETURN_GENERATOR"
            if not 0 <= depth <= code.co_stacksize:
                return f"depth {depth} of {code.co_stacksize} after {_place(ins)}"
            i += 1
            if i == len(instructions):
                return "runs off its end"
    return ""


def _entries(code: CodeType, at: dict[int, int]) -> dict[int, tuple[int, int, bool]]:
    """The handler, the depth it keeps, and whether it gets `lasti`, of each instruction."""
    found: dict[int, tuple[int, int, bool]] = {}
    for start, end, target, depth, lasti in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        for offset in range(start, end, 2):
            if offset in at:
                found[at[offset]] = (at[target], depth, lasti)
    return found


def _place(ins: dis.Instruction) -> str:
    return f"{ins.opname} {ins.argrepr} at {ins.offset}"
