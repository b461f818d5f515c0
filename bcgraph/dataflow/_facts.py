"""Liveness backward and definite assignment forward, each to a fixpoint over a worklist."""

from __future__ import annotations

import dis
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType, MappingProxyType

from bcgraph.cfg import Cfg, bits
from bcgraph.instructions import Instruction, Op

_READS = (Op.LOAD, Op.DELETE)
_ACCESSES = (Op.LOAD, Op.STORE, Op.DELETE)


@dataclass(frozen=True)
class Facts:
    """What holds at the entry of each block, as bit masks over `variables`.

    `live[b]`: may be read before it is written again. `assigned[b]`: has a value on every path to
    here. `touched[b]`: read or written in the block; `written[b]`: written there. `unsure` holds
    the instructions that read a variable which may have no value there.
    """

    variables: tuple[str, ...]
    live: tuple[int, ...]
    assigned: tuple[int, ...]
    touched: tuple[int, ...]
    written: tuple[int, ...]
    unsure: frozenset[int]
    _uses: tuple[list[int], list[int], list[int]]  # read before written, written, at once
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def names(self, mask: int) -> tuple[str, ...]:
        """The variables of a mask, in order of their first appearance in the function."""
        if mask not in self._names:
            self._names[mask] = tuple([self.variables[i] for i in bits(mask)])
        return self._names[mask]

    def __str__(self) -> str:
        return "\n".join(
            f"B{b}: live {' '.join(self.names(live)) or '-'}"
            f" | assigned {' '.join(self.names(assigned)) or '-'}"
            for b, (live, assigned) in enumerate(zip(self.live, self.assigned, strict=True))
        )


def analyse(cfg: Cfg) -> Facts:
    """Liveness and definite assignment of every local variable at every block's entry."""
    origin = cfg.code.origin
    count = origin.co_argcount + origin.co_kwonlyargcount
    count += bool(origin.co_flags & 4) + bool(origin.co_flags & 8)
    cells = frozenset(origin.co_cellvars)
    arguments = [n if n not in cells else f"&{n}" for n in origin.co_varnames[:count]]
    index = {name: i for i, name in enumerate(arguments)}
    use: list[int] = []
    kill: list[int] = []
    gain: list[int] = []
    lose: list[int] = []
    drop: list[int] = []
    first: list[int] = []  # written before anything in the block can raise
    touched: list[int] = []
    for block in cfg.blocks:
        used = defined = bound = unbound = deleted = seen = 0
        instructions = cfg.instructions(block)
        for ins in instructions:
            access = _access(ins, cells)
            if access is not None:
                op, name = access
                bit = 1 << index.setdefault(name, len(index))
                seen |= bit
                if op is Op.LOAD:
                    used |= bit & ~defined
                elif op is Op.STORE:
                    defined |= bit
                    bound, unbound = bound | bit, unbound & ~bit
                else:
                    used, defined = used | bit & ~defined, defined | bit
                    bound, unbound, deleted = bound & ~bit, unbound | bit, deleted | bit
        first.append(_first_writes(instructions, index) if block.handler is not None else 0)
        use.append(used)
        kill.append(defined)
        gain.append(bound)
        lose.append(unbound)
        drop.append(deleted)
        touched.append(seen)
    everything = (1 << len(index)) - 1
    if not _REFLECTIVE.isdisjoint(origin.co_names):
        for block in cfg.blocks:
            if _sees_all(cfg.instructions(block)):
                use[block.id] |= everything & ~kill[block.id]
                touched[block.id] = everything
    live = _live(cfg, use, kill, first)
    assigned = _assigned(cfg, gain, lose, drop, (1 << len(arguments)) - 1, everything)
    unsure = _unsure(cfg, use, assigned, drop, index, cells, _deleted_inside(origin))
    cell_mask, uses = _cell_mask(index), (use, kill, first)
    live = [mask & ~cell_mask for mask in live]
    touched = [mask & ~cell_mask for mask in touched]
    written = [mask & ~cell_mask for mask in kill]
    return Facts(
        tuple(index), tuple(live), tuple(assigned), tuple(touched), tuple(written), unsure, uses
    )  # fmt: skip


def unsuppressed(cfg: Cfg, facts: Facts, within: frozenset[int]) -> tuple[int, ...]:
    """As `live`, if none of the `with` blocks in these blocks suppresses an exception."""
    cut = {b: way for b in within if (way := _suppressing(cfg, b)) is not None}
    found = _live(cfg, *facts._uses, cut)
    hidden = _cell_mask(facts.variables)
    return tuple([mask & ~hidden for mask in found])


def _suppressing(cfg: Cfg, b: int) -> int | None:
    """Where control goes on from a branch on what has left a `with`, if that has suppressed."""
    block = cfg.blocks[b]
    if block.terminator is not Op.BRANCH:
        return None
    for before in cfg.predecessors[b]:
        if cfg.instructions(cfg.blocks[before])[-1].raw.name == "WITH_EXCEPT_START":
            return block.successors[0]
    return None


def _cell_mask(variables: Iterable[str]) -> int:
    return sum(1 << i for i, name in enumerate(variables) if name.startswith("&"))


_REFLECTIVE = frozenset(("eval", "exec", "locals", "vars", "dir"))


def _sees_all(instructions: list[Instruction]) -> bool:
    """Whether a block names a builtin by which all variables can be seen."""
    for ins in instructions:
        if ins.raw.name in ("LOAD_GLOBAL", "LOAD_NAME"):
            name = ins.raw.arg[1] if isinstance(ins.raw.arg, tuple) else ins.raw.arg
            if name in _REFLECTIVE:
                return True
    return False


_QUIET = (Op.STORE, Op.CONST, Op.COPY, Op.SWAP, Op.POP)


def _first_writes(instructions: list[Instruction], index: dict[str, int]) -> int:
    mask = 0
    for ins in instructions:
        if ins.op not in _QUIET:
            break
        if ins.op is Op.STORE:
            mask |= 1 << index[str(ins.arg)]
    return mask


def _live(
    cfg: Cfg,
    use: list[int],
    kill: list[int],
    first: list[int],
    cut: Mapping[int, int] = MappingProxyType({}),
) -> list[int]:
    """`cut`: by block, a successor to which control does not go."""
    live = [0] * len(cfg.blocks)
    before: list[list[int]] = [[] for _ in cfg.blocks]
    for block in cfg.blocks:
        for s in _ways(cfg, block.id):
            before[s].append(block.id)
    work = list(range(len(cfg.blocks)))
    waiting = set(work)
    while work:
        b = work.pop()
        waiting.discard(b)
        block = cfg.blocks[b]
        out = 0
        for s in block.successors:
            if cut.get(b) != s:
                out |= live[s]
        new = use[b] | (out & ~kill[b])
        caught = None if block.handler is None else cfg.handler_blocks[block.handler]
        if caught is not None:
            new |= live[caught] & ~first[b]
        if new != live[b]:
            live[b] = new
            for earlier in before[b]:
                if earlier not in waiting:
                    waiting.add(earlier)
                    work.append(earlier)
    return live


def _assigned(
    cfg: Cfg,
    gain: list[int],
    lose: list[int],
    drop: list[int],
    arguments: int,
    everything: int,
) -> list[int]:
    assigned = [everything] * len(cfg.blocks)
    assigned[0] = arguments
    work = list(range(len(cfg.blocks) - 1, -1, -1))
    waiting = set(work)
    while work:
        b = work.pop()
        waiting.discard(b)
        block = cfg.blocks[b]
        out = (assigned[b] & ~lose[b]) | gain[b]
        reach = [(s, out) for s in block.successors]
        caught = None if block.handler is None else cfg.handler_blocks[block.handler]
        if caught is not None:
            reach.append((caught, assigned[b] & ~drop[b]))
        for s, mask in reach:
            new = assigned[s] & mask
            if new != assigned[s]:
                assigned[s] = new
                if s not in waiting:
                    waiting.add(s)
                    work.append(s)
    return assigned


def _access(ins: Instruction, cells: frozenset[str]) -> tuple[Op, str] | None:
    """What an instruction does to a variable; the function's own cells are named `&x`."""
    if ins.op in _ACCESSES:
        return ins.op, str(ins.arg)
    if cells and ins.op is Op.OPAQUE:
        name, arg = ins.arg  # type: ignore[misc]
        if name.endswith("_DEREF") and arg in cells:
            return Op(name[: -len("_DEREF")].lower()), f"&{arg}"
    return None


_DELETES = dis.opmap["DELETE_DEREF"]


def _deleted_inside(code: CodeType) -> frozenset[str]:
    """Variables that a nested function may delete."""
    found: frozenset[str] = frozenset()
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= _deleted_inside(inner)
            if _DELETES in inner.co_code[::2]:
                found |= frozenset(inner.co_freevars)
    return found


def _unsure(
    cfg: Cfg,
    use: list[int],
    assigned: list[int],
    drop: list[int],
    index: dict[str, int],
    cells: frozenset[str],
    deleted: frozenset[str],
) -> frozenset[int]:
    found = []
    for block in cfg.blocks:
        mask = assigned[block.id]
        if not (use[block.id] & ~mask or drop[block.id] or deleted):
            continue
        for i in block.indices:
            ins = cfg.code.instructions[i]
            assert ins is not None
            access = _access(ins, cells)
            if access is not None:
                op, name = access
                bit = 1 << index[name]
                if op in _READS and (not mask & bit or name[1:] in deleted):
                    found.append(i)
                if op is Op.STORE:
                    mask |= bit
                elif op is Op.DELETE:
                    mask &= ~bit
    return frozenset(found)


def _ways(cfg: Cfg, b: int) -> tuple[int, ...]:
    block = cfg.blocks[b]
    caught = None if block.handler is None else cfg.handler_blocks[block.handler]
    return block.successors if caught is None else (*block.successors, caught)
