"""The frameworks that programs run on: NumPy values in, NumPy values out."""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.metadata
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework.

    Attributes:
        name: as programs and tables call it; the module to import, and its distribution, too.
        tensor: what a NumPy array is made into.
        array: what one of its tensors is as a NumPy array.
        settled: waits for a result that is still being computed.
        prepare: what is to be set once, before anything runs.
    """

    name: str
    tensor: Callable[[np.ndarray[Any, Any]], Any]
    array: Callable[[Any], np.ndarray[Any, Any]] = np.asarray
    settled: Callable[[Any], Any] = lambda value: value
    prepare: Callable[[], None] = lambda: None

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported (which this does not do)."""
        return importlib.util.find_spec(self.name) is not None

    @property
    def version(self) -> str:
        """Of the installed distribution."""
        return importlib.metadata.version(self.name)

    def arguments(self, data: tuple[Any, ...]) -> tuple[Any, ...]:
        """A program's data as arguments: its arrays as tensors."""
        return tuple(
            self.tensor(np.asarray(value)) if isinstance(value, np.ndarray | np.generic) else value
            for value in data
        )

    def arrays(self, result: Any) -> list[np.ndarray[Any, Any]]:
        """The numbers and tensors of a result, in order."""
        if isinstance(result, list | tuple):
            return [array for part in result for array in self.arrays(part)]
        return [self.array(result)]


def _tensorflow_tensor(array: np.ndarray[Any, Any]) -> Any:
    return importlib.import_module("tensorflow").constant(array)


def _prepare_tensorflow() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    importlib.import_module("tensorflow").get_logger().setLevel("ERROR")


def _torch_tensor(array: np.ndarray[Any, Any]) -> Any:
    return importlib.import_module("torch").from_numpy(array.copy())


def _torch_array(value: Any) -> np.ndarray[Any, Any]:
    return np.asarray(value.detach() if hasattr(value, "detach") else value)


def _prepare_torch() -> None:
    """One thread: with more, small programs on few cores take up to forty times as long."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    for driven_by_c in (False, True):  # finds the compiler and the processor's features
        options = {"cpp_wrapper": driven_by_c}
        torch.compile(lambda x: x * 2 + 1, options=options)(torch.ones(3))


def _jax_tensor(array: np.ndarray[Any, Any]) -> Any:
    return importlib.import_module("jax.numpy").asarray(array)


def _jax_settled(value: Any) -> Any:
    return importlib.import_module("jax").block_until_ready(value)


def _number_or_array(array: np.ndarray[Any, Any]) -> Any:
    return array if array.ndim else array.item()


FRAMEWORKS = {
    framework.name: framework
    for framework in (
        Framework("tensorflow", _tensorflow_tensor, prepare=_prepare_tensorflow),
        Framework("torch", _torch_tensor, _torch_array, prepare=_prepare_torch),
        Framework("jax", _jax_tensor, settled=_jax_settled),
        Framework("numba", _number_or_array),
    )
}


@functools.cache
def prepared(name: str) -> Framework:
    """A framework, imported and ready to run.

    What it has made so far is no garbage: to look through its modules each time that garbage is
    collected takes longer than much of what is measured.
    """
    framework = FRAMEWORKS[name]
    importlib.import_module(name)
    framework.prepare()
    gc.collect()
    gc.freeze()
    return framework
