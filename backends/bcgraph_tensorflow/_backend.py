"""What TensorFlow does for bcgraph.

Sources: `tensorflow/python/ops/{cond_v2,while_v2,list_ops}.py` of TensorFlow 2.21.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from bcgraph.backend import (
    BcgraphError,
    Errors,
    Items,
    Program,
    PythonValueNeeded,
    Recipe,
    Spec,
    StagedNumber,
    unfit,
)

from . import (
    _builtins,
    _cond,
    _dtypes,
    _function,
    _leaks,
    _logic,
    _loops,
    _recipes,
    _streams,
    _texts,
    reassociate,
)  # fmt: skip

_COMPOSITES = (
    tf.RaggedTensor, tf.SparseTensor, tf.IndexedSlices, tf.experimental.Optional,
    tf.experimental.ExtensionType, tf.distribute.DistributedValues,
)  # fmt: skip

# What chooses this backend as an argument: tensors, and what holds some or makes them.
_OWNED = (
    tf.Tensor, tf.TensorArray, tf.__internal__.CompositeTensor, tf.distribute.DistributedValues,
    tf.__internal__.tracking.Trackable,  # variables, modules, layers, optimizers, datasets
)  # fmt: skip

# What Python and TensorFlow say of a tensor whose value is asked for while a graph is recorded.
_ASKED = ("SymbolicTensor", "Tensor is unhashable", "slice indices must be integers",
          "a number of the running graph")  # fmt: skip


class Backend:
    """Records into the graph of the `tf.function` that is being traced."""

    name = "tensorflow"
    symbolic = True
    adds = True

    def __init__(self) -> None:
        self.errors = Errors()
        tf.register_tensor_conversion_function((list, tuple), _dtypes.packed, priority=90)
        tf.register_tensor_conversion_function(_dtypes.Filler, _dtypes.as_tensor)

    def owns(self, value: Any) -> bool:
        """Whether a value is a tensor, or holds some: a variable, a dataset, a layer, …."""
        return isinstance(value, _OWNED)

    def adopt(self, kind: type) -> None:
        """Lets TensorFlow's functions take a staged list as the tensor of its elements."""
        tf.register_tensor_conversion_function(kind, _dtypes.as_tensor)

    def takes_heads(self) -> bool:
        """No where turns are computed all at once: a search is known by what ends its body."""
        return not reassociate.is_asked()

    def refusal(self, error: Exception) -> BcgraphError | None:
        """What an error of TensorFlow's means that is no error of the program."""
        if isinstance(error, tf.errors.OperatorNotAllowedInGraphError):
            return PythonValueNeeded(
                "Python asks for the truth, or the parts, of a value of the running graph",
                mend="what decides is not converted: a library, or what `disable` marks",
            )
        told = str(error)
        if _leaks.is_told(error):
            return _leaks.leaked(told)
        if isinstance(error, TypeError | AttributeError) and any(s in told for s in _ASKED):
            return PythonValueNeeded(
                f"Python asks for a value that only the running graph knows ({told})",
                mend="use TensorFlow's operation for it; index a tensor instead of a list or text",
            )
        return None

    def is_marked(self, fn: Any) -> bool:
        """Whether `tf.autograph.experimental.do_not_convert` has made it."""
        return hasattr(fn, "autograph_info__")

    def mark(self, fn: Callable[..., Any]) -> None:
        """AutoGraph leaves alone what it takes for its own."""
        fn.autograph_info__ = {}  # type: ignore[attr-defined]

    def called(self, target: Any, convert: Callable[[Any], Any]) -> Any:
        """The object itself."""
        return target

    def twin(
        self,
        target: Any,
        convert: Callable[[Any], Any],
        finished: Callable[[Callable[..., Any]], Callable[..., Any]],
    ) -> Any:
        """The object itself."""
        return target

    def is_recording(self) -> bool:
        """Whether a graph is being built."""
        return not tf.executing_eagerly()

    def is_staged(self, value: Any) -> bool:
        """Whether a value is a node of a graph (or a variable, while a graph is built)."""
        if isinstance(value, tf.Tensor):
            return not hasattr(value, "numpy")
        if isinstance(value, StagedNumber):
            return True
        if isinstance(value, tf.Variable | tf.RaggedTensor):
            return not tf.executing_eagerly()
        return False

    def compile(self, program: Program, options: Mapping[str, Any]) -> Any:
        """A `tf.function` of the converted function."""
        return _function.compile(program, options, self.errors, self.check)

    def spec(self, value: Any) -> Spec | None:
        """Dtype and static shape."""
        return _dtypes.spec(value)

    def join(self, first: Spec, second: Spec) -> Spec | None:
        """Promotes dtypes, forgets sizes that differ."""
        return _dtypes.join(first, second)

    def convert(self, value: Any, spec: Spec) -> Any:
        """A tensor of the spec's dtype."""
        return _dtypes.convert(value, spec)

    def filler(self, spec: Spec) -> Any:
        """Made only where a branch or loop has nothing else of the spec."""
        return _dtypes.Filler(spec)

    def parts(self, value: Any) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Any]] | None:
        """The components of ragged and sparse tensors, optionals, tensor arrays …"""
        if isinstance(value, tf.TensorArray):
            return [value.flow], lambda parts: _cond.array_with_flow(value, parts[0])
        if isinstance(value, tf.SparseTensor):  # its spec holds a size that parts may contradict
            return [value.indices, value.values, value.dense_shape], lambda p: tf.SparseTensor(*p)
        if isinstance(value, _COMPOSITES):
            flat = tf.nest.flatten(value, expand_composites=True)
            return flat, lambda parts: tf.nest.pack_sequence_as(
                value, list(parts), expand_composites=True
            )
        return None

    def predicate(self, value: Any) -> Any:
        """A scalar boolean tensor."""
        tensor = tf.convert_to_tensor(value)
        count = tensor.shape.num_elements()
        if count is not None and count != 1:
            raise ValueError(f"its shape is {tensor.shape}")
        if tensor.dtype == tf.string:
            tensor = tf.not_equal(tensor, "")
        elif tensor.dtype != tf.bool:
            tensor = tf.not_equal(tensor, tf.zeros((), tensor.dtype))
        return tensor if tensor.shape.rank == 0 else tf.reshape(tensor, ())

    def cond(
        self,
        predicate: Any,
        true: Callable[[], Any],
        false: Callable[[], Any],
        agree: Callable[[Any, Any], tuple[Callable[[], list[Any]], Callable[[], list[Any]]]],
    ) -> list[Any]:
        """One `If` operation."""
        return _cond.cond(predicate, true, false, agree)

    def while_loop(
        self,
        test: Callable[[list[Any]], Any],
        body: Callable[[list[Any]], list[Any]],
        values: list[Any],
        specs: list[Spec],
    ) -> list[Any]:
        """One `While` operation."""
        return _loops.while_loop(test, body, values, specs)

    def recipe(self, value: Any, leaves: Sequence[Any], fixed: Sequence[Any]) -> Recipe | None:
        """Of few elementwise operations."""
        known = set(map(id, fixed))
        return _recipes.recipe(value, leaves, lambda tensor: id(tensor) in known)

    def head(self, value: Any, *, goes_on: bool) -> Recipe | None:
        """Of few elementwise operations, where nothing has been done before."""
        return _loops.head(value, goes_on=goes_on)

    def is_pure(self, record: Callable[[], Any], *, kept: bool = False) -> bool:
        """Whether recording adds no stateful operation."""
        return _cond.is_pure(record, kept=kept)

    def check(self, condition: Any, error: BaseException) -> Any:
        """An `Assert` whose message tells the error, which the compiled function raises."""
        _function.warn_of_dropped(error)
        data = [self.errors.message(error), *map(_texts.packed, Errors.values(error))]
        return tf.debugging.Assert(condition, data, summarize=-1, name="bcgraph_check")

    def all_of(self, conditions: Sequence[Any]) -> Any:
        """Conjunction."""
        found = conditions[0]
        for condition in conditions[1:]:
            found = tf.logical_and(found, condition)
        return found

    def logical_not(self, value: Any) -> Any:
        """Negated truth."""
        return _logic.negated(self.predicate(value))

    def equal(self, first: Any, second: Any) -> Any:
        """Elementwise equality of scalars."""
        return tf.equal(first, second)

    def less(self, first: Any, second: Any) -> Any:
        """`first < second` of integers, of whatever width."""
        first, second = _dtypes.same_integers(first, second)
        return tf.less(first, second)

    def select(self, condition: Any, first: Any, second: Any) -> Any:
        """`Select` of integer scalars, which takes a third of the time of `SelectV2`."""
        first, second = _dtypes.same_integers(first, second)
        return tf.raw_ops.Select(condition=condition, x=first, y=second)

    def items(self, value: Any) -> Items | None:
        """Rows of a tensor."""
        return _builtins.items(value)

    def stream(self, value: Any) -> Any:
        """Datasets and iterators, distributed ones too."""
        return _streams.start(value)

    def range_length(self, start: Any, stop: Any, step: Any) -> Any:
        """As Python's `len(range(...))`."""
        return _builtins.range_length(start, stop, step)

    def stack(self, values: list[Any]) -> Any:
        """`tf.stack`, or a constant."""
        spec = None
        for value in values:
            own = _dtypes.spec(value)
            if own is None:
                raise unfit(f"{value!r}, which is none")
            spec = own if spec is None else _dtypes.join(spec, own)
            if spec is None:
                raise unfit("values of several shapes or dtypes")
        assert spec is not None
        return tf.stack([_dtypes.convert(value, spec) for value in values])

    def contains(self, item: Any, container: Any) -> Any:
        """Whether any element equals the item."""
        return tf.reduce_any(tf.equal(container, tf.cast(item, container.dtype)))

    def unstack(self, value: Any, count: int) -> tuple[Any, ...]:
        """Rows, whose number must be known or is checked when the graph runs."""
        tensor = tf.convert_to_tensor(value)
        known = tensor.shape[0] if tensor.shape.rank else None
        if known is not None and known != count:
            text = "too many" if known > count else "not enough"
            raise ValueError(f"{text} values to unpack (expected {count}, got {known})")
        return tuple(tf.unstack(tensor, num=count))

    def builtins(self) -> Mapping[Any, Callable[..., Any]]:
        """Staged meanings of Python's builtins."""
        return _builtins.meanings(self)

    def list_new(self, spec: Spec) -> Any:
        """An empty TensorList."""
        return tf.raw_ops.EmptyTensorList(
            element_shape=_dtypes.list_shape(spec), max_num_elements=-1, element_dtype=spec.dtype
        )

    def list_push(self, handle: Any, value: Any, spec: Spec) -> Any:
        """Appends."""
        return tf.raw_ops.TensorListPushBack(input_handle=handle, tensor=value)

    def list_pop(self, handle: Any, spec: Spec) -> tuple[Any, Any]:
        """Removes the last."""
        shape = _dtypes.list_shape(spec)
        popped = tf.raw_ops.TensorListPopBack(
            input_handle=handle, element_shape=shape, element_dtype=spec.dtype
        )
        return popped.output_handle, _dtypes.shaped(popped.tensor, spec)

    def list_get(self, handle: Any, index: Any, spec: Spec) -> Any:
        """One element."""
        index = self._index(handle, index)
        found = tf.raw_ops.TensorListGetItem(
            input_handle=handle,
            index=index,
            element_shape=_dtypes.list_shape(spec),
            element_dtype=spec.dtype,
        )
        return _dtypes.shaped(found, spec)

    def list_set(self, handle: Any, index: Any, value: Any, spec: Spec) -> Any:
        """One element replaced."""
        return tf.raw_ops.TensorListSetItem(
            input_handle=handle, index=self._index(handle, index), item=value
        )

    def _index(self, handle: Any, index: Any) -> Any:
        if isinstance(index, int):
            return index if index >= 0 else self.list_length(handle) + index
        index = tf.cast(index, tf.int32)
        return tf.where(index < 0, index + self.list_length(handle), index)

    def list_length(self, handle: Any) -> Any:
        """Number of elements, int32."""
        return tf.raw_ops.TensorListLength(input_handle=handle)

    def list_stack(self, handle: Any, spec: Spec) -> Any:
        """All elements as one tensor."""
        if getattr(handle, "op", None) is not None and handle.op.type == "TensorListFromTensor":
            return handle.op.inputs[0]
        stacked = tf.raw_ops.TensorListStack(
            input_handle=handle,
            element_shape=_dtypes.list_shape(spec),
            element_dtype=spec.dtype,
            num_elements=-1,
        )
        shape = None if spec.shape is None else (None, *spec.shape)
        return _dtypes.shaped(stacked, Spec(spec.dtype, shape))
