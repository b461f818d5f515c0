"""What a call gives Python, apart from tensors: its result, and what it leaves in objects."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from types import (
    CellType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any

import torch
from torch.utils import _pytree as pytree

from bcgraph.backend import BackendLimit, OrNone, StagedNumber, Transaction

_STAGED = torch.Tensor | torch.SymInt | torch.SymFloat | StagedNumber
_ATOMS = (type, ModuleType, torch.dtype, torch.device)
_HEAP_TYPE = 1 << 9

Run = tuple[list[Any], dict[int, Any]]  # what the graph has given; what has been made of it
Make = Callable[[Run], Any]


class Results:
    """How what a graph gives, and what it does not know of, make Python values.

    What the program makes is made anew for each run, and once for each; what outlives the call,
    apart from the arguments' own lists and dicts, stays itself.
    """

    def __init__(self, values: list[Any], transaction: Transaction, arguments: set[int]) -> None:
        made = _Makers(transaction, arguments)
        self._makers = [made.maker(value) for value in values]
        self._is_plain = all(isinstance(value, torch.Tensor) for value in values)
        self.tensors = made.tensors

    def of(self, given: Iterable[Any]) -> list[Any]:
        """The values of what the graph has given."""
        if self._is_plain:
            return list(given)
        run: Run = list(given), {}
        return [make(run) for make in self._makers]


class _Makers:
    def __init__(self, transaction: Transaction, arguments: set[int]) -> None:
        self.tensors: list[Any] = []
        self._transaction, self._arguments = transaction, arguments
        self._known: dict[int, tuple[Any, Make]] = {}

    def maker(self, value: Any) -> Make:
        """What makes a value."""
        value = self._transaction.finished(value)
        if isinstance(value, _STAGED):
            return self._staged(value)
        if isinstance(value, OrNone):
            there, held = self.maker(value.there), self.maker(value.value)
            return lambda run: held(run) if there(run) else None
        if id(value) in self._known:
            return self._known[id(value)][1]
        if isinstance(value, Iterator) and not self._stays(value):
            raise _cannot(value)
        if not self._is_rebuilt(value):
            return lambda _: value
        parts, shell, fill = _taken_apart(value)
        identity, makers = id(value), list[Make]()

        def make(run: Run) -> Any:
            made = run[1]
            if identity not in made:
                made[identity] = shell()
                made[identity] = fill(made[identity], [part(run) for part in makers])
            return made[identity]

        self._known[identity] = value, make
        makers += [self.maker(part) for part in parts]
        return make

    def _staged(self, value: Any) -> Make:
        place, is_number = len(self.tensors), isinstance(value, StagedNumber)
        self.tensors.append(value.tensor if is_number else value)
        if is_number:
            return lambda run: run[0][place].item()
        return lambda run: run[0][place]

    def _is_rebuilt(self, value: Any) -> bool:
        if type(value) in (dict, list, set, CellType) and not self._stays(value):
            return True
        return self._is_new(value, set())

    def _stays(self, value: Any) -> bool:
        identity = id(value)
        return identity not in self._arguments and self._transaction.outlives(identity)

    def _is_new(self, value: Any, seen: set[int]) -> bool:
        """Whether a value, or what it holds, is made in this trace and may change."""
        value = self._transaction.finished(value)
        if isinstance(value, _STAGED | OrNone):
            return True
        if id(value) in seen or isinstance(value, _ATOMS) or self._stays(value):
            return False
        seen.add(id(value))
        parts = _taken_apart(value)[0]
        if parts and self._transaction.is_made(id(value)):
            return True
        return any(self._is_new(part, seen) for part in parts)


Apart = tuple[list[Any], Callable[[], Any], Callable[[Any, list[Any]], Any]]


def _taken_apart(value: Any) -> Apart:
    """The parts of a value, what makes an empty one, and what fills it with parts."""
    kind = type(value)
    if kind is list:
        return value, list, _extended
    if kind is dict:
        return list(value.values()), dict, functools.partial(_updated, list(value))
    if kind in (set, frozenset, torch.Size):
        return list(value), _nothing, lambda _, parts: kind(parts)
    if value is not None and not pytree.tree_is_leaf(value):
        parts, structure = pytree.tree_flatten(value, is_leaf=lambda v: v is not value)
        return parts, _nothing, lambda _, parts: pytree.tree_unflatten(parts, structure)
    if kind is MethodType:
        return [value.__func__, value.__self__], _nothing, lambda _, parts: MethodType(*parts)
    if kind is functools.partial:
        parts = [value.func, value.args, value.keywords]
        return parts, _nothing, lambda _, p: functools.partial(p[0], *p[1], **p[2])
    if kind is CellType:
        return _contents(value), CellType, _filled
    if kind is FunctionType:
        return _function_apart(value)
    return _object_apart(value)


def _nothing() -> None:
    """What cannot be filled is made of its parts."""


def _extended(made: list[Any], parts: list[Any]) -> list[Any]:
    made.extend(parts)
    return made


def _updated(keys: list[Any], made: dict[Any, Any], parts: list[Any]) -> dict[Any, Any]:
    made.update(zip(keys, parts, strict=True))
    return made


def _filled(cell: CellType, parts: list[Any]) -> CellType:
    for part in parts:
        cell.cell_contents = part
    return cell


def _contents(cell: CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _function_apart(fn: FunctionType) -> Apart:
    cells = fn.__closure__ or ()

    def made(_: Any, parts: list[Any]) -> FunctionType:
        closure, (defaults, keywords) = tuple(parts[: len(cells)]), parts[len(cells) :]
        twin = FunctionType(fn.__code__, fn.__globals__, fn.__name__, defaults, closure or None)
        twin.__kwdefaults__ = keywords
        return functools.update_wrapper(twin, fn)

    return [*cells, fn.__defaults__, fn.__kwdefaults__], _nothing, made


def _object_apart(value: Any) -> Apart:
    kind = type(value)
    base = next(k for k in kind.__mro__ if not k.__flags__ & _HEAP_TYPE)
    held = dict(getattr(value, "__dict__", ()))
    members = [m for k in kind.__mro__ for m in vars(k).values() if _is_slot(m)]
    slots = [member for member in members if hasattr(value, member.__name__)]
    inner = list(value) if isinstance(value, list | tuple | set | frozenset) else []
    inner += value.values() if isinstance(value, dict) else []

    def empty() -> Any:
        if base in (object, SimpleNamespace) or issubclass(base, BaseException):
            return base.__new__(kind)
        raise _cannot(value)

    def fill(made: Any, parts: list[Any]) -> Any:
        if held:
            made.__dict__.update(zip(held, parts, strict=False))
        for member, part in zip(slots, parts[len(held) :], strict=True):
            member.__set__(made, part)
        return made

    return [*held.values(), *(m.__get__(value) for m in slots), *inner], empty, fill


def _cannot(value: Any) -> BackendLimit:
    return BackendLimit(
        f"a {type(value).__name__} that is made inside cannot be made anew for each call",
        mend="return its parts, and make it outside of the compiled function",
    )


def _is_slot(member: Any) -> bool:
    return type(member) is MemberDescriptorType and member.__objclass__.__flags__ & _HEAP_TYPE != 0
