"""Texts with the values of tensors: printed by the graph, or told by its exceptions."""

from __future__ import annotations

import base64
import re
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from bcgraph.backend import Piece, PythonValueNeeded, StagedNumber, StagedText

_SPEC = re.compile(r"(?P<zeros>0?)(?P<width>\d*)(\.(?P<digits>\d+))?(?P<kind>[dfeg]?)")
_VALUE = re.compile(r"\[bcgraph value ([\w-]*)\]")


def text(value: Any) -> Any:
    """What is printed, as a scalar of strings."""
    if isinstance(value, StagedText):
        return tf.strings.join([_shown(p) if isinstance(p, Piece) else p for p in value.parts])
    is_number = isinstance(value, StagedNumber)
    if is_number or tf.is_tensor(value):
        return _shown(Piece(value.stack() if is_number else value, is_number))
    return str(value)


def _shown(piece: Piece) -> Any:
    """A value as `tf.print` shows it, or as its format tells."""
    value = tf.convert_to_tensor(piece.value)
    if piece.is_number and value.dtype == tf.bool and not piece.spec:
        return tf.where(value, "True", "False")
    if not piece.spec:
        return value if value.dtype == tf.string else tf.strings.format("{}", value, summarize=-1)
    found = _SPEC.fullmatch(piece.spec)
    kinds = "d" if value.dtype.is_integer else "feg"
    if found is None or piece.conversion or (found["kind"] or "d") not in kinds:
        raise PythonValueNeeded(
            f"the format {piece.spec!r} is not known to a graph",
            mend="use one such as `.3f`, `5d`, `.2e`, or print the tensor itself",
        )
    return tf.strings.as_string(
        value,
        precision=int(found["digits"] or (-1 if value.dtype.is_integer else 6)),
        scientific=found["kind"] == "e",
        shortest=found["kind"] == "g",
        width=int(found["width"] or -1),
        fill=found["zeros"],
    )


def packed(piece: Piece) -> Any:
    """A value as a part of an assertion's message."""
    written = tf.io.encode_base64(tf.io.serialize_tensor(piece.value))
    return tf.strings.join(["[bcgraph value ", written, "]"])


def unpacked(message: str, pieces: list[Piece]) -> list[Any]:
    """The values in an assertion's message."""
    return list(map(_value, _VALUE.findall(message), pieces))


def _value(written: str, piece: Piece) -> Any:
    proto = TensorProto.FromString(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
    value = tf.make_ndarray(proto)
    if proto.dtype == tf.string.as_datatype_enum and value.ndim == 0:
        return value.item().decode()
    return value.item() if piece.is_number else tf.constant(value)
