"""Back from items to a code object, on the running CPython version.

The `Assembler` knows what differs between versions on the way out: how a call is laid out, which
way a jump goes, where a truth test needs `TO_BOOL`, how a `for` ends, what a `try` range looks
like. Handler depths and the stack's size are given, never recomputed.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from dis import Positions
from types import CodeType

from bytecode import BinaryOp, CellVar, FreeVar, Label, TryBegin, TryEnd
from bytecode.instr import UNSET

from ._encode import Units
from ._items import Item, Raw
from ._sequence import Sequence
from ._templates import shown
from ._version import PY312, PY313, PY314

TryContext = tuple[Label, int, bool]  # handler, operands that stay, push lasti

Writer = Callable[..., None]
_recorded: dict[tuple[Writer, int, tuple[int, ...]], Sequence] = {}
_EMPTY = compile("", "", "exec").replace(co_consts=(), co_names=())


class Assembler:
    """Writes the instructions of one code object, in place of those of `origin`.

    With `arguments` it is that of a new function of these, with these free variables, which bears
    the name, file and first line of `origin`.
    `location` is given to each instruction that follows, so that tracebacks and tracing show the
    user's line; `at_try` opens and closes exception table entries.
    """

    def __init__(
        self,
        origin: CodeType,
        arguments: list[str] | None = None,
        free: tuple[str, ...] = (),
    ) -> None:
        self._units = Units(origin, arguments, free)
        self.location: Positions | None = None
        self._placed: set[Label] = set()
        self._context: TryContext | None = None
        self._begin: TryBegin | None = None
        self._stubs: list[tuple[Label, Label, Positions | None]] = []

    def emit(self, name: str, arg: object = UNSET) -> None:
        """Appends one CPython instruction."""
        self._units.add(dis.opmap[name], arg, self.location)

    def copy(self, item: Item) -> None:
        """Appends an instruction, label or mark of the original code as it is."""
        if type(item) is Raw:
            self._units.add(item.opcode, item.arg, item.location)
        elif type(item) is Label:
            self.place(item)
        else:
            self._units.take(item)

    def repeat(self, write: Writer, *operands: object, numbers: tuple[int, ...] = ()) -> None:
        """Appends what `write(self, *operands, *numbers)` does, which is recorded the first time.

        Operands are constants, and labels further on; what is written goes by the numbers alone.
        """
        key = write, len(operands), numbers
        found = _recorded.get(key)
        if found is None:
            scratch, stand_ins = Assembler(_EMPTY), [Label() for _ in operands]
            write(scratch, *stand_ins, *numbers)
            found = _recorded[key] = scratch._units.recorded(stand_ins)
        self._units.repeat(found, operands, self.location)

    def place(self, label: Label) -> None:
        """Puts a label here."""
        self._placed.add(label)
        self._units.take(label)

    def at_try(self, context: TryContext | None) -> None:
        """From here on exceptions go to this handler (None: out of the function)."""
        same = context is None or (
            self._context is not None
            and context[0] is self._context[0]
            and context[1:] == self._context[1:]
        )
        if same and (context is None) == (self._context is None):
            return
        if self._begin is not None:
            self._units.take(TryEnd(self._begin))
            self._begin = None
        self._context = context
        if context is not None:
            self._begin = TryBegin(context[0], push_lasti=context[2], stack_depth=context[1])
            self._units.take(self._begin)

    def constant(self, value: object) -> None:
        """→ value."""
        self.emit("LOAD_CONST", value)

    def begin_call(self, hook: object) -> None:
        """Starts a call of a constant; the arguments follow, then `end_call`."""
        if PY313:
            self.constant(hook)
            self.emit("PUSH_NULL")
        else:
            self.emit("PUSH_NULL")
            self.constant(hook)

    def begin_call_of_top(self, hook: object) -> None:
        """As `begin_call`; the first argument is on top of the stack already."""
        for load in ("hook", "null") if PY313 else ("null", "hook"):
            if load == "hook":
                self.constant(hook)
            else:
                self.emit("PUSH_NULL")
            self.emit("SWAP", 2)

    def end_call(self, count: int) -> None:
        """Ends a call with `count` positional arguments: → result."""
        if not PY312:
            self.emit("PRECALL", count)
        self.emit("CALL", count)

    def subscript(self) -> None:
        """container key → item"""
        if PY314:
            self.emit("BINARY_OP", BinaryOp["SUBSCR"])
        else:
            self.emit("BINARY_SUBSCR")

    def load_local(self, name: str, *, assigned: bool) -> None:
        """→ value of a local; where it may be unbound, UnboundLocalError as CPython raises it."""
        self.emit("LOAD_FAST_CHECK" if PY312 and not assigned else "LOAD_FAST", name)

    def load_cell(self, name: str, free: bool) -> None:
        """→ the cell object itself."""
        variable = FreeVar(name) if free else CellVar(name)
        self.emit("LOAD_FAST" if PY313 else "LOAD_CLOSURE", variable)

    def jump(self, label: Label) -> None:
        """Jumps, forward or backward, as the label lies."""
        backward = label in self._placed
        self.emit("JUMP_BACKWARD" if backward else "JUMP_FORWARD", label)

    def jump_if(self, test: str, label: Label) -> None:
        """Takes the top operand and jumps on "TRUE", "FALSE", "NONE" or "NOT_NONE".

        The operand must be an exact bool for the first two (see `truth`).
        """
        if label in self._placed:
            stub = Label()
            self._stubs.append((stub, label, self.location))
            label = stub
        self.emit(f"POP_JUMP_IF_{test}" if PY312 else f"POP_JUMP_FORWARD_IF_{test}", label)

    def truth(self) -> None:
        """value → its truth, where the version's jumps do not take it themselves."""
        if PY313:
            self.emit("TO_BOOL")

    def for_iter(self, exhausted: Label) -> Label:
        """iterator → iterator item; returns the label to hand to `end_for`."""
        if not PY312:
            if exhausted in self._placed:
                stub = Label()
                self._stubs.append((stub, exhausted, self.location))
                exhausted = stub
            self.emit("FOR_ITER", exhausted)
            return exhausted
        end = Label()
        self.emit("FOR_ITER", end)
        return end

    def end_for(self, end: Label, exhausted: Label) -> None:
        """Places what ends a `for` out of line, and goes on at `exhausted`."""
        if not PY312:
            return
        self.place(end)
        self.emit("END_FOR")
        if PY313:
            self.emit("POP_ITER" if PY314 else "POP_TOP")
        self.jump(exhausted)

    def _finish(self) -> None:
        self.at_try(None)
        while self._stubs:
            stub, label, self.location = self._stubs.pop()
            self.place(stub)
            self.jump(label)

    def code(self, stacksize: int, flags: int | None = None) -> CodeType:
        """The code object; its flags are those of the original, unless they are given."""
        self._finish()
        return shown(self._units.code(stacksize, flags))
