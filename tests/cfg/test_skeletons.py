"""The same source has the same graph on every Python: all are held to one golden file.

`python -m cfg.skeletons golden` in `tests/` writes the file, after a change of the generator or of
what a skeleton is.
"""

from __future__ import annotations

import json
import sys

import pytest

from cfg.skeletons import GOLDEN, SAMPLES, compare, digest, samples, skeletons

# A source as it must be written for 3.14, which no longer takes `not a in b` as `a not in b`.
WRITTEN_ANEW = {"589": ("if not k in", "if k not in")} if sys.version_info >= (3, 14) else {}

HELD: dict[str, dict[str, str]] = json.loads(GOLDEN.read_text())
SOURCES = samples()


def test_every_sample_is_held() -> None:
    assert len(HELD) == SAMPLES
    assert list(HELD) == list(SOURCES)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("seed", SOURCES)
def test_skeleton_is_that_of_every_python(seed: str) -> None:
    source = SOURCES[seed]
    held = dict(HELD[seed])
    assert digest(source) == held.pop(""), "the generator changed: make the golden file anew"
    found = skeletons(
        source.replace(*WRITTEN_ANEW.get(seed, ("", "")))
    )  # on 3.11 with functions more that nothing can reach
    got = {name: digest(found[name]) for name in held}
    assert got == held, "\n".join([source, *found.values()])


def test_a_difference_is_told() -> None:
    one = {"python": "1", "functions": {"f": "0: return", "g": "0: return", "h": None}}
    two = {"python": "2", "functions": {"f": "0: return", "g": "0: raise", "h": "0: return"}}
    lines = list(compare(one, two, 5))
    assert "     1 equal, 50.00%" in lines
    assert "-0: return" in lines
    assert "+0: raise" in lines
