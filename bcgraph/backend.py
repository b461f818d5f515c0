"""The door between the core and its backends.

A backend is a class named by an entry point of the group `bcgraph.backends`; it imports nothing of
bcgraph but this module. The core rebuilds control flow, decides what goes in and out of each
region and makes the types agree; it asks the backend for the primitives of `Backend` only.

A backend either *executes* regions as they come (`symbolic = False`, as NumPy does: then only the
first group of members is used) or *records* them in a graph that is being built.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ._config import reassociates as reassociates
from ._frames import cause as cause
from ._frames import without_internals as without_internals
from ._library import is_users_file as is_users_file
from ._logs import frames_are_shown as frames_are_shown
from ._number import StagedNumber as StagedNumber
from ._number import number_of as number_of
from ._places import place_of_function as place_of_function
from ._progress import working as working
from ._raised import Errors as Errors
from ._reads import attributes_read as attributes_read
from ._results import OrNone as OrNone
from ._results import known as known
from ._results import mapped as mapped
from ._text import Piece as Piece
from ._text import StagedText as StagedText
from ._text import formatted as formatted
from ._text import pieces as pieces
from .errors import BackendLimit as BackendLimit
from .errors import BcgraphError as BcgraphError
from .errors import LeakedTensor as LeakedTensor
from .errors import Note as Note
from .errors import Place as Place
from .errors import PythonValueNeeded as PythonValueNeeded
from .errors import UnknownOption
from .errors import UnsupportedEffect as UnsupportedEffect


def check_options(backend: str, options: Mapping[str, Any], known: Collection[str]) -> None:
    """Raises `UnknownOption` on an option that is not known to a backend."""
    for name in options:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise UnknownOption(
                f"the {backend} backend has no option {name!r}", mend=f"its options: {there}"
            )


def unfit(what: str) -> PythonValueNeeded:
    """The error of values that one tensor would have to hold, and cannot."""
    return PythonValueNeeded(
        f"a tensor would have to hold {what}",
        mend="keep numbers or tensors of one shape there, or walk it without the staged value",
    )


@dataclass(frozen=True)
class Spec:
    """What a staged value is: the backend's dtype, and a shape (None: of unknown rank or size).

    `weak`: it came from a Python number and takes the dtype of what it meets.
    """

    dtype: Any
    shape: tuple[int | None, ...] | None
    weak: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """What the body of a loop hands on although it was not given it: the loop carries it, too."""

    value: Any
    spec: Spec


@dataclass(frozen=True, eq=False, kw_only=True)
class Write:
    """What a traced call leaves in a Python object that outlives it."""

    old: Any
    new: Any
    there: Any = None  # a staged boolean: whether it is not None, if that is not known

    @property
    def target(self) -> Any:
        """The object."""
        raise NotImplementedError

    @property
    def key(self) -> str | None:
        """The attribute's name, if it is one."""
        raise NotImplementedError

    @property
    def identity(self) -> Any:
        """Equal for the same place."""
        raise NotImplementedError

    def now(self) -> Write:
        """The same place, as it is now."""
        raise NotImplementedError

    def stands(self) -> bool:
        """Whether there is what there was (`old`)."""
        raise NotImplementedError

    def apply(self, value: Any) -> None:
        """Puts a value there."""
        raise NotImplementedError


@dataclass(frozen=True)
class Transaction:
    """What a traced call has done to Python objects, when it has ended.

    `outlives` and `is_made` tell of an object's identity whether it was there before, and whether
    the program has made it. `finished` gives a value that is no container as users know it, or an
    `OrNone`.
    """

    writes: list[Write]
    outlives: Callable[[int], bool]
    is_made: Callable[[int], bool]
    finished: Callable[[Any], Any]


class Program(Protocol):
    """A converted function, as backends get it to trace."""

    original: Callable[..., Any]
    converted: Callable[..., Any]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Runs it; what it returns is what users know: no staged number or list."""

    def outermost(self, *arguments: Any, **keywords: Any) -> Any:
        """The same, called from outside of any graph: its result may hold `OrNone`, too."""

    def is_eager(self) -> bool:
        """Whether a call is to run the original (`config(mode="eager")`)."""

    def transaction(self, *roots: Any) -> AbstractContextManager[Transaction]:
        """Inside, what the program writes into objects that outlive it is noted.

        The roots hold some of them. At the end it is undone, and is among `writes`.
        """

    def reads(self, attribute: str) -> bool:
        """Whether code that ran in the last transaction reads an attribute of this name."""


class Items(Protocol):
    """What a staged `for` iterates over: any item by its number."""

    def length(self) -> Any:
        """How many items there are, a Python int or a staged integer."""

    def at(self, index: Any) -> Any:
        """The item number `index` (a staged integer)."""


@runtime_checkable
class Stream(Protocol):
    """What a staged `for` iterates over: one item after another, each fetched once."""

    def fetch(self, before: Any, wanted: Any) -> Any:
        """What holds the next item, or says that there is none: staged values in tuples.

        `before` is what was fetched before (None at first). Nothing is taken from the stream unless
        `wanted`, True or a staged boolean, holds.
        """

    def has(self, fetched: Any) -> Any:
        """Whether there is an item in it, a staged boolean."""

    def item(self, fetched: Any, checked: Any = None) -> Any:
        """The item in it; `checked` is the check that there is one, where no branch has asked."""


class Recipe(Protocol):
    """How a staged boolean follows from what a loop carries."""

    def made(self, leaves: Sequence[Any]) -> Any:
        """It, recorded anew where these are carried."""

    def makes(self, value: Any, leaves: Sequence[Any]) -> bool:
        """Whether a value follows in the same way from these; None stands for what is not known."""


class Backend(Protocol):
    """What a framework does for bcgraph."""

    name: str
    symbolic: bool

    def owns(self, value: Any) -> bool:
        """Whether a value among a function's arguments is one of this framework's tensors."""

    def is_staged(self, value: Any) -> bool:
        """Whether a value cannot be decided in Python: it is a node of the graph being built."""

    def compile(self, program: Program, options: Mapping[str, Any]) -> Any:
        """What a call of a compiled function calls: traces, caches, runs the program.

        Attributes of the result are reachable through the compiled function. It may have
        `bound(instance, compiled)`, which gives what a compiled method is as an attribute of an
        instance. Raises `UnknownOption` on an option it does not know (`check_options`).
        """

    # For symbolic backends.

    adds: bool  # whether the body of a loop may hand on what is `Added`

    def takes_heads(self) -> bool:
        """Whether what a `for` loop's body tests first shall be a part of the loop's own test."""

    def recipe(self, value: Any, leaves: Sequence[Any], fixed: Sequence[Any]) -> Recipe | None:
        """How a staged boolean follows from leaves and from what is the same in each turn.

        None if that may fail, has an effect, or costs more than carrying the boolean.
        """

    def head(self, value: Any, *, goes_on: bool) -> Recipe | None:
        """Lets the loop whose body is being recorded go on only if a staged boolean is `goes_on`.

        Its test looks at that from now on. None if that cannot be: another graph is being recorded,
        something has had an effect in the turn before, or there is no `recipe`.
        """

    def refusal(self, error: Exception) -> BcgraphError | None:
        """What a framework's exception means that a program met while it was recorded.

        None for an exception of the program's own.
        """

    def adopt(self, kind: type) -> None:
        """Lets the framework's functions take instances of `kind`, by their `stack()`.

        A `StagedNumber` takes the dtype that a function asks for where a Python number would.
        """

    def is_marked(self, fn: Any) -> bool:
        """Whether the framework's own mark says that what a function wraps is not converted."""

    def mark(self, fn: Callable[..., Any]) -> None:
        """Has the framework not convert a converted function once more."""

    def called(self, target: Any, convert: Callable[[Any], Any]) -> Any:
        """What to call instead of a library's object that calls code of the user's (a module).

        Also of a function written in C, which may not take staged numbers as they are. `convert`
        gives what to call instead of a function or method; `target` itself where there is nothing
        to do.
        """

    def twin(
        self,
        target: Any,
        convert: Callable[[Any], Any],
        finished: Callable[[Callable[..., Any]], Callable[..., Any]],
    ) -> Any:
        """An object like a library's (a module), sharing all it holds, that runs converted code.

        `finished` wraps a converted function so that it returns what the framework knows. `target`
        itself where there is nothing to do.
        """

    def is_recording(self) -> bool:
        """Whether a graph is being built in this thread."""

    def contains(self, item: Any, container: Any) -> Any:
        """Whether a tensor holds an element equal to `item`, staged."""

    def unstack(self, value: Any, count: int) -> tuple[Any, ...]:
        """A tensor's `count` parts along its first axis.

        Raises `ValueError` if it is known to have another number of them.
        """

    def spec(self, value: Any) -> Spec | None:
        """The spec of a tensor, array or Python number; None if it cannot be staged."""

    def join(self, first: Spec, second: Spec) -> Spec | None:
        """The narrowest spec that holds both; a weak one yields. None if there is none."""

    def convert(self, value: Any, spec: Spec) -> Any:
        """A value as a tensor of this spec (its static shape may be narrower)."""

    def filler(self, spec: Spec) -> Any:
        """Any tensor of this spec, cheap to make; its value is never read."""

    def parts(self, value: Any) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Any]] | None:
        """The tensors of a composite value and how to make one of others; None if it is none."""

    def predicate(self, value: Any) -> Any:
        """A staged value's truth as a staged scalar boolean.

        Raises `ValueError` if the value is known to have other than one element.
        """

    def cond(
        self,
        predicate: Any,
        true: Callable[[], Any],
        false: Callable[[], Any],
        agree: Callable[[Any, Any], tuple[Callable[[], list[Any]], Callable[[], list[Any]]]],
    ) -> list[Any]:
        """Records a conditional.

        `true` and `false` are recorded, each in its branch; `agree` gets what they returned and
        gives, for each branch, what makes its flat outputs there. Returns the outputs.
        """

    def while_loop(
        self,
        test: Callable[[list[Any]], Any],
        body: Callable[[list[Any]], list[Any]],
        values: list[Any],
        specs: list[Spec],
    ) -> list[Any]:
        """Records a loop over flat values of these specs. Exceptions of `body` pass through."""

    def is_pure(self, record: Callable[[], Any], *, kept: bool = False) -> bool:
        """Whether recording this leaves nothing that may not run once more.

        What is recorded is thrown away, or else `kept` in the graph.
        """

    def check(self, condition: Any, error: BaseException) -> Any:
        """Records that `error` is raised at run time unless the staged `condition` holds.

        Returns the check, if the framework has to be told what comes after it.
        Its arguments may be `StagedText`s (`Errors.values`).
        """

    def all_of(self, conditions: Sequence[Any]) -> Any:
        """The conjunction of staged scalar booleans, at least one."""

    def logical_not(self, value: Any) -> Any:
        """The staged negation of a staged value's truth."""

    def equal(self, first: Any, second: Any) -> Any:
        """Staged `first == second` of a staged integer and a number."""

    def less(self, first: Any, second: Any) -> Any:
        """Staged `first < second` of integers."""

    def select(self, condition: Any, first: Any, second: Any) -> Any:
        """One of two integers, by a staged condition."""

    def items(self, value: Any) -> Items | None:
        """How to iterate over a staged value; None if it cannot be iterated over."""

    def stream(self, value: Any) -> Callable[[], Stream] | None:
        """What starts an iteration over a value whose items come one after another; None else."""

    def range_length(self, start: Any, stop: Any, step: Any) -> Any:
        """How many numbers `range(start, stop, step)` has, any of them staged."""

    def stack(self, values: list[Any]) -> Any:
        """Python values of one type as one tensor, along a new first axis.

        Raises `unfit` where one tensor cannot hold them.
        """

    def builtins(self) -> Mapping[Any, Callable[..., Any]]:
        """Staged meanings of builtins and library functions: `{len: ..., print: ..., ...}`.

        Each takes the builtin's arguments, at least one of which holds a staged value; one with a
        true attribute `always` takes any.
        """

    def list_new(self, spec: Spec) -> Any:
        """An empty staged list of elements of this spec, as one staged value."""

    def list_push(self, handle: Any, value: Any, spec: Spec) -> Any:
        """The staged list with one element more."""

    def list_pop(self, handle: Any, spec: Spec) -> tuple[Any, Any]:
        """The staged list without its last element, and that element."""

    def list_get(self, handle: Any, index: Any, spec: Spec) -> Any:
        """An element; negative indices count from the end."""

    def list_set(self, handle: Any, index: Any, value: Any, spec: Spec) -> Any:
        """The staged list with one element replaced."""

    def list_length(self, handle: Any) -> Any:
        """How many elements a staged list has."""

    def list_stack(self, handle: Any, spec: Spec) -> Any:
        """The elements of a staged list as one tensor."""
