"""What a function returns, apart from its tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils import _pytree as pytree


class Results:
    """How the tensors that a graph gives, and what it does not know of, make a Python value."""

    def __init__(self, value: Any) -> None:
        leaves, self._structure = pytree.tree_flatten(value)
        self.tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        self._constants = {
            i: leaf for i, leaf in enumerate(leaves) if not isinstance(leaf, torch.Tensor)
        }
        self._single = self._structure.is_leaf() and not self._constants

    def of(self, values: Iterator[Any]) -> Any:
        """The value of these tensors."""
        if self._single:
            return next(values)
        constants, count = self._constants, self._structure.num_leaves
        flat = [constants[i] if i in constants else next(values) for i in range(count)]
        return pytree.tree_unflatten(flat, self._structure)
