"""Exported programs follow both paths, in PyTorch, in AOTInductor's package and in ONNX."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import bcgraph
from pytorch.networks import Gate, Halving, Rows, Totals

INPUTS = (torch.ones(3, 4), -torch.ones(3, 4), torch.linspace(-9, 9, 20).reshape(5, 4))


class Pure(Gate):
    """As `Gate`, without the count: an exported branch writes no buffer."""

    def forward(self, x: Any) -> Any:
        return self.inner(x).relu() if x.sum() > 0 else x - 1


MODULES = (Pure, Halving, Rows, Totals)


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
