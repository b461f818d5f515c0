"""What one CPython version packs into one instruction and another does not, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bytecode import CellVar, Instr, TryEnd
from bytecode.instr import Compare

from ._canonical import Item
from ._version import PY312, PY313, PY314

BRANCHES = {
    f"POP_JUMP{way}_IF_{test}": kind
    for way in ("", "_FORWARD", "_BACKWARD")
    for test, kind in (
        ("TRUE", ("truth", True)),
        ("FALSE", ("truth", False)),
        ("NONE", ("none", True)),
        ("NOT_NONE", ("none", False)),
    )
}
_PAIRS = (
    "LOAD_FAST_LOAD_FAST",
    "STORE_FAST_LOAD_FAST",
    "STORE_FAST_STORE_FAST",
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW",
)
_SLICES = {"STORE_SLICE": "STORE_SUBSCR"}
if not PY314:  # which has no `BINARY_SUBSCR`
    _SLICES["BINARY_SLICE"] = "BINARY_SUBSCR"


def tests_truth(item: Instr) -> bool:
    """Whether an instruction, as `normalise` leaves it, takes any object for its truth."""
    return item.name == "UNARY_NOT" or BRANCHES.get(item.name, ("", True))[0] == "truth"


def normalise(items: Iterable[Item]) -> Iterator[Item]:
    """Splits what one version packs into one instruction and another does not.

    Afterwards there are no superinstructions, no method loads (an attribute and a NULL instead), no
    slices but as subscripts, no `RETURN_CONST`, no `JUMP_IF_x_OR_POP`; and no `TO_BOOL` in front of
    a jump or a `UNARY_NOT`: those test the truth of any object, and the assembler puts `TO_BOOL`
    back. Nor are there borrowed locals, which a store by a diverted site would free, and small
    integers are constants.
    """
    pending: Instr | None = None  # a TO_BOOL of which is not yet known what follows
    for item in _always_called(items) if PY314 else items:
        if pending is not None and isinstance(item, Instr):
            if not tests_truth(item):
                yield pending
            pending = None
        if not isinstance(item, Instr):
            yield item
            continue
        name, arg, at = item.name, item.arg, item.location
        if name == "TO_BOOL":
            pending = item
        elif name == "COMPARE_OP" and arg >= 16:
            yield Instr(name, Compare(arg - 16), location=at)
        elif name in _PAIRS:
            first, second = name.replace("_BORROW", "").split("_FAST")[:2]
            yield Instr(f"{first}_FAST", arg[0], location=at)
            yield Instr(f"{second[1:]}_FAST", arg[1], location=at)
        elif name == "LOAD_FAST_BORROW":
            yield Instr("LOAD_FAST", arg, location=at)
        elif name.endswith("_DEREF") and isinstance(arg, str):  # a parameter's cell (3.14)
            yield Instr(name, CellVar(arg), location=at)
        elif name == "LOAD_SMALL_INT":
            yield Instr("LOAD_CONST", arg, location=at)
        elif name in _SLICES:
            yield Instr("BUILD_SLICE", 2, location=at)
            yield Instr(_SLICES[name], location=at)
        elif name == "RETURN_CONST":
            yield Instr("LOAD_CONST", arg, location=at)
            yield Instr("RETURN_VALUE", location=at)
        elif name in ("JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP"):
            yield Instr("COPY", 1, location=at)
            yield Instr(f"POP_JUMP_FORWARD_IF_{name[8:-7]}", arg, location=at)
            yield Instr("POP_TOP", location=at)
        elif name == "LOAD_METHOD":
            yield Instr("LOAD_ATTR", arg, location=at)
            yield from _null_beside(item)
        elif PY312 and name == "LOAD_ATTR" and arg[0]:
            yield Instr(name, (False, arg[1]), location=at)
            yield from _null_beside(item)
        elif name == "LOAD_SUPER_ATTR" and arg[0]:
            yield Instr(name, (False, *arg[1:]), location=at)
            yield from _null_beside(item)
        else:
            yield item


def _null_beside(item: Instr) -> Iterator[Instr]:
    yield Instr("PUSH_NULL", location=item.location)
    if not PY313:
        yield Instr("SWAP", 2, location=item.location)


def _always_called(items: Iterable[Item]) -> Iterator[Item]:
    """Without 3.14's loops in place of `all`, `any` and `tuple` of a generator expression.

    The compiler writes them behind a test whether the name still means the builtin
    (`Python/codegen.c`, `maybe_optimize_function_call`): what the test fails to is the call.
    """
    held: list[Item] = []  # the test so far: `COPY; LOAD_COMMON_CONSTANT; IS_OP`
    for item in items:
        match item:
            case Instr(name="COPY", arg=1) if not held:
                held = [item]
                continue
            case Instr(name="LOAD_COMMON_CONSTANT") if len(held) == 1:
                held.append(item)
                continue
            case Instr(name="IS_OP") if len(held) == 2:
                held.append(item)
                continue
            case TryEnd() if len(held) == 3:
                yield item
                continue
            case Instr(name="POP_JUMP_IF_FALSE") if len(held) == 3:
                yield Instr("JUMP_FORWARD", item.arg, location=item.location)
                held = []
                continue
        yield from held
        held = []
        yield item
