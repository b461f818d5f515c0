"""Who competes: each a way to make a function out of one of a program's forms."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

import bcgraph

from .programs import Forms, Function, Program

_serial = iter(range(1 << 62))


@dataclass(frozen=True, slots=True)
class Competitor:
    """One of them.

    Attributes:
        framework: the name of the framework whose forms it takes.
        way: its name among those of the framework.
        form: which of a program's forms it takes.
        make: of that form, what is called.
        compiles: its first call compiles, and is made but once.
        slow: that takes seconds, so that `--quick` leaves it out for most programs.
        warm: how many calls it takes until it is as fast as it gets.
    """

    framework: str
    way: str
    form: str
    make: Callable[[Function], Function]
    compiles: bool = False
    slow: bool = False
    warm: int = 1

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"{self.framework}: {self.way}"

    def takes(self, program: Program) -> Function | None:
        """The form of a program that it is given, a new function each time; None: there is none."""
        made = program.forms.get(self.framework)
        forms = made() if made is not None else Forms()
        function = getattr(forms, self.form) or (self.form == "by_hand_xla" and forms.by_hand)
        return fresh(function) if function else None

    def build(self, program: Program) -> Function | None:
        """What is called, made anew of a function that no cache knows; None: there is no form."""
        function = self.takes(program)
        return None if function is None else self.wrapped(program, function)

    def wrapped(self, program: Program, function: Function) -> Function:
        """What is called, made of this function."""
        differentiated = program.forms[self.framework]().differentiated
        made = self.make(function)
        return _with_gradient(made, differentiated) if differentiated else made


def fresh(function: Function) -> Function:
    """A twin of a function, and of those that it closes over, which converters have not seen.

    They know code by its value: another name makes another value.
    """
    if not isinstance(function, FunctionType):
        return function
    cells = tuple(
        CellType(fresh(cell.cell_contents))
        if isinstance(cell.cell_contents, FunctionType)
        else cell
        for cell in function.__closure__ or ()
    )
    code = function.__code__.replace(co_name=f"{function.__code__.co_name}_{next(_serial)}")
    made = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, cells or None
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__annotations__ = function.__annotations__
    return made


def _with_gradient(made: Function, positions: tuple[int, ...]) -> Function:
    """Calls, and takes the gradient of what comes out by these arguments."""
    torch = importlib.import_module("torch")

    def call(*arguments: Any) -> Any:
        given = list(arguments)
        for position in positions:
            given[position] = given[position].detach().requires_grad_()
        with torch.enable_grad():
            loss = made(*given)
            return loss, *torch.autograd.grad(loss, [given[position] for position in positions])

    return call


def _eager(function: Function) -> Function:
    return function


def _tensorflow(**options: Any) -> Callable[[Function], Function]:
    """A `tf.function`, with or without AutoGraph and XLA."""
    return lambda function: importlib.import_module("tensorflow").function(function, **options)


def _bcgraph(backend: str, **options: Any) -> Callable[[Function], Function]:
    return functools.partial(bcgraph.compile, backend=backend, **options)


def _reassociated(function: Function) -> Function:
    """Each call inside the setting, as a program makes it: entering it is part of what it takes."""
    made = bcgraph.compile(function, backend="tensorflow", jit=False)

    def inside(called: Function) -> Function:
        def call(*arguments: Any) -> Any:
            with bcgraph.config(reassociate=True):
                return called(*arguments)

        return call

    call = inside(made)
    call.get_concrete_function = inside(made.get_concrete_function)  # type: ignore[attr-defined]
    return call


def _torch_compile(**options: Any) -> Callable[[Function], Function]:
    return lambda function: importlib.import_module("torch").compile(
        function, dynamic=False, **options
    )


def _torch_script(function: Function) -> Function:
    return importlib.import_module("torch").jit.script(function)


def _jax_jit(function: Function) -> Function:
    return importlib.import_module("jax").jit(function)


def _numba_jit(function: Function) -> Function:
    return importlib.import_module("numba").njit(function)


EAGER = "eager"
BY_HAND, BY_HAND_XLA = "by hand", "by hand, XLA"
AUTOGRAPH, ADAPTED, AUTOGRAPH_XLA = "AutoGraph", "AutoGraph, adapted", "AutoGraph, XLA"
OURS, OURS_AUTO, OURS_XLA = "bcgraph", "bcgraph, auto", "bcgraph, XLA"
"""Without XLA; with it where bcgraph thinks that it pays (the default); with it always."""
OURS_REASSOCIATED = "bcgraph, reassociated"
"""Without XLA, in `config(reassociate=True)`."""

COMPETITORS: tuple[Competitor, ...] = (
    Competitor("tensorflow", EAGER, "natural", _eager),
    Competitor("tensorflow", AUTOGRAPH, "natural", _tensorflow()),
    Competitor("tensorflow", ADAPTED, "adapted", _tensorflow()),
    Competitor("tensorflow", BY_HAND, "by_hand", _tensorflow(autograph=False)),
    Competitor("tensorflow", OURS, "natural", _bcgraph("tensorflow", jit=False)),
    Competitor("tensorflow", OURS_REASSOCIATED, "natural", _reassociated),
    Competitor(
        "tensorflow",
        OURS_AUTO,
        "natural",
        _bcgraph("tensorflow"),
        compiles=True,
        slow=True,
        warm=100,
    ),
    Competitor(
        "tensorflow",
        AUTOGRAPH_XLA,
        "natural",
        _tensorflow(jit_compile=True),
        compiles=True,
        slow=True,
    ),
    Competitor(
        "tensorflow",
        BY_HAND_XLA,
        "by_hand_xla",
        _tensorflow(autograph=False, jit_compile=True),
        compiles=True,
        slow=True,
    ),
    Competitor(
        "tensorflow",
        OURS_XLA,
        "natural",
        _bcgraph("tensorflow", jit=True),
        compiles=True,
        slow=True,
    ),
    Competitor("torch", EAGER, "natural", _eager),
    Competitor("torch", "torch.compile", "natural", _torch_compile(), compiles=True, slow=True),
    Competitor("torch", "jit.script", "natural", _torch_script),
    Competitor(
        "torch", BY_HAND, "by_hand", _torch_compile(fullgraph=True), compiles=True, slow=True
    ),
    Competitor(
        "torch",
        "by hand, C++",
        "by_hand",
        _torch_compile(fullgraph=True, options={"cpp_wrapper": True}),
        compiles=True,
        slow=True,
    ),
    Competitor("torch", OURS, "natural", _bcgraph("torch"), compiles=True, slow=True),
    Competitor("jax", BY_HAND, "by_hand", _jax_jit, compiles=True),
    Competitor("numba", "njit", "natural", _numba_jit, compiles=True),
)
