"""Exported programs follow both paths, in PyTorch, in AOTInductor's package and in ONNX."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import bcgraph
from pytorch.networks import Gate, Halving, Rows, Totals

INPUTS = (torch.ones(3, 4), -torch.ones(3, 4), torch.linspace(-9, 9, 20).reshape(5, 4))


class Pure(Gate):
    """As `Gate`, without the count: an exported branch writes no buffer."""

    def forward(self, x: Any) -> Any:
        return self.inner(x).relu() if x.sum() > 0 else x - 1


MODULES = (Gate, Pure, Halving, Rows, Totals)


def exported(module: Any, *, dynamic: bool) -> Any:
    """The exported program of a converted module, for three rows or any number of them."""
    sizes = ({0: torch.export.Dim("rows", min=2)},) if dynamic else None
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converted = bcgraph.convert(module, backend="torch")
        return torch.export.export(converted, (torch.randn(3, 4),), dynamic_shapes=sizes)


def check(run: Any, module: Any, *, dynamic: bool) -> None:
    """`run` gives what the module gives."""
    for x in INPUTS if dynamic else INPUTS[:2]:
        with torch.no_grad():
            expected, got = module(x), run(x)
        one = expected if isinstance(expected, tuple) else (expected,)
        other = got if isinstance(got, tuple | list) else (got,)
        for a, b in zip(one, other, strict=True):
            assert np.allclose(np.asarray(a), np.asarray(b), atol=1e-5)


class Peak(nn.Module):
    """Chooses between rows of its input, which are views of one tensor."""

    def forward(self, x: Any) -> Any:
        best = x[0]
        if x[1].sum() > best.sum():
            best = x[1]
        while x[2].sum() > best.sum():
            best = best + 1
        return best


def test_views_of_one_tensor() -> None:
    program = exported(Peak(), dynamic=False).run_decompositions()
    for x in INPUTS[:2]:
        rows = x * torch.arange(1.0, 4.0)[:, None]
        assert torch.equal(program.module()(rows), Peak()(rows))
        with torch.no_grad():
            assert torch.equal(bcgraph.compile(Peak(), backend="torch")(rows), Peak()(rows))


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("kind", MODULES)
def test_exported_program(kind: Any, dynamic: bool) -> None:
    module = kind().eval()
    program = exported(module, dynamic=dynamic)
    targets = {str(node.target) for node in program.graph.nodes}
    assert targets & {"cond", "while_loop"}
    check(program.module(), module, dynamic=dynamic)
    assert dict(program.state_dict).keys() == dict(module.state_dict()).keys()


@pytest.mark.parametrize("kind", [Pure, Halving, Rows])
def test_package_of_aotinductor(kind: Any, tmp_path: Path) -> None:
    module = kind().eval()
    path = torch._inductor.aoti_compile_and_package(
        exported(module, dynamic=True), package_path=str(tmp_path / "model.pt2")
    )
    check(torch._inductor.aoti_load_package(path), module, dynamic=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [Pure, Halving, Totals])
def test_onnx(kind: Any, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    module = kind().eval()
    path = tmp_path / "model.onnx"
    torch.onnx.export(exported(module, dynamic=True), dynamo=True, verbose=False).save(path)
    session = runtime.InferenceSession(path)
    name = session.get_inputs()[0].name
    check(lambda x: session.run(None, {name: x.numpy()}), module, dynamic=True)


class Counts(nn.Module):
    """Changes a buffer on one path."""

    def __init__(self, *, in_place: bool) -> None:
        super().__init__()
        self.in_place = in_place
        self.register_buffer("taken", torch.zeros(()))

    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            if self.in_place:
                self.taken += 1
            else:
                self.taken = self.taken + 1
        return x * self.taken


@pytest.mark.parametrize("in_place", [True, False])
def test_buffers_change_where_their_path_is_taken(in_place: bool) -> None:
    eager = Counts(in_place=in_place)
    program = torch.export.export(
        bcgraph.convert(Counts(in_place=in_place)), (torch.ones(2),), strict=False
    ).module()
    for sign in (1, -1, 1):
        x = torch.ones(2) * sign
        assert torch.equal(program(x), eager(x))
        assert torch.equal(program.taken, eager.taken)


class Writes(nn.Module):
    """Writes what a branch hands on, and returns what it was."""

    def __init__(self, *, uses_it: bool) -> None:
        super().__init__()
        self.uses_it = uses_it

    def forward(self, x: Any) -> Any:
        y = x.clone()
        z = y if x.sum() > 0 else y + 1
        z.add_(10)
        return (y, z) if self.uses_it else z


def test_writing_what_a_branch_hands_on() -> None:
    x = torch.ones(2)
    with pytest.raises(bcgraph.errors.UnsupportedEffect, match="add_"):
        torch.export.export(bcgraph.convert(Writes(uses_it=True)), (x,), strict=False)
    harmless = Writes(uses_it=False)
    program = torch.export.export(bcgraph.convert(harmless), (x,), strict=False).module()
    for sign in (1, -1):
        assert torch.equal(program(x * sign), harmless(x * sign))


def test_dynamo_is_told_that_it_is_not_needed() -> None:
    module = bcgraph.convert(Writes(uses_it=False))
    with pytest.raises(Exception, match="strict=False"):
        torch.export.export(module, (torch.ones(2),), strict=True)


class Positives(nn.Module):
    def forward(self, x: Any) -> Any:
        if x.sum() > 0:
            return x * 2


def test_a_result_that_may_be_none() -> None:
    """A call gives None or the tensor; an exported program cannot give None, and tells so."""
    compiled = bcgraph.compile(Positives(), backend="torch", compiler="python")
    assert compiled(-torch.ones(2)) is None
    assert torch.equal(compiled(torch.ones(2)), torch.full((2,), 2.0))
    converted = bcgraph.convert(Positives(), backend="torch")
    program = torch.export.export(converted, (torch.ones(2),), strict=False).module()
    assert torch.equal(program(torch.ones(2)), torch.full((2,), 2.0))
    with pytest.raises(RuntimeError, match=r"error\[BCG112\]: .* gives None on"):
        program(-torch.ones(2))


def test_a_part_of_an_object_that_may_be_none() -> None:
    class Tracker:
        def __init__(self) -> None:
            self.ends: list[Any] = []

        def see(self, xs: Any) -> None:
            high = low = None
            for x in xs:
                if x > 0:
                    high = x
                else:
                    low = x
            self.ends = [low, high]

    for values in ([1.0, 2.0], [-1.0, -2.0], [3.0, -4.0]):
        plain, told = Tracker(), Tracker()
        plain.see(torch.tensor(values))
        bcgraph.compile(told.see, backend="torch", compiler="python")(torch.tensor(values))
        assert told.ends == plain.ends


class Adding(nn.Module):
    """Writes its first argument, and a value of its own, in a branch of a loop."""

    def forward(self, x: Any, y: Any) -> Any:
        total = x * 1
        for v in y:
            if v > 0:
                total += v
                x += 1
        return total


def test_writes_of_loops_are_exported() -> None:
    given = torch.ones(2), torch.tensor([1.0, -1.0, 2.0])
    with torch.no_grad():
        program = torch.export.export(bcgraph.convert(Adding()), given, strict=False).module()
        for y in (given[1], -given[1]):
            one, other = torch.ones(2), torch.ones(2)
            assert torch.equal(program(one, y), Adding()(other, y))
            assert torch.equal(one, other)


def test_a_constant_that_a_branch_hands_on() -> None:
    class Best(nn.Module):
        def forward(self, x: Any, limit: Any) -> Any:
            best = None
            for i, value in enumerate(x):
                if value > limit:
                    return value, i
                if best is None or value > best:
                    best = value
            return best, -1

    values, limits = torch.tensor([1.0, 3.0, 2.0]), (0.5, 2.5, 9.0)
    module = Best()
    inputs = (values, torch.tensor(2.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.export.export(bcgraph.convert(module, backend="torch"), inputs).module()
    for limit in map(torch.tensor, limits):
        for got, expected in zip(made(values, limit), module(values, limit), strict=True):
            assert float(got) == float(expected)
