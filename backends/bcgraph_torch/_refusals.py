"""What PyTorch refuses while a graph is captured, in the user's words."""

from __future__ import annotations

from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedOperatorException,
)
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from bcgraph.backend import BackendLimit, PythonValueNeeded


def refusal(error: Exception) -> BackendLimit | PythonValueNeeded | None:
    """The error of bcgraph that says what PyTorch's means; None for one of the program's own."""
    if isinstance(error, GuardOnDataDependentSymNode):
        return PythonValueNeeded(
            f"Python asks for a value that only the running graph knows (`{error.cond}`)",
            mend="what asks is not converted (a library, or what `disable` marks); of a size, tell "
            "it with `torch._check(...)`, or mask the values instead of selecting them",
        )
    if isinstance(error, DataDependentOutputException):
        return PythonValueNeeded(
            f"`{error.func}` gives Python a value that only the running graph knows",
            mend="use an operator that gives a tensor",
        )
    if isinstance(error, DynamicOutputShapeException):
        return BackendLimit(
            f"the shape of what `{error.func}` gives is known only when the graph runs",
            mend="mask the values instead of selecting them",
        )
    if isinstance(error, UnsupportedOperatorException):
        return BackendLimit(
            f"PyTorch cannot tell what `{error.func}` gives without running it",
            mend="register a fake implementation of the operator (`torch.library.register_fake`)",
        )
    return None
