"""Random programs: `program(rng)` is the source text of a function `f(a, b, c, log)`.

The text depends on `rng` alone. Programs work on small integers, a list or two, a dict and a
string; they always end soon (loops are short, and the product of nested trip counts is bounded);
they may raise. `rng` is a `random.Random`, or hypothesis' stand-in for one; simple choices come
first, so that shrinking leads to small programs. The names they call are in `programs.prelude`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from programs import forms

PARAMETERS = ("a", "b", "c")
LOCALS = ("x", "y", "z", "i", "j", "k")
SIZES = (2, 4, 4, 6, 6, 8, 8, 10, 12, 16, 24, 40, 80)
MAX_DEPTH = 4
TRIPS = 4
MAX_WORK = 160


def program(rng: random.Random) -> str:
    """Source text of one function `f(a, b, c, log)`."""
    return _Writer(rng).function_f()


@dataclass
class _Scope:
    """One function's names: `definite` surely hold integers, `bound` are assigned somewhere."""

    assignable: tuple[str, ...]
    definite: set[str]
    bound: set[str]
    callable: dict[str, int] = field(default_factory=dict)  # nested function -> work of one call
    outermost: bool = True
    loops: int = 0
    work: int = 1
    peak: int = 1
    walrus: bool = True


class _Writer:
    """Writes statements, line by line, with the rng's choices."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines: list[str] = []
        self.indent = 0
        self.serial = 0
        self.left = rng.choice(SIZES)
        self.scope = _Scope((*PARAMETERS, *LOCALS), set(PARAMETERS), set(PARAMETERS))

    # -- choices and text ---------------------------------------------------------------------

    def chance(self, one_in: int) -> bool:
        return self.rng.randrange(one_in) == one_in - 1

    def number(self, stop: int = 6) -> str:
        return str(self.rng.randrange(stop))

    def fresh(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial}"

    def tag(self) -> int:
        self.serial += 1
        return self.serial

    def emit(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    def read(self) -> str:
        """A name to read: seldom one that may have no value."""
        names = self.scope.bound if self.chance(150) else self.scope.definite
        return self.rng.choice(sorted(names or self.scope.bound))

    def target(self) -> str:
        return self.rng.choice(self.scope.assignable)

    def assigned(self, *names: str) -> None:
        self.scope.definite.update(names)
        self.scope.bound.update(names)

    # -- expressions --------------------------------------------------------------------------

    def integer(self, depth: int = 2) -> str:
        """An expression that is an integer (or a bool)."""
        if depth <= 0:
            return self.rng.choice((self.read, self.number, self.read))()
        sub = depth - 1
        call = [name for name, work in self.scope.callable.items() if self.affords(work)]
        form = self.rng.choice(forms.INTEGERS)
        if form == "call" and call:
            return f"{self.rng.choice(call)}({self.integer(sub)})"
        if form == "walrus" and self.scope.walrus:
            value, name = self.integer(sub), self.target()
            self.scope.bound.add(name)
            return f"({name} := {value})"
        if form == "comprehension":
            return self.comprehension(sub)
        if form in ("call", "walrus"):
            form = "{i} + {i}"
        return self.fill(form, sub)

    def condition(self, depth: int = 2) -> str:
        """An expression that is used for its truth."""
        if depth <= 0:
            return self.fill("{i} < {i}", 0)
        return self.fill(self.rng.choice(forms.CONDITIONS), depth - 1)

    def fill(self, form: str, depth: int) -> str:
        """`form` with its `{i}`, `{c}`, `{n}`, `{r}`, `{t}` made from left to right."""
        parts: dict[str, Callable[[], object]] = {
            "i": lambda: self.integer(depth),
            "c": lambda: self.condition(depth),
            "n": self.number,
            "r": self.read,
            "t": self.tag,
        }
        return re.sub(r"\{([icnrt])\}", lambda found: str(parts[found[1]]()), form)

    def iterable(self, depth: int = 1) -> str:
        """An iterable of at most four integers."""
        with self.without_walrus():
            return self.fill(self.rng.choice(forms.ITERABLES), depth)

    def comprehension(self, depth: int) -> str:
        """The sum, length or extreme of a comprehension; its variable may shadow one of ours."""
        # CPython 3.12 and 3.13 lose a free variable that the cell of a comprehension shadows.
        shadowed = self.read() if self.scope.outermost else self.scope.assignable[0]
        variable = self.rng.choice((self.fresh("v"), shadowed))
        source = self.iterable(depth)
        name = self.target()
        item = f"({name} := VAR)" if self.scope.walrus and name != variable else "VAR"
        template = self.rng.choice(forms.COMPREHENSIONS).replace("ITEM", item)
        if item in template:
            self.scope.bound.add(name)
        with self.without_walrus(), self.names(variable):
            return self.fill(template.replace("VAR", variable), depth).replace("SOURCE", source)

    @contextmanager
    def without_walrus(self) -> Iterator[None]:
        """No `:=` inside: it isn't allowed there, or would bind another function's name."""
        before, self.scope.walrus = self.scope.walrus, False
        yield
        self.scope.walrus = before

    @contextmanager
    def names(self, name: str) -> Iterator[None]:
        """`name` is readable inside."""
        definite, bound = set(self.scope.definite), set(self.scope.bound)
        self.assigned(name)
        yield
        self.scope.definite, self.scope.bound = definite, bound

    # -- blocks -------------------------------------------------------------------------------

    def affords(self, work: int) -> bool:
        """Whether something of so much work may be put here; counts it if so."""
        total = self.scope.work * work
        if total > MAX_WORK:
            return False
        self.scope.peak = max(self.scope.peak, total)
        return True

    def block(
        self, depth: int, first: str = "", last: str = "", most: int = 4, given: str = ""
    ) -> None:
        """An indented suite; what it assigns, and `given`, is not sure to be assigned after it."""
        scope = self.scope
        definite, callables = set(scope.definite), dict(scope.callable)
        if given:
            self.assigned(given)
        self.indent += 1
        start = len(self.lines)
        if first:
            self.emit(first)
        for _ in range(1 + self.rng.randrange(most)):
            if self.left <= 0:
                break
            self.statement(depth)
        if last:
            self.emit(last)
        if len(self.lines) == start:
            self.emit(self.fill("log.append(({t}, {r}))", 0))
        self.indent -= 1
        scope.definite, scope.callable = definite & scope.definite, callables

    def body(self, depth: int, first: str = "", given: str = "") -> None:
        """The suite of a loop of at most `TRIPS` turns."""
        work = self.scope.work
        self.scope.work, self.scope.loops = work * TRIPS, self.scope.loops + 1
        self.block(depth, first, given=given)
        self.scope.work, self.scope.loops = work, self.scope.loops - 1

    def statement(self, depth: int) -> None:
        """One statement, compound while `depth` lasts."""
        self.left -= 1
        compound = depth > 0 and self.rng.choice((False, True, True))
        self.rng.choice(_COMPOUND if compound else _SIMPLE)(self, depth - 1)

    # -- simple statements --------------------------------------------------------------------

    def log(self, depth: int) -> None:
        self.emit(self.fill("log.append(({t}, {r}))", 0))

    def assign(self, depth: int) -> None:
        name = self.target()
        self.emit(f"{name} = {self.integer()}")
        self.assigned(name)

    def augment(self, depth: int) -> None:
        names = sorted(self.scope.definite & set(self.scope.assignable))
        if not names:
            return self.assign(depth)
        operator = self.rng.choice(("+=", "-=", "^=", "|=", "%= 7 +", "*= 3 -"))
        self.emit(f"{self.rng.choice(names)} {operator} abs({self.integer()}) % 100")

    def unpack(self, depth: int) -> None:
        first, second = self.target(), self.target()
        form = self.rng.choice(forms.UNPACKINGS)
        self.emit(self.fill(form.replace("FIRST", first).replace("SECOND", second), 1))
        self.assigned(first, second)

    def collect(self, depth: int) -> None:
        self.emit(self.fill(self.rng.choice(forms.COLLECTIONS), 1))

    def rebind(self, depth: int) -> None:
        if not self.scope.outermost:
            return self.collect(depth)
        self.emit(self.fill(self.rng.choice(forms.REBINDINGS), 1))

    def delete(self, depth: int) -> None:
        names = sorted(self.scope.definite & set(self.scope.assignable))
        if len(names) < 3 or not self.chance(3):
            return self.log(depth)
        name = self.rng.choice(names)
        self.emit(f"del {name}")
        self.scope.definite.discard(name)

    def leave(self, depth: int) -> None:
        """`break`, `continue`, `return`, `raise` or `assert`, mostly under a condition."""
        jumps = ["return {i}", "return ({i}, xs, s, o)", "assert {c}, f'low {{r}}'"]
        jumps += ["break", "continue", "break", "continue"] * bool(self.scope.loops)
        jumps += ["raise ValueError(f'bad {{r}}')", "raise KeyError({i})"]
        jump = self.rng.choice(jumps)
        if self.chance(12):
            return self.emit(self.fill(jump, 1))
        self.emit(f"if {self.condition()}:")
        self.emit("    " + self.fill(jump, 1))

    # -- compound statements ------------------------------------------------------------------

    def branch(self, depth: int) -> None:
        self.emit(f"if {self.condition()}:")
        self.block(depth)
        while self.chance(4):
            self.emit(f"elif {self.condition()}:")
            self.block(depth)
        if self.chance(2):
            self.emit("else:")
            self.block(depth)

    def loop_else(self, depth: int) -> None:
        if self.chance(4):
            self.emit("else:")
            self.block(depth, most=2)

    def while_loop(self, depth: int) -> None:
        if not self.affords(TRIPS):
            return self.branch(depth)
        fuel = self.fresh("w")
        self.emit(f"{fuel} = {self.number(TRIPS + 1)}")
        test = self.rng.choice((f"{fuel} > 0", f"{fuel} > 0 and {{c}}", f"{{c}} and {fuel}"))
        self.emit(self.fill(f"while {test}:", 1))
        self.body(depth, f"{fuel} -= 1")
        self.loop_else(depth)

    def endless_loop(self, depth: int) -> None:
        if not self.affords(TRIPS):
            return self.branch(depth)
        fuel = self.fresh("w")
        self.emit(f"{fuel} = 0")
        self.emit("while True:")
        self.indent += 1
        self.emit(f"{fuel} += 1")
        self.emit(f"if {fuel} > {self.number(TRIPS)}:")
        self.emit("    " + self.rng.choice(("break", "break", "break", f"return {fuel}")))
        self.indent -= 1
        self.body(depth)

    def for_loop(self, depth: int) -> None:
        if not self.affords(TRIPS):
            return self.branch(depth)
        first, second = self.target(), self.target()
        form = self.rng.choice(forms.FORS)
        source = self.iterable()
        self.emit(form.replace("FIRST", first).replace("SECOND", second).replace("SOURCE", source))
        self.body(depth, given=first)
        self.loop_else(depth)

    def attempt(self, depth: int) -> None:
        self.emit("try:")
        self.block(depth)
        handlers = self.rng.randrange(3)
        finally_ = handlers == 0 or self.chance(3)
        kinds = ("ValueError", "(KeyError, IndexError)", "Exception", "UnboundLocalError")
        for kind in self.rng.sample(kinds, handlers):
            self.emit(f"except {kind} as error:")
            last = self.rng.choice(("", "", "", "", "raise", "raise ValueError('new') from error"))
            self.block(depth, f"log.append(({self.tag()}, str(error)))", last)
        if handlers and self.chance(3):
            self.emit("else:")
            self.block(depth, most=2)
        if finally_:
            self.emit("finally:")
            self.block(depth, most=2)

    def with_block(self, depth: int) -> None:
        form, name = self.rng.choice(forms.WITHS), self.target()
        self.emit(self.fill(form.replace("NAME", name), 1))
        self.block(depth, given=name if "NAME" in form else "")

    def match(self, depth: int) -> None:
        subject, *cases = self.rng.choice(forms.MATCHES)
        self.emit(self.fill(f"match {subject}:", 1))
        self.indent += 1
        for case in cases:
            guarded = case == "NAME" or (case != "_" and self.chance(2))
            guard = f" if {self.condition(1)}" if guarded else ""
            name = self.target()
            self.emit(f"case {case.replace('NAME', name)}{guard}:")
            self.block(depth, most=2, given=name if "NAME" in case else "")
            if self.chance(4):
                break
        self.indent -= 1

    def function(self, depth: int) -> None:
        """A nested function that reads, and may rebind, the names around it; then a call of it."""
        name, parameter, own = self.fresh("g"), self.fresh("p"), self.fresh("q")
        outer = self.scope
        shared = sorted(outer.bound & set(outer.assignable)) if self.chance(2) else []
        shared = shared[: self.rng.randrange(3)]
        self.emit(f"def {name}({parameter}, {own}=0):")
        self.scope = _Scope(
            (parameter, own, *shared),
            {parameter, own, *outer.definite},
            {parameter, own, *outer.bound},
            dict(outer.callable),
            outermost=False,
        )
        self.block(depth, f"nonlocal {', '.join(shared)}" if shared else "", f"return {parameter}")
        work = self.scope.peak
        self.scope = outer
        outer.callable[name] = work
        if self.affords(work):
            self.emit(f"log.append(({self.tag()}, {name}({self.read()})))")

    def closures(self, depth: int) -> None:
        """Lambdas made in a loop, called after it: they see the variable's last value."""
        name, variable, made = self.fresh("h"), self.target(), self.fresh("u")
        with self.without_walrus():
            form = self.rng.choice(("lambda: {i}", "lambda p=1: p + {i}", "lambda p=VAR: p - {i}"))
            text = self.fill(form.replace("VAR", variable), 1)
        self.emit(f"{made} = []")
        self.emit(f"for {variable} in {self.iterable()}:")
        self.emit(f"    if {self.condition()}:")
        self.emit(f"        {made}.append({text})")
        self.scope.bound.add(variable)
        self.emit(f"log.append(({self.tag()}, [{name}() for {name} in {made}]))")

    # -- the whole ----------------------------------------------------------------------------

    def function_f(self) -> str:
        """The text of `f`."""
        self.emit("def f(a, b, c, log):")
        self.indent = 1
        self.emit("global tally")
        self.emit("xs, d, s, o, box = [a, b], {0: c}, '', None, Pair(a, [b])")
        for name in LOCALS:
            if not self.chance(3):
                self.emit(f"{name} = {self.integer(1)}")
                self.assigned(name)
        while self.left > 0:
            self.statement(MAX_DEPTH)
        self.emit(f"return {', '.join(sorted(self.scope.definite))}, xs, d, s, o, box")
        return "\n".join(self.lines) + "\n"


_SIMPLE: tuple[Callable[[_Writer, int], None], ...] = (
    _Writer.log, _Writer.assign, _Writer.assign, _Writer.assign, _Writer.augment, _Writer.augment,
    _Writer.unpack, _Writer.collect, _Writer.collect, _Writer.rebind, _Writer.rebind,
    _Writer.leave, _Writer.delete,
)  # fmt: skip
_COMPOUND: tuple[Callable[[_Writer, int], None], ...] = (
    _Writer.branch, _Writer.branch, _Writer.branch, _Writer.branch, _Writer.for_loop,
    _Writer.for_loop, _Writer.for_loop, _Writer.while_loop, _Writer.while_loop,
    _Writer.endless_loop, _Writer.leave, _Writer.leave, _Writer.attempt, _Writer.attempt,
    _Writer.with_block, _Writer.match, _Writer.match, _Writer.function, _Writer.closures,
)  # fmt: skip
