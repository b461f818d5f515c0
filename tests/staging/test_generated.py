"""Generated programs do the same when every predicate and every iteration is staged.

`BCGRAPH_EXAMPLES` sets the number of programs; without it, the same few are tried each time.
`python -m programs.long_run` is the same test, for longer.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs.generator import program
from programs.oracle import MODES, difference

EXAMPLES = os.environ.get("BCGRAPH_EXAMPLES", "")

sources = st.randoms(use_true_random=False).map(program)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("mode", MODES)
@settings(
    max_examples=int(EXAMPLES or 150),
    derandomize=not EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(source=sources)
def test_same_outcome(mode: str, source: str) -> None:
    assert difference(source, (mode,)) == "", source
