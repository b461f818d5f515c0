"""What a type checker reveals of compiled functions; read by `test_surface.py`, never run."""

from typing import reveal_type

import bcgraph


@bcgraph.compile
def bare(x: float, *, steps: int = 1) -> float:
    return x * steps


@bcgraph.compile(backend="numpy", option=1)
def with_options(x: float) -> list[float]:
    return [x]


@bcgraph.disable
def disabled(x: int) -> str:
    return str(x)


reveal_type(bare(1.0, steps=2))  # → float
reveal_type(with_options(1.0))  # → list[float]
reveal_type(bcgraph.compile(disabled)(1))  # → str
reveal_type(bcgraph.convert(disabled)(1))  # → str
reveal_type(disabled(1))  # → str
reveal_type(bare.explain(1.0).sites)  # → tuple[SiteReport, ...]
reveal_type(bare.compilations()[0].seconds)  # → float
reveal_type(bare.cache_info().traces)  # → int
bare("one")  # → error
bare(1.0, 2)  # → error
bare.explain(1.0, step=2)  # → error
