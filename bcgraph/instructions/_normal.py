"""What one CPython version packs into one instruction and another does not, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bytecode import TryEnd
from bytecode.instr import Compare

from ._items import Item, Raw
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


def tests_truth(item: Raw) -> bool:
    """Whether an instruction, as `normalise` leaves it, takes any object for its truth."""
    return item.name == "UNARY_NOT" or BRANCHES.get(item.name, ("", True))[0] == "truth"


_PACKED = {
    *_PAIRS, *_SLICES, "LOAD_FAST_BORROW", "LOAD_SMALL_INT", "RETURN_CONST",
    "JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP", "LOAD_METHOD", "LOAD_SUPER_ATTR",
}  # fmt: skip
if PY312:  # whose attribute loads may be those of methods
    _PACKED.add("LOAD_ATTR")
if PY313:  # whose comparisons may be those to an exact bool
    _PACKED.add("COMPARE_OP")


def normalise(items: Iterable[Item]) -> list[Item]:
    """Splits what one version packs into one instruction and another does not.

    Afterwards there are no superinstructions, no method loads (an attribute and a NULL instead), no
    slices but as subscripts, no `RETURN_CONST`, no `JUMP_IF_x_OR_POP`; and no `TO_BOOL` in front of
    a jump or a `UNARY_NOT`: those test the truth of any object, and the assembler puts `TO_BOOL`
    back. Nor are there borrowed locals, which a store by a diverted site would free, and small
    integers are constants.
    """
    found: list[Item] = []
    pending: Raw | None = None  # a TO_BOOL of which is not yet known what follows
    for item in _always_called(items) if PY314 else items:
        if type(item) is not Raw:
            found.append(item)
            continue
        if pending is not None:
            if not tests_truth(item):
                found.append(pending)
            pending = None
        if item.name == "TO_BOOL":
            pending = item
        elif item.name in _PACKED:
            found += _unpacked(item)
        else:
            found.append(item)
    return found


def _unpacked(item: Raw) -> Iterator[Raw]:
    name, arg, at = item.name, item.arg, item.location
    if name == "COMPARE_OP" and arg >= 16:
        yield Raw.of(name, Compare(arg - 16), at)
    elif name in _PAIRS:
        first, second = name.replace("_BORROW", "").split("_FAST")[:2]
        yield Raw.of(f"{first}_FAST", arg[0], at)
        yield Raw.of(f"{second[1:]}_FAST", arg[1], at)
    elif name == "LOAD_FAST_BORROW":
        yield Raw.of("LOAD_FAST", arg, at)
    elif name == "LOAD_SMALL_INT":
        yield Raw.of("LOAD_CONST", arg, at)
    elif name in _SLICES:
        yield Raw.of("BUILD_SLICE", 2, at)
        yield Raw.of(_SLICES[name], at=at)
    elif name == "RETURN_CONST":
        yield Raw.of("LOAD_CONST", arg, at)
        yield Raw.of("RETURN_VALUE", at=at)
    elif name in ("JUMP_IF_TRUE_OR_POP", "JUMP_IF_FALSE_OR_POP"):
        yield Raw.of("COPY", 1, at)
        yield Raw.of(f"POP_JUMP_FORWARD_IF_{name[8:-7]}", arg, at)
        yield Raw.of("POP_TOP", at=at)
    elif name == "LOAD_METHOD":
        yield Raw.of("LOAD_ATTR", arg, at)
        yield from _null_beside(item)
    elif name in ("LOAD_ATTR", "LOAD_SUPER_ATTR") and arg[0]:
        yield Raw.of(name, (False, *arg[1:]), at)
        yield from _null_beside(item)
    else:
        yield item


def _null_beside(item: Raw) -> Iterator[Raw]:
    yield Raw.of("PUSH_NULL", at=item.location)
    if not PY313:
        yield Raw.of("SWAP", 2, item.location)


def _always_called(items: Iterable[Item]) -> Iterator[Item]:
    """Without 3.14's loops in place of `all`, `any` and `tuple` of a generator expression.

    The compiler writes them behind a test whether the name still means the builtin
    (`Python/codegen.c`, `maybe_optimize_function_call`): what the test fails to is the call.
    """
    held: list[Item] = []  # the test so far: `COPY; LOAD_COMMON_CONSTANT; IS_OP`
    for item in items:
        match item:
            case Raw(name="COPY", arg=1) if not held:
                held = [item]
                continue
            case Raw(name="LOAD_COMMON_CONSTANT") if len(held) == 1:
                held.append(item)
                continue
            case Raw(name="IS_OP") if len(held) == 2:
                held.append(item)
                continue
            case TryEnd() if len(held) == 3:
                yield item
                continue
            case Raw(name="POP_JUMP_IF_FALSE") if len(held) == 3:
                yield Raw.of("JUMP_FORWARD", item.arg, item.location)
                held = []
                continue
        yield from held
        held = []
        yield item
