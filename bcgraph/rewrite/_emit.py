"""What the rewritten function and a region's function have in common: guards and diversions."""

from __future__ import annotations

import operator
from collections.abc import Callable

from bytecode import Compare, Label

from bcgraph.instructions import MAYBE, Assembler, Instruction, Op
from bcgraph.regions import Flow, Resume, Site, plan

from ._hooks import Hooks
from ._operations import Operations, if_exact_bool

_SPARE = ".spare"  # a local to hold an operand for a moment


class Emitter(Operations):
    """Emits one flow's instructions with their guards.

    Subclasses say where a block's label is (`label`) and under which handler a block runs
    (`context`).
    """

    def __init__(self, flow: Flow, hooks: Hooks) -> None:
        super().__init__(flow, hooks)
        self.held: Callable[[], Flow | None] = lambda: flow  # for what the code calls
        self.diversions: dict[int, tuple[Label, Site, Instruction, int]] = {}  # by block
        self.room = 0

    def label(self, block: int) -> Label:
        """Where control goes to reach a block (or to leave the flow at it)."""
        raise NotImplementedError

    def local_name(self, name: str) -> str:
        """The CPython variable that holds a canonical one."""
        return name

    def site(self, block: int) -> Site | None:
        """The plan of a branch or `for` that gets a guard; None where it needs none."""
        ins = self.flow.cfg.instructions(self.flow.cfg.blocks[block])[0]
        if ins.op is Op.BRANCH and ins.arg not in self.hooks.tests:
            return None
        found = self.flow.sites.get(block)
        if found is None:
            found = self.flow.sites[block] = plan(self.flow, block, repeatable=self.hooks.symbolic)
        assert isinstance(found, Site)
        return None if found.refusal and not self.hooks.symbolic else found

    def guard_branch(self, block: int, ins: Instruction, index: int) -> None:
        """predicate → predicate, or diverts."""
        site = self.site(block)
        asm = self.asm
        if site is None:
            return
        divert = self.diversion(site, ins, index)
        if self.hooks.everything:
            asm.constant(True)
            asm.jump_if("TRUE", divert)
            return
        asm.repeat(_if_none if ins.arg == "none" else _if_staged, self.hooks.staged, divert)

    def guard_for(self, block: int, ins: Instruction, index: int) -> None:
        """iterator → iterator, or diverts; what cannot be staged Python walks by itself."""
        site, asm = self.site(block), self.asm
        if site is None:
            return
        asm.emit("MATCH_MAPPING")
        if site.refusal is None or self.hooks.everything:
            asm.jump_if("TRUE", self.diversion(site, ins, index))
            return
        native = Label()
        asm.jump_if("FALSE", native)
        asm.begin_call_of_top(self.hooks.walked)
        asm.constant(site.refusal)
        asm.end_call(2)
        asm.place(native)

    def diversion(self, site: Site, ins: Instruction, index: int) -> Label:
        """A label, emitted out of line, at which a site is staged; copies of a branch share it."""
        found = self.diversions.get(site.block)
        if found is None:
            found = self.diversions[site.block] = Label(), site, ins, index
        return found[0]

    def load_cell(self, name: str, index: int, height: int) -> None:
        """→ the cell object of a variable, at a site with `height` operands on the stack."""
        self.asm.load_cell(name, free=True)

    def divert(self) -> None:
        """Emits, out of line, what each guard diverts to; sites that go on alike share how."""
        asm = self.asm
        landings: dict[tuple[int, tuple[Resume, ...]], Label] = {}
        for label, site, ins, index in self.diversions.values():
            asm.location = ins.location
            asm.place(label)
            asm.at_try(self.try_context(index))
            self._stage(site, ins, index)
            alike = site.base, site.resumes
            if alike in landings:
                asm.jump(landings[alike])
            else:
                landings[alike] = Label()
                asm.place(landings[alike])
                self._resume(site.resumes)

    def _resume(self, resumes: tuple[Resume, ...]) -> None:
        """what to store or return, index of the resume (None: returns) → goes on there"""
        asm, returned = self.asm, Label()
        for number, resume in enumerate(resumes):
            go, skip = self.label(resume.block), Label()
            if number < len(resumes) - 1:
                asm.emit("COPY", 1)
                asm.constant(number)
                asm.emit("COMPARE_OP", Compare.EQ)
                asm.jump_if("FALSE", skip)
                asm.emit("POP_TOP")
            else:
                asm.jump_if("NONE", returned)
            asm.emit("UNPACK_SEQUENCE", len(resume.variables) + resume.operands)
            for name in resume.variables:
                self._store(name, resume.block)
            asm.jump(go)
            asm.place(skip)
            self.room = max(self.room, len(resume.variables) + resume.operands + 4)
        if not resumes:
            asm.emit("POP_TOP")
        asm.place(returned)
        asm.emit("RETURN_VALUE")

    def try_context(self, index: int) -> object:
        """The handler in force at an instruction, as the assembler wants it."""
        raise NotImplementedError

    def _stage(self, site: Site, ins: Instruction, index: int) -> None:
        """operands above the base → what to store or return, index of the resume (None: returns)"""
        asm = self.asm
        for above, mark in enumerate(reversed(self.code.stacks[index][site.base :]), start=1):
            if mark == MAYBE:
                self._fill(above)
        count, height = ins.depth - site.base, site.base
        protected = self.try_context(index) is not None
        if protected:  # a handler around the site still finds its operands
            for _ in range(count):
                asm.emit("COPY", count)
            height = ins.depth
        if count != 1:
            asm.emit("BUILD_TUPLE", count)
        asm.begin_call_of_top(self.hooks.site(self.held, site))
        for name in site.inputs:
            self.load(name, site.block)
        height += 3 + len(site.inputs)
        for number, cell in enumerate(self.code.cells):
            self.load_cell(cell, index, height + number)
        asm.end_call(1 + len(site.inputs) + len(self.code.cells))
        if site.escaping:
            self._escape(site)
        asm.at_try(None)  # nothing fails from here on
        if protected:
            for _ in range(count):
                asm.emit("SWAP", 2)
                asm.emit("POP_TOP")
        asm.emit("UNPACK_SEQUENCE", 2)
        self.room = max(self.room, count + len(site.inputs) + len(self.code.cells) + 8)

    def _fill(self, above: int) -> None:
        """callable object-or-NULL … → callable object …, `above` operands from the object on

        A local takes NULL, and is unbound then; what is called becomes the object of `call`.
        """
        asm, bound = self.asm, Label()
        asm.emit("SWAP", above)
        asm.emit("STORE_FAST", _SPARE)
        asm.begin_call(self.hooks.local)
        asm.constant(_SPARE)
        asm.end_call(1)
        asm.emit("COPY", 1)
        asm.constant(self.hooks.undefined)
        asm.emit("IS_OP", 0)
        asm.jump_if("FALSE", bound)
        asm.emit("POP_TOP")
        asm.emit("COPY", above)
        asm.constant(operator.call)
        asm.emit("SWAP", above + 2)
        asm.emit("STORE_FAST", _SPARE)
        asm.place(bound)
        asm.emit("DELETE_FAST", _SPARE)
        asm.emit("SWAP", above)

    def _escape(self, site: Site) -> None:
        """Where the hook gives back an exception: stores what a handler may read, and goes on."""
        asm, skip, cfg = self.asm, Label(), self.flow.cfg
        asm.emit("COPY", 1)
        asm.constant(0)
        asm.subscript()
        asm.constant(len(site.resumes))
        asm.emit("COMPARE_OP", Compare.EQ)
        asm.jump_if("FALSE", skip)
        asm.emit("UNPACK_SEQUENCE", 2)
        asm.emit("POP_TOP")
        asm.emit("UNPACK_SEQUENCE", len(site.escaping) + 1)
        for name in site.escaping:
            self._store(name, cfg.outer[site.block][0])
        asm.emit("RERAISE", 0)
        asm.place(skip)
        self.room = max(self.room, len(site.escaping) + 5)

    def load(self, name: str, block: int | None) -> None:
        """→ the variable's value at a block's entry (None: anywhere), or the mark of no value."""
        facts = self.flow.facts
        assigned = block is not None and facts.assigned[block] >> facts.variables.index(name) & 1
        if assigned:
            self.asm.load_local(self.local_name(name), assigned=True)
        else:
            self.asm.begin_call(self.hooks.local)
            self.asm.constant(self.local_name(name))
            self.asm.end_call(1)

    def _store(self, name: str, block: int | None) -> None:
        asm, facts = self.asm, self.flow.facts
        local = self.local_name(name)
        asm.emit("STORE_FAST", local)
        assert block is not None
        if not facts.assigned[block] >> facts.variables.index(name) & 1:
            self.unbind_if_undefined(local)

    def unbind_if_undefined(self, local: str) -> None:
        """Unbinds a local that holds the mark of a variable without a value."""
        asm, skip = self.asm, Label()
        asm.emit("LOAD_FAST", local)
        asm.constant(self.hooks.undefined)
        asm.emit("IS_OP", 0)
        asm.jump_if("FALSE", skip)
        asm.emit("DELETE_FAST", local)
        asm.place(skip)


def _if_staged(asm: Assembler, staged: object, divert: Label) -> None:
    """predicate → predicate; goes on at `divert` if it is a staged one"""
    native = Label()
    if_exact_bool(asm, native)
    _ask(asm, staged, divert)
    asm.place(native)


def _if_none(asm: Assembler, staged: object, divert: Label) -> None:
    """The same of what may be None as the graph runs, which shows itself as a mapping."""
    native = Label()
    asm.emit("MATCH_MAPPING")
    asm.jump_if("FALSE", native)
    _ask(asm, staged, divert)
    asm.place(native)


def _ask(asm: Assembler, staged: object, divert: Label) -> None:
    asm.begin_call(staged)
    asm.emit("COPY", 3)
    asm.end_call(1)
    asm.jump_if("TRUE", divert)
