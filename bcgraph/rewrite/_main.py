"""The rewritten function: its own instructions, in their own order, with guards."""

from __future__ import annotations

from types import CodeType

from bytecode import Label

from bcgraph.cfg import build
from bcgraph.dataflow import analyse
from bcgraph.instructions import Code, Op, Raw
from bcgraph.regions import whole

from ._emit import Emitter
from ._hooks import Hooks


def rewrite(code: Code, hooks: Hooks) -> CodeType:
    """A function's code with a guard at each site, diverting to regions made when first needed."""
    cfg = build(code)
    return _Main(whole(cfg, analyse(cfg)), hooks).build()


class _Main(Emitter):
    def build(self) -> CodeType:
        code, asm, cfg = self.code, self.asm, self.flow.cfg
        self._labels: dict[int, Label] = {}
        self._handlers: dict[int, Label] = {}
        self._plan_sites()
        index = -1
        for item in code.items:
            if type(item) is not Raw:
                asm.copy(item)
                continue
            index += 1
            label = self._labels.get(index)
            if label is not None:
                asm.place(label)
            ins = code.instructions[index]
            if ins is None:
                asm.copy(item)
                continue
            asm.location = ins.location
            if ins.op is Op.BRANCH or ins.op is Op.FOR:
                block = cfg.block_of.get(cfg.standing[index])
                if block is not None:
                    guard = self.guard_branch if ins.op is Op.BRANCH else self.guard_for
                    guard(block, ins, index)
                if ins.op is Op.BRANCH and ins.arg != "none":
                    asm.truth()
                asm.copy(item)
            else:
                self.instruction(ins, index, item)
        self.divert()
        return asm.code(code.origin.co_stacksize + self.room + 12)

    def _plan_sites(self) -> None:
        """Gives a label to each instruction at which the function may go on after a site."""
        cfg = self.flow.cfg
        for block in cfg.blocks:
            if block.terminator in (Op.BRANCH, Op.FOR):
                site = self.site(block.id)
                for resume in site.resumes if site is not None else ():
                    self._labels.setdefault(cfg.blocks[resume.block].indices[0], Label())
            if block.handler is not None and (h := cfg.handler_blocks[block.handler]) is not None:
                index = cfg.blocks[h].indices[0]
                self._handlers[block.handler] = self._labels.setdefault(index, Label())

    def label(self, block: int) -> Label:
        return self._labels[self.flow.cfg.blocks[block].indices[0]]

    def local_name(self, name: str) -> str:
        """Variables of inlined comprehensions lie where the name's own value lies outside them."""
        return name.partition("~")[0]

    def load_cell(self, name: str, index: int, height: int) -> None:
        free = name in self.code.origin.co_freevars
        if not free and name in self.code.names.get(index, ()):  # put aside by a comprehension
            marks = self.code.stacks[index]
            below = next(i for i, m in enumerate(marks) if isinstance(m, tuple) and m[0] == name)
            self.asm.emit("COPY", height - below)
        else:
            self.asm.load_cell(name, free)

    def try_context(self, index: int) -> tuple[Label, int, bool] | None:
        ins = self.code.instructions[index]
        assert ins is not None
        if ins.handler is None:
            return None
        handler = self.code.handlers[ins.handler]
        target = self._handlers.get(ins.handler)
        if target is None:
            return None
        return target, handler.depth, handler.lasti

    def append_is_hooked(self, index: int) -> bool:
        """In a comprehension with a condition only: others cannot meet a staged list here."""
        cfg = self.flow.cfg
        standing = cfg.standing[index]
        for loop in cfg.loops:
            held = [b for b in loop.blocks if standing in cfg.blocks[b].indices]
            if held:
                return any(cfg.blocks[b].terminator is Op.BRANCH for b in loop.blocks)
        return True
