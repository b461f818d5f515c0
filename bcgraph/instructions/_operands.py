"""The operand stack: marks of what lies on it, and how far an instruction reaches down."""

from __future__ import annotations

from bytecode import Instr
from bytecode.instr import DYNAMIC_STACK_EFFECTS, STATIC_STACK_EFFECTS, UNSET

from ._items import Raw
from ._numbers import CONST, KINDS
from ._templates import interpolation
from ._version import PY313, PY314

NULL = "null"  # mark of an operand slot that holds no object
MAYBE = "maybe"  # mark of one that may hold none: what a special method is bound to, or nothing
EXIT = "exit"  # mark of the function that leaves a `with`
ENTER = "enter"  # mark of the method that enters a `with`, about to be called (3.14)
FUNCTION = "function"  # mark of a function just made

_INTO = {"LIST_APPEND": 1, "SET_ADD": 1, "MAP_ADD": 2, "LIST_EXTEND": 1, "SET_UPDATE": 1,
         "DICT_UPDATE": 1, "DICT_MERGE": 1}  # fmt: skip
_PUSHES = ("LOAD_", "PUSH_", "IMPORT_", "MAKE_CELL", "COPY_FREE", "RESUME", "KW_NAMES", "NOP",
           "GEN_START", "RETURN_GENERATOR", "SETUP_ANNOTATIONS", "DELETE_NAME", "DELETE_GLOBAL",
           "DELETE_DEREF", "DELETE_FAST", "POP_EXCEPT")  # fmt: skip


_REACH = {"CALL_INTRINSIC_1": 1, "CALL_INTRINSIC_2": 2, "LOAD_SPECIAL": 1}
if PY314:
    _REACH["WITH_EXCEPT_START"] = 5  # what leaves a `with` takes two operands

# instructions that leave other marks than those of objects
_MARKING = {*_INTO, "PUSH_NULL", "LOAD_GLOBAL", "BEFORE_WITH", "LOAD_SPECIAL", "MAKE_FUNCTION"}
if PY314:
    _MARKING.add("GET_AWAITABLE")  # which may stand for another, see `_templates`

_known_effects: dict[tuple[int, int | None], tuple[int, int]] = {}


def effects(raw: Raw) -> tuple[int, int]:
    """How many operands an instruction reaches down to, and what it adds to them.

    It reaches at least as many as it takes; what it adds is to the depth where it goes on. Both go
    by its name and the numbers in its argument; what it takes is known to `bytecode`.
    """
    arg, number = raw.arg, None
    if arg is not UNSET and KINDS[raw.opcode] != CONST:
        if type(arg) is tuple:
            number = arg[0]
        elif isinstance(arg, int):
            number = int(arg)
    key = raw.opcode, number
    found = _known_effects.get(key)
    if found is None:
        known = Instr(raw.name, None if KINDS[raw.opcode] == CONST else arg)
        found = _known_effects[key] = _reach(raw, known), known.stack_effect(jump=False)
    return found


def _reach(raw: Raw, known: Instr) -> int:
    name = raw.name
    if name in _REACH:
        return _REACH[name]
    if (parts := interpolation(raw)) is not None:
        return 2 + (parts & 1)
    if name == "PRECALL":
        return int(raw.arg)
    if name in _INTO:  # adds to a container further down
        return int(raw.arg) + _INTO[name]
    before, _ = known.pre_and_post_stack_effect(jump=False)
    if raw.opcode in STATIC_STACK_EFFECTS or raw.opcode in DYNAMIC_STACK_EFFECTS:
        return -before
    if name.startswith(_PUSHES):
        return max(0, -before)
    return max(1, -before)


def after(raw: Raw, stack: tuple[object, ...], down: int, effect: int) -> tuple[object, ...]:
    """The marks after an instruction of these effects that neither jumps nor moves operands."""
    name = raw.name
    if name in _MARKING:
        if name == "PUSH_NULL":
            return (*stack, NULL)
        if name == "LOAD_GLOBAL" and raw.arg[0]:
            return (*stack, None, NULL) if PY313 else (*stack, NULL, None)
        if name == "BEFORE_WITH":
            return (*stack[:-1], EXIT, None)
        if name == "LOAD_SPECIAL":
            mark = {"ENTER": ENTER, "AENTER": ENTER, "EXIT": EXIT}.get(raw.arg.name)
            return (*stack[:-1], mark, MAYBE)
        if name == "MAKE_FUNCTION":
            return (*stack[: len(stack) - down], FUNCTION)
        if (parts := interpolation(raw)) is not None:
            return (*stack[: -2 - (parts & 1)], None)
        if name in _INTO:
            return stack[:effect]
    if not down:
        return stack + (None,) * effect if effect else stack
    pops = min(down, len(stack))
    return stack[: len(stack) - pops] + (None,) * (pops + effect)
