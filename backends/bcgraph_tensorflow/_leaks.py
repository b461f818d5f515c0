"""Tensors that are used where their graph is not, as TensorFlow tells of them."""

from __future__ import annotations

import re

from bcgraph.backend import LeakedTensor, Note, Place, is_users_file

_MADE = re.compile(r"was defined here:\n(?P<frames>(?: +File .*\n?)+)")
_FRAME = re.compile(r'File "(.+)", line (\d+), in (.+)')


def is_told(error: Exception) -> bool:
    """Whether an error of TensorFlow tells of such a tensor."""
    return "is out of scope and cannot be used here" in str(error)


def leaked(told: str) -> LeakedTensor:
    """The error of a tensor out of scope, and the line where it was made.

    TensorFlow's message lists the frames in which the tensor was made, the innermost last.
    """
    notes = []
    made = _MADE.search(told)
    for filename, line, function in _FRAME.findall(made["frames"] if made else "")[::-1]:
        if is_users_file(filename):
            notes.append(Note(Place(filename, int(line), function), "it was made here"))
            break
    return LeakedTensor(
        "a tensor is used outside of the graph, or of the branch or loop, that it belongs to",
        notes=notes,
    )
