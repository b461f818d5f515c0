"""The function of one flow: values in, port and values out."""

from __future__ import annotations

from types import CellType, CodeType
from weakref import ref

from bytecode import CellVar, FreeVar, Label

from bcgraph.instructions import Assembler, Instruction, Op, Raw, variable
from bcgraph.regions import RETURN, Flow, Site

from ._emit import Emitter
from ._hooks import Hooks

_OPTIMIZED, _NEWLOCALS, _NESTED = 1, 2, 16
FIRST = ".first"  # the first argument of a method, where `super()` looks for it


def region(flow: Flow, hooks: Hooks) -> CodeType:
    """The code of a flow's function.

    Its arguments are (the method's own first argument, if the function has a `__class__` cell;)
    the operands above the flow's base; the variables of `flow.inputs`. Its free variables are the
    function's cell and free variables. It returns (operands, variables, index of the port); at the
    return port the only operand is the value. An exception that leaves a flow inside a `try` whose
    handler may read what the flow has written is returned as the operand, with those variables and
    one index more than there are ports.
    """
    return _Region(flow, hooks).build()


def _is_bound(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


class _Region(Emitter):
    all_free = True

    def build(self) -> CodeType:
        self.held = ref(self.flow)  # which holds this code
        flow, asm, cfg, code = self.flow, self.asm, self.flow.cfg, self.code
        facts = flow.facts
        self._labels: dict[int, Label] = {}
        self._ports: dict[int, Label] = {}
        self._caught = Label()
        asm.location = cfg.instructions(cfg.blocks[flow.entry])[0].location
        if code.cells:
            asm.emit("COPY_FREE_VARS", len(code.cells))
        asm.emit("RESUME", 0)
        for name in facts.names(flow.inputs):
            if not facts.assigned[flow.entry] >> facts.variables.index(name) & 1:
                self.unbind_if_undefined(name)
        for name in self._operands():
            asm.emit("LOAD_FAST", name)
        order = self._emitted()
        for b, following in zip(order, [*order[1:], None], strict=True):
            self._block(b, following)
        self.divert()
        for port, label in self._ports.items():
            asm.at_try(None)
            asm.place(label)
            self._leave(port)
        if flow.escaping:
            asm.at_try(None)
            asm.place(self._caught)
            self._return_variables(1, facts.names(flow.escaping), None, len(flow.ports))
        flags = _OPTIMIZED | _NEWLOCALS | (_NESTED if code.cells else 0)
        room = code.origin.co_stacksize + self.room + len(facts.variables) + 12
        return asm.code(room, flags)

    def assembler(self) -> Assembler:
        """Of a function of the flow's operands and variables."""
        code = self.code
        first = [FIRST] if "__class__" in code.cells and code.origin.co_argcount else []
        arguments = [*first, *self._operands(), *self.flow.facts.names(self.flow.inputs)]
        return Assembler(code.origin, arguments, code.cells)

    def _operands(self) -> list[str]:
        """Names for the operands above the flow's base."""
        flow = self.flow
        beginning = ".operand"  # a comprehension's argument is called `.0`
        while any(name.startswith(beginning) for name in flow.facts.variables):
            beginning = f".{beginning}"
        return [f"{beginning}{i}" for i in range(flow.cfg.blocks[flow.entry].depth - flow.base)]

    def label(self, block: int) -> Label:
        if self.flow.leaves(block):
            return self._ports.setdefault(block, Label())
        return self._labels.setdefault(block, Label())

    def _always_diverts(self, site: Site) -> bool:
        """Whether a branch is left to its hook, staged or not.

        So a region's code does not hold that of the regions nested in it.
        """
        return self.hooks.everything or (site.refusal is None and site.onward)

    def _emitted(self) -> list[int]:
        """The blocks that control comes to in this function, from the entry in their own order."""
        flow, cfg = self.flow, self.flow.cfg
        found: set[int] = set()
        work = [flow.entry]
        while work:
            b = work.pop()
            if b in found or (b != flow.entry and flow.leaves(b)):
                continue
            found.add(b)
            block, chain = cfg.blocks[b], cfg.outer[b]
            if len(chain) > len(flow.outer):
                work.append(chain[0])
            site = self.site(b) if block.terminator in (Op.BRANCH, Op.FOR) else None
            if site is not None:
                work.extend(resume.block for resume in site.resumes)
            if site is None or block.terminator is Op.FOR or not self._always_diverts(site):
                work.extend(block.successors)
        return [flow.entry, *sorted(found - {flow.entry})]

    def _block(self, b: int, following: int | None) -> None:
        flow, asm, cfg = self.flow, self.asm, self.flow.cfg
        block = cfg.blocks[b]
        if not flow.leaves(b):  # else it is the entry, and control that comes back leaves
            asm.place(self.label(b))
        asm.at_try(self._context(b))
        for index, ins in zip(block.indices, cfg.instructions(block), strict=True):
            asm.location = ins.location
            match ins.op:
                case Op.BRANCH:
                    site = self.site(b)
                    if site is not None and self._always_diverts(site):
                        asm.jump(self.diversion(site, ins, index))
                        continue
                    self.guard_branch(b, ins, index)
                    on_true, on_false = map(self.label, block.successors)
                    if ins.arg == "none":
                        asm.jump_if("NONE", on_true)
                    else:
                        asm.truth()
                        asm.jump_if("TRUE", on_true)
                    self._go(block.successors[1], on_false, following)
                case Op.FOR:
                    self.guard_for(b, ins, index)
                    item, exhausted = map(self.label, block.successors)
                    end = asm.for_iter(exhausted)
                    asm.jump(item)
                    asm.end_for(end, exhausted)
                case Op.RETURN:
                    asm.emit("BUILD_TUPLE", 1)
                    asm.constant(())
                    asm.constant(flow.ports.index(RETURN))
                    asm.emit("BUILD_TUPLE", 3)
                    asm.emit("RETURN_VALUE")
                case Op.NOP | Op.JUMP:
                    pass
                case Op.RAISE if ins.raw.name == "RERAISE":
                    asm.emit("RERAISE", 0)  # the place kept on the stack is one of the original
                case _:
                    self.instruction(ins, index, self._adapted(ins.op, ins.arg, ins.raw))
        if block.terminator is Op.JUMP:
            self._go(block.successors[0], self.label(block.successors[0]), following)

    def _go(self, block: int, label: Label, following: int | None) -> None:
        if block != following or self.flow.leaves(block):
            self.asm.jump(label)

    def _adapted(self, op: Op, arg: object, raw: Raw) -> Raw:
        """The CPython instruction as it reads in a function whose cells are all free variables."""
        if op in (Op.LOAD, Op.STORE, Op.DELETE):
            name = raw.name
            return Raw.of(name, str(arg), raw.location)
        if op is Op.CONST and raw.name != "LOAD_CONST":
            return Raw.of("LOAD_CONST", None, raw.location)
        if op is Op.POP and raw.name != "POP_TOP":
            return Raw.of("POP_TOP", at=raw.location)
        if isinstance(raw.arg, CellVar) or raw.name == "LOAD_FAST":  # 3.13 loads cells by LOAD_FAST
            return Raw.of(raw.name, FreeVar(variable(raw.arg)), raw.location)
        return raw

    def instruction(self, ins: Instruction, index: int, raw: Raw) -> None:
        """As for any flow; but an unbound cell of the function's own is an unbound local."""
        if raw.name in ("LOAD_DEREF", "DELETE_DEREF"):
            name = variable(raw.arg)
            if index in self.flow.facts.unsure and name in self.code.origin.co_cellvars:
                asm, bound = self.asm, Label()
                asm.begin_call(_is_bound)
                asm.load_cell(name, free=True)
                asm.end_call(1)
                asm.jump_if("TRUE", bound)
                asm.load_local(name, assigned=False)  # never bound here: raises as CPython does
                asm.emit("POP_TOP")
                asm.place(bound)
        super().instruction(ins, index, raw)

    def _context(self, b: int) -> tuple[Label, int, bool] | None:
        chain = self.flow.cfg.outer[b]
        if len(chain) <= len(self.flow.outer):
            return (self._caught, 0, False) if self.flow.escaping else None
        number = self.flow.cfg.blocks[b].handler
        assert number is not None
        handler, start = self.code.handlers[number], chain[0]
        return (
            self._labels.setdefault(start, Label()),
            handler.depth - self.flow.base,
            handler.lasti,
        )

    def try_context(self, index: int) -> tuple[Label, int, bool] | None:
        block = self.flow.cfg.block_of[self.flow.cfg.standing[index]]
        return self._context(block)

    def _leave(self, port: int) -> None:
        """operands → returned with the variables and the port's index"""
        flow = self.flow
        count = flow.cfg.blocks[port].depth - flow.base
        names = flow.facts.names(flow.outputs(port))
        self._return_variables(count, names, port, flow.ports.index(port))

    def _return_variables(
        self, operands: int, names: tuple[str, ...], block: int | None, index: int
    ) -> None:
        asm = self.asm
        asm.emit("BUILD_TUPLE", operands)
        for name in names:
            self.load(name, block)
        asm.emit("BUILD_TUPLE", len(names))
        asm.constant(index)
        asm.emit("BUILD_TUPLE", 3)
        asm.emit("RETURN_VALUE")
