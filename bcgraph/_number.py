"""A Python number that only the running graph knows."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .errors import PythonValueNeeded

if TYPE_CHECKING:
    from .backend import Backend, Spec


class StagedNumber:
    """A `bool`, `int`, `float` or `complex` that a staged branch or loop has chosen.

    As a Python number does, it takes the dtype of the tensor it meets: `x * k` has the dtype of
    `x`. Two of them give another, whose `sources` they are. Everything else that is asked of it is
    asked of `tensor`, a scalar; a framework's functions take it by `stack()`.
    """

    __slots__ = ("backend", "sources", "spec", "tensor", "yielded")

    backend: Backend
    tensor: Any
    spec: Spec
    sources: tuple[StagedNumber, ...]
    yielded: bool

    def __init__(
        self, backend: Backend, tensor: Any, spec: Spec, sources: tuple[StagedNumber, ...] = ()
    ) -> None:
        self.backend, self.tensor, self.spec, self.sources = backend, tensor, spec, sources
        self.yielded = False  # whether it has been used otherwise than its tensor would have been

    def used_as_number(self) -> None:
        """Tells it, and what it comes from, that a tensor would not have served."""
        work = [self]
        while work:
            number = work.pop()
            if not number.yielded:
                number.yielded = True
                work += number.sources

    def is_known_in(self, spec: Spec) -> bool:
        """Whether a value of this spec shows that it comes from a number, not from its tensor."""
        return spec.weak or spec.dtype != self.spec.dtype

    def stack(self) -> Any:
        """The scalar tensor."""
        return self.tensor

    def met(self, other: Spec) -> Any:
        """The number as a tensor of the dtype that it takes beside a tensor of the spec `other`."""
        joined = self.backend.join(self.spec, other)
        if joined is None or joined.dtype == self.spec.dtype:
            return self.tensor
        self.used_as_number()
        return self.backend.convert(self.tensor, replace(joined, shape=self.spec.shape))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what a framework looks for in its own tensors
            raise AttributeError(name)
        return getattr(self.tensor, name)

    def __repr__(self) -> str:
        return f"<a number of the running graph: {self.tensor!r}>"

    def __bool__(self) -> bool:
        return bool(self.tensor)

    def __index__(self) -> int:
        return operator.index(self.tensor)

    def __int__(self) -> int:
        return int(self.tensor)

    def __float__(self) -> float:
        return float(self.tensor)

    def __hash__(self) -> int:
        raise PythonValueNeeded(
            "a number that only the running graph knows cannot be a key of a dict or in a set",
            mend="keep the values in a tensor and index it, or compare in a chain of `if`",
        )


def _binary(name: str, *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    operation = getattr(operator, name)

    def operate(self: StagedNumber, other: Any) -> Any:
        pair = _pair(self, other, name)
        if pair is None:
            return NotImplemented
        number, met, weak = pair
        result = operation(met, number) if reflected else operation(number, met)
        if not weak:
            return result
        sources = (self, other) if isinstance(other, StagedNumber) else (self,)
        return number_of(self.backend, result, sources)

    return operate


def _pair(number: StagedNumber, other: Any, name: str) -> tuple[Any, Any, bool] | None:
    """The number and what it meets as tensors, and whether that is a number too."""
    backend = number.backend
    weak = isinstance(other, StagedNumber | bool | int | float | complex)
    spec = other.spec if isinstance(other, StagedNumber) else backend.spec(other)
    if spec is None:
        return None
    if not weak:
        return number.met(spec), other, False
    joined = backend.join(number.spec, spec)
    if joined is None:
        return None
    if name == "truediv":
        joined = backend.join(joined, backend.spec(1.0) or joined) or joined
    elif name not in _OF_BOOLS:
        joined = _counted(backend, joined)
    for one in (number, other):
        if isinstance(one, StagedNumber) and one.spec.dtype != joined.dtype:
            one.used_as_number()
    other = other.tensor if isinstance(other, StagedNumber) else other
    return backend.convert(number.tensor, joined), backend.convert(other, joined), True


def number_of(backend: Backend, tensor: Any, sources: tuple[StagedNumber, ...] = ()) -> Any:
    """A tensor that stands for a Python number; one that stands for a text as it is."""
    if isinstance(tensor, StagedNumber):
        return tensor
    spec, text = backend.spec(tensor), backend.spec("")
    if spec is None or (text is not None and text.dtype == spec.dtype):
        return tensor
    return StagedNumber(backend, tensor, replace(spec, weak=True), sources)


def _counted(backend: Backend, spec: Spec) -> Spec:
    """The spec in which Python calculates with numbers of a spec: bools are integers."""
    flag, one = backend.spec(True), backend.spec(1)
    return one if flag and one and spec.dtype == flag.dtype else spec


def python_type(number: StagedNumber) -> type:
    """The type that a number has in Python."""
    number.used_as_number()
    for sample in (1j, 1.0, 1, True):
        spec = number.backend.spec(sample)
        joined = spec and number.backend.join(number.spec, spec)
        if joined and joined.dtype == number.spec.dtype:
            return type(sample)
    return float


_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
_OF_BOOLS = {*_COMPARISONS, "and_", "or_", "xor"}

for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow",
              "and_", "or_", "xor", "lshift", "rshift"):  # fmt: skip
    _plain = _name.rstrip("_")
    setattr(StagedNumber, f"__{_plain}__", _binary(_name))
    setattr(StagedNumber, f"__r{_plain}__", _binary(_name, reflected=True))
for _name in _COMPARISONS:
    setattr(StagedNumber, f"__{_name}__", _binary(_name))


def _unary(name: str) -> Callable[[Any], Any]:
    operation = getattr(operator, name)

    def forward(self: StagedNumber) -> Any:
        counted = _counted(self.backend, self.spec)
        if counted.dtype != self.spec.dtype:
            self.used_as_number()
        result = operation(self.backend.convert(self.tensor, counted))
        return number_of(self.backend, result, (self,))

    return forward


for _name in ("neg", "pos", "abs", "invert"):
    setattr(StagedNumber, f"__{_name}__", _unary(_name))


def number_tensor(value: Any) -> Any:
    """The tensor of a number; any other value itself."""
    return value.tensor if isinstance(value, StagedNumber) else value
