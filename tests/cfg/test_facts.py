"""Liveness and definite assignment against all paths of random programs without loops."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bcgraph.cfg import build
from bcgraph.dataflow import analyse
from bcgraph.instructions import read

VARIABLES = ("x", "y", "z")
FORMS = {"set": "{} = 0", "get": "{}.real", "del": "del {}"}


@dataclass
class Program:
    """Source text, and every path through it as (line, what, variable)."""

    lines: list[str] = field(default_factory=lambda: ["def f(c, x):"])
    tests: int = 0

    def suite(self, tree: list[object], indent: int, paths: list[Path]) -> list[Path]:
        """Writes a suite and lengthens the paths that come to it; gives those that go on."""
        for node in tree:
            match node:
                case ("if", list(yes), list(no)):
                    self.write(indent, f"if c[{self.tests}]:")
                    self.tests += 1
                    paths = [[*path, (len(self.lines), "", "")] for path in paths]
                    taken = self.suite(yes, indent + 1, paths)
                    self.write(indent, "else:")
                    paths = taken + self.suite(no, indent + 1, paths)
                case (str(what), str(name)):
                    self.write(indent, FORMS[what].format(name))
                    paths = [[*path, (len(self.lines), what, name)] for path in paths]
        self.write(indent, "pass")
        return paths

    def write(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)


Path = list[tuple[int, str, str]]

simple = st.tuples(st.sampled_from(sorted(FORMS)), st.sampled_from(VARIABLES))


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> list[object]:
    """Statements: sets, reads and deletes of variables, and `if`s of such."""
    compound = st.tuples(st.just("if"), trees(depth - 1), trees(depth - 1)) if depth else simple
    return draw(st.lists(simple | compound, max_size=4 if depth == 3 else 3))


@settings(max_examples=120, derandomize=True, deadline=None)
@given(trees())
def test_facts_hold_on_every_path(tree: list[object]) -> None:
    program = Program()
    paths = program.suite(tree, 1, [[]])
    if len(paths) > 512:
        return
    program.write(1, "return 0")
    paths = [[*path, (len(program.lines), "", "")] for path in paths]
    program.write(1, f"{' = '.join(VARIABLES)} = None  # never reached: it makes them local")
    source = "\n".join(program.lines)
    namespace: dict[str, object] = {}
    exec(source, namespace)
    cfg = build(read(namespace["f"].__code__))  # type: ignore[attr-defined]
    facts = analyse(cfg)
    live, assigned = brute_force(paths)
    for block in cfg.blocks:
        names = set(facts.names(facts.live[block.id])) & set(VARIABLES)
        sure = set(facts.names(facts.assigned[block.id])) & set(VARIABLES)
        known = set(facts.variables)
        line = cfg.instructions(block)[0].line if block.id else paths[0][0][0]
        assert line is not None
        assert names == live[line], f"{source}\nlive at line {line}, B{block.id}\n{facts}"
        assert sure == assigned[line] & known, f"{source}\nassigned at line {line}\n{facts}"
    unsure = [cfg.code.instructions[i] for i in facts.unsure]
    assert {(ins.line, ins.arg) for ins in unsure if ins} <= {
        (line, name)
        for path in paths
        for line, what, name in path
        if what in ("get", "del") and name not in assigned[line]
    }


def brute_force(paths: list[Path]) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """What is live, and what is surely assigned, in front of each line."""
    live: dict[int, set[str]] = {}
    assigned: dict[int, set[str]] = {}
    for path in paths:
        bound = {"x"}
        for i, (line, what, name) in enumerate(path):
            assigned[line] = assigned.get(line, bound) & bound
            following: dict[str, str] = {}
            for _, later, variable in path[i:]:
                following.setdefault(variable, later)
            read_next = {v for v, later in following.items() if later in ("get", "del")}
            live.setdefault(line, set()).update(read_next)
            bound = (
                bound | {name} if what == "set" else bound - ({name} if what == "del" else set())
            )
    return live, assigned
