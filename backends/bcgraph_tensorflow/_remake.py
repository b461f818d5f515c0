"""An operation once more, on other inputs; tapes see it as any of the program's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorflow.python.eager import execute
from tensorflow.python.framework import ops


def remade(op: Any, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of an operation of the same type and attributes, in the graph being built."""
    made = ops.get_default_graph()._create_op_internal(
        op.type,
        list(inputs),
        [output.dtype for output in op.outputs],
        name=op.type,
        attrs=op.node_def.attr,
        op_def=op.op_def,
    )
    outputs = list(made.outputs)
    if execute.must_record_gradient():
        attributes = [part for a in op.op_def.attr for part in (a.name, op.get_attr(a.name))]
        execute.record_gradient(op.type, made.inputs, tuple(attributes), outputs)
    return outputs
