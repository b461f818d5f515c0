"""What a measured program is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Forms:
    """A program as one framework's users write it.

    Attributes:
        natural: in ordinary Python; what eager execution, the converters and compilers are given.
        adapted: as AutoGraph takes it, where it refuses the natural form.
        by_hand: with the framework's own operators, and no more state than a careful person's.
        by_hand_xla: where XLA needs it written otherwise (a bound on the turns).
        differentiated: on PyTorch the arguments by which the result's gradient is taken outside.
    """

    natural: Function | None = None
    adapted: Function | None = None
    by_hand: Function | None = None
    by_hand_xla: Function | None = None
    differentiated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the data are: for tests and first calls, for `--quick`, and else."""

    tiny: int
    quick: int
    full: int


@dataclass(frozen=True, slots=True)
class Program:
    """One program with its data and its forms.

    Attributes:
        name: what tables call it.
        about: one line on what it does, and which control flow it shows.
        data: of a size, its arguments: NumPy arrays become tensors, Python values stay.
        sizes: the sizes it is run at.
        trips: of a size, how many turns of its innermost loops a call takes (0: it has none).
        forms: by framework, what makes its forms; called only where the framework is installed.
        exits: AutoGraph lowers its exits to flags, which a graph by hand need not have.
        folds: all turns of its loops can be computed at once (`config(reassociate=True)`).
        quick: the frameworks whose slow compilers `--quick` runs on it, too.
        tolerance: the relative error within which competitors agree with eager execution.
    """

    name: str
    about: str
    data: Callable[[int], tuple[Any, ...]]
    sizes: Sizes
    trips: Callable[[int], int]
    forms: Mapping[str, Callable[[], Forms]]
    exits: bool = False
    folds: bool = False
    quick: tuple[str, ...] = ()
    tolerance: float = 1e-4
