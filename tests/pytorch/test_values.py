"""What Python gets to know of tensors while a graph is captured: right, or refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

import bcgraph

PYTHON = {"backend": "torch", "compiler": "python"}
X = torch.tensor([1.0, 2.0, 3.0])
INPUTS = (X, -X, torch.tensor([3.0, 0.0, 3.0]))


def number_as_a_tensor(x: Any) -> Any:
    return torch.tensor(x.sum().item()), torch.tensor(int(x[0])), torch.as_tensor(float(x[1]))


def tensor_of_elements(x: Any) -> Any:
    return torch.tensor([x[0], x[1] * 2]), torch.tensor([[x[0], 1.0], [2, x[2]]])


def new_tensor_of_elements(x: Any) -> Any:
    return x.double().new_tensor([x.sum(), 2.0]), x.new_tensor([1.0, 2.0])


def equality(x: Any) -> Any:
    if torch.equal(x, x.abs()):
        return x
    return -x if torch.allclose(x, x.round()) and not x.equal(x[:2]) else x * 2


def truth(x: Any) -> Any:
    return x + 1 if torch.is_nonzero(x[1]) else x - 1


def size_of_what_is_found(x: Any) -> Any:
    found = torch.unique(x)
    return found.sum() if found.shape[0] > 2 else found.max()


def loop_over_a_size(x: Any) -> Any:
    left = torch.nonzero(x > 0).shape[0]
    total = x * 0
    while left > 0:
        total = total + x * left
        left -= 1
    return total


def sizes_from_numbers(x: Any) -> Any:
    n = int(x.abs()[0])
    return x.reshape(n, -1).sum(), x.narrow(0, 0, n).sum(), torch.zeros(n, 2).sum()


def slice_is_written(x: Any) -> Any:
    out = x.new_zeros(x.shape)
    out[: (x > 0).sum()] = 1
    return out


@pytest.mark.parametrize(
    "function",
    [
        number_as_a_tensor,
        tensor_of_elements,
        new_tensor_of_elements,
        equality,
        truth,
        size_of_what_is_found,
        loop_over_a_size,
        sizes_from_numbers,
        slice_is_written,
    ],
)
def test_right(function: Callable[[Any], Any]) -> None:
    compiled = bcgraph.compile(function, **PYTHON)
    for x in INPUTS:
        torch.testing.assert_close(compiled(x), function(x))
    assert compiled.cache_info().traces == 1


REFUSED = (
    ("numpy", lambda x: x.numpy(), "array"),
    ("a NumPy function", lambda x: __import__("numpy").sin(x), "array"),
    ("data_ptr", lambda x: x.data_ptr(), "memory"),
    ("a returned text", lambda x: f"{x.sum()}", "text"),
    ("a compared text", lambda x: x if f"{x[0]}" == "1.0" else -x, "text"),
    ("a text as a key", lambda x: {f"{x[0]}": x}, "text"),
    ("a number as a key", lambda x: {1: x}[int(x[0])], "key"),
    ("a number looked for", lambda x: {1: x}.get(int(x[0]), -x), "key"),
    ("repr", lambda x: [repr(x)], "text"),
)


@pytest.mark.parametrize(
    ("function", "word"), [pytest.param(f, word, id=name) for name, f, word in REFUSED]
)
def test_refused(function: Callable[[Any], Any], word: str) -> None:
    with pytest.raises(bcgraph.errors.PythonValueNeeded, match=word) as caught:
        bcgraph.compile(function, **PYTHON)(X)
    assert caught.value.place is None or caught.value.place.filename == __file__


def repeats(x: Any) -> Any:
    return x * len([0] * x[x > 0].shape[0])


def asks(x: Any) -> Any:
    return torch.ops.aten.equal.default(x, x)


@pytest.mark.parametrize("function", [repeats, asks])
def test_what_pytorch_cannot_know_is_told_in_the_users_line(function: Any) -> None:
    with pytest.raises(bcgraph.errors.PythonValueNeeded, match="running graph") as caught:
        bcgraph.compile(function, **PYTHON)(X)
    place = caught.value.place
    assert place is not None
    assert (place.function, place.line) == (
        function.__name__,
        function.__code__.co_firstlineno + 1,
    )


def test_texts_are_printed_as_the_graph_runs(capsys: pytest.CaptureFixture[str]) -> None:
    def tells(x: Any) -> Any:
        total = 0.0
        for i, v in enumerate(x):
            total += v
            print(f"step {i}: {total:.3f}", "of %d, %5.1f|" % (len(x), v), v > 1, sep="; ")  # noqa: UP031
        print("{} and {!r}".format(total, int(total)), end="!\\n")  # noqa: UP032
        return total

    compiled = bcgraph.compile(tells, **PYTHON)
    for x in INPUTS:
        tells(x)
        expected = capsys.readouterr().out
        compiled(x)
        assert capsys.readouterr().out == expected


def test_python_values_are_kinds_of_arguments() -> None:
    def copied(x: Any, sign: float) -> Any:
        return torch.full_like(x, math.copysign(1.0, sign)) if x.sum() > 0 else x

    compiled = bcgraph.compile(copied, **PYTHON)
    for sign in (0.0, -0.0, math.nan):
        assert torch.equal(compiled(X, sign), copied(X, sign))
    compiled(X, float("nan"))
    assert compiled.cache_info().traces == 3


def test_dtype_of_autocast_is_a_kind_of_call() -> None:
    def product(x: Any) -> Any:
        return x @ x if x.sum() > 0 else x @ -x

    compiled = bcgraph.compile(product, **PYTHON)
    for dtype in (torch.bfloat16, torch.float16):
        with torch.autocast("cpu", dtype=dtype):
            assert compiled(torch.ones(2, 2)).dtype == dtype


def test_elements_that_python_selects() -> None:
    """Where Python drives a loop, elements are views, as eagerly, unless a graph writes."""

    def total(x: Any, start: Any) -> Any:
        found = x[0] * 0
        i = start
        while i < 2:
            found = found + x[i] * x[:, i].sum()
            i = i + 1
        return found, x[i - 1]

    def shifted(x: Any, start: Any) -> Any:
        y = x * 1
        i = start
        while i < 2:
            y[i] = y[i - 1] + y[i]
            i = i + 1
        return y

    for function in (total, shifted):
        compiled = bcgraph.compile(function, backend="torch", compiler="python")
        for start in (0, 1, -2, 2):
            x, start = torch.randn(3, 3), torch.tensor(start)
            torch.testing.assert_close(compiled(x, start), function(x, start))
    for fn in (total, bcgraph.compile(total, backend="torch", compiler="python")):
        with pytest.raises(IndexError):
            fn(torch.randn(3, 3), torch.tensor(-7))
