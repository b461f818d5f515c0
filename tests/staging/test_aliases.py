"""A container is not used after a change of another one that may be the same."""

from __future__ import annotations

import importlib

import pytest
from programs import nasty_aliases

import bcgraph
from bcgraph.errors import Disagreement

BACKENDS = [
    pytest.param("tensorflow", "constant", marks=pytest.mark.tensorflow),
    pytest.param("torch", "tensor", marks=pytest.mark.torch),
]


@pytest.mark.parametrize(("backend", "maker"), BACKENDS)
@pytest.mark.parametrize("function", nasty_aliases.REFUSED, ids=lambda f: f.__name__)
def test_refused(function, backend, maker):
    pytest.importorskip(backend)
    number = getattr(importlib.import_module(backend), maker)
    with pytest.raises(Disagreement, match="that another one stands for") as caught:
        bcgraph.compile(function, backend=backend)(number(2.5))
    place = caught.value.place
    assert place is not None and place.filename == nasty_aliases.__file__
    assert caught.value.help
