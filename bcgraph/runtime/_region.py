"""Running one flow's function on an environment of variables and operands."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType
from typing import Any

from bcgraph.instructions import Op
from bcgraph.regions import RETURN, Flow, Site

from ._values import UNDEFINED, Maybe


@dataclass
class Environment:
    """The state at one point of a function: variables by name, operands above `base`.

    `cells`, `globals` and `first` (the method's own first argument) are those of the frame.
    """

    variables: dict[str, Any]
    operands: list[Any]
    base: int
    cells: tuple[CellType, ...]
    globals: dict[str, Any]
    first: tuple[Any, ...] = field(default=())

    def copy(self) -> Environment:
        """The same state, to be changed apart."""
        return Environment(
            dict(self.variables), list(self.operands), self.base, self.cells, self.globals,
            self.first,
        )  # fmt: skip


def run(flow: Flow, code: CodeType, at: Environment) -> Any:
    """Runs a flow's function from the state `at`, which it updates; returns the port.

    Where the port itself is staged, what the inner site has left is returned, unchanged.
    """
    low = flow.base - at.base
    facts = flow.facts
    arguments = [*at.first, *at.operands[low:]]
    arguments += _values(flow, at, facts.names(flow.inputs), flow.entry)
    function = FunctionType(code, at.globals, code.co_name, None, at.cells)
    result = function(*arguments)
    if not isinstance(result, tuple):
        return result
    operands, values, index = result
    if index == len(flow.ports):
        at.variables.update(zip(facts.names(flow.escaping), values, strict=True))
        raise operands[0]
    port = flow.ports[index]
    if port == RETURN:
        at.operands = list(operands)
        return RETURN
    at.operands[low:] = operands
    for name, value in zip(facts.names(flow.outputs(port)), values, strict=True):
        at.variables[name] = value
    return port


def _values(flow: Flow, at: Environment, names: tuple[str, ...], block: int) -> list[Any]:
    """Variables as a block finds them: where each path to it has set one, it has its value."""
    facts = flow.facts
    found = []
    for name in names:
        value = at.variables.get(name, UNDEFINED)
        if type(value) is Maybe and facts.assigned[block] >> facts.variables.index(name) & 1:
            value = value.value
        found.append(value)
    return found


def branch_kind(flow: Flow, site: Site) -> str | None:
    """What a site's branch asks of its operand: its "truth", or whether it is "none"."""
    ins = flow.cfg.instructions(flow.cfg.blocks[site.block])[0]
    return str(ins.arg) if ins.op is Op.BRANCH else None


def decided(flow: Flow, site: Site, value: Any) -> bool:
    """Which way a Python value takes at a branch."""
    return value is None if branch_kind(flow, site) == "none" else bool(value)


def resumed(flow: Flow, site: Site, port: int, at: Environment) -> tuple[int | None, Any]:
    """What the site's hook returns when control is at `port` with state `at`."""
    if port == RETURN or flow.leaves(port):
        if not flow.ports:
            return None, at.operands[0]
        if port == RETURN:
            return None, ((at.operands[0],), (), flow.ports.index(RETURN))
        names = flow.facts.names(flow.outputs(port))
        values = tuple(_values(flow, at, names, port))
        return None, (tuple(at.operands), values, flow.ports.index(port))
    for number, resume in enumerate(site.resumes):
        if resume.block == port:
            values = _values(flow, at, resume.variables, port)
            return number, (*values, *reversed(at.operands))
    raise AssertionError(f"no resume at block {port}")
