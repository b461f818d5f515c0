"""What `compile`, `convert`, `disable` and `config` give, beside the results of programs."""

from __future__ import annotations

import functools
import inspect
import os
import pickle
import sys
from typing import Any

import numpy as np
import pytest

import bcgraph

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")


def doubled(x: Any, by: Any = 2) -> Any:
    """Doubles what is positive."""
    if x > 0:
        return x * by
    return x


compiled = functools.partial(bcgraph.compile, backend="tensorflow")


def test_the_result_looks_like_the_original() -> None:
    made = compiled(doubled)
    assert made.__name__ == "doubled"
    assert made.__doc__ == "Doubles what is positive."
    assert made.__wrapped__ is doubled
    assert inspect.signature(made) == inspect.signature(doubled)
    assert isinstance(made, bcgraph.Compiled)


def test_it_decorates_bare_and_with_options() -> None:
    @bcgraph.compile
    def bare(x: Any) -> Any:
        return doubled(x)

    @bcgraph.compile(backend="tensorflow", reduce_retracing=True)
    def with_options(x: Any) -> Any:
        return doubled(x)

    for made in (bare, with_options):
        assert int(made(tf.constant(3))) == 6
        assert int(made(tf.constant(-3))) == -3


class Scale:
    factor = 3

    @bcgraph.compile(backend="tensorflow")
    def method(self, x: Any) -> Any:
        return x * self.factor if x > 0 else x

    @staticmethod
    @bcgraph.compile(backend="tensorflow")
    def static(x: Any) -> Any:
        return x * 4 if x > 0 else x

    @bcgraph.compile(backend="tensorflow")
    @classmethod
    def of_class(cls, x: Any) -> Any:
        return x * cls.factor if x > 0 else x

    def __call__(self, x: Any) -> Any:
        while x < 100:
            x = x * self.factor
        return x


def test_methods_static_methods_class_methods_and_callables() -> None:
    scale = Scale()
    for function, factor in ((scale.method, 3), (scale.static, 4), (Scale.of_class, 3)):
        assert int(function(tf.constant(5))) == 5 * factor
        assert int(function(tf.constant(-5))) == -5
    assert int(compiled(scale)(tf.constant(5))) == 135
    assert int(compiled(functools.partial(doubled, by=7))(tf.constant(5))) == 35
    assert int(compiled(lambda x: -x if x > 0 else x)(tf.constant(5))) == -5


def test_the_cache_is_told_and_cleared() -> None:
    made = compiled(doubled)
    made(tf.constant(1))
    made(tf.constant(2))
    assert made.cache_info().traces == 1
    made(tf.constant(1.0))
    assert made.cache_info() == (2, {"tensorflow": 2})
    made.clear_cache()
    assert made.cache_info().traces == 0


def test_options_of_tf_function_pass_through() -> None:
    signature = [tf.TensorSpec([None], tf.float32)]

    @bcgraph.compile(backend="tensorflow", input_signature=signature)
    def total(values: Any) -> Any:
        result = 0.0
        for value in values:
            result += value
        return result

    assert float(total(tf.constant([1.0, 2.0]))) == 3.0
    assert float(total(tf.constant([4.0, 5.0, 6.0]))) == 15.0
    assert total.cache_info().traces == 1
    assert total.get_concrete_function().output_shapes == ()
    assert int(compiled(doubled, jit_compile=True)(tf.constant(4))) == 8
    with pytest.raises(bcgraph.errors.UnknownOption, match="no_such") as caught:
        compiled(doubled, no_such=True)
    assert caught.value.code == "BCG304"


def test_convert_gives_a_function_for_tf_function() -> None:
    converted = bcgraph.convert(doubled, backend="tensorflow")
    assert inspect.isfunction(converted)
    traced = tf.function(converted, autograph=False)
    assert int(traced(tf.constant(4))) == 8
    assert int(traced(tf.constant(-4))) == -4
    assert converted(4) == 8
    assert compiled(doubled).converted(4) == 8


def test_a_disabled_function_is_left_alone() -> None:
    @bcgraph.disable
    def decides(x: Any) -> Any:
        return 1 if x > 0 else 0

    with pytest.raises(TypeError, match="not converted"):
        compiled(lambda x: decides(x))(tf.constant(3))


def test_eager_mode_runs_the_original_line_by_line() -> None:
    lines = []

    def trace(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code is doubled.__code__ and event == "line":
            lines.append(frame.f_lineno - doubled.__code__.co_firstlineno)
        return trace

    made = compiled(doubled)
    before = sys.gettrace()
    with bcgraph.config(mode="eager"):
        sys.settrace(trace)
        try:
            assert made(3) == 6
        finally:
            sys.settrace(before)
    assert lines == [2, 3]


def test_the_backend_is_that_of_the_arguments() -> None:
    made = bcgraph.compile(doubled)
    assert isinstance(made(tf.constant(2)), tf.Tensor)
    assert isinstance(made(np.int64(2)), np.int64)
    assert made(2) == 4
    assert made.cache_info().backends == {"tensorflow": 1, "numpy": 0}


def test_what_has_no_condition_to_stage_says_so() -> None:
    text = str(bcgraph.explain(lambda x: x + 1))
    assert "nothing to stage" in text


def test_a_condition_of_several_elements_is_refused_by_name() -> None:
    with pytest.raises(bcgraph.errors.AmbiguousTruth) as caught:
        compiled(doubled)(tf.constant([1, 2]))
    assert caught.value.code == "BCG104"
    assert "if x > 0" in str(caught.value)


@pytest.mark.torch
def test_convert_with_several_frameworks_imported() -> None:
    torch = pytest.importorskip("torch")

    def absolute(x: Any) -> Any:
        return x if x > 0 else -x

    class Layer(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return absolute(x)

    converted = bcgraph.convert(absolute)
    assert converted(-3) == 3
    assert float(tf.function(converted, autograph=False)(tf.constant(-2.0))) == 2.0
    layer = torch.export.export(bcgraph.convert(Layer()), (torch.tensor(1.0),)).module()
    assert float(layer(torch.tensor(-2.0))) == 2.0


@bcgraph.compile
def pickled(x: Any) -> Any:
    return x if x > 0 else -x


class Pickled:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, x: Any) -> Any:
        return x * self.scale if x > 0 else -x


def test_pickling_is_that_of_the_function() -> None:
    pickled(tf.constant(-1.0))
    assert pickle.loads(pickle.dumps(pickled)) is pickled
    compiled_object = bcgraph.compile(Pickled(3.0), backend="tensorflow")
    again = pickle.loads(pickle.dumps(compiled_object))
    assert float(again(tf.constant(2.0))) == 6.0
    with pytest.raises((pickle.PicklingError, AttributeError)):  # as of any local function
        pickle.dumps(bcgraph.compile(lambda x: x))


def test_a_fork_has_its_own_graphs() -> None:
    compiled_here = bcgraph.compile(lambda x: x if x > 0 else -x, backend="numpy")
    assert compiled_here(np.float32(-2)) == 2
    process = os.fork()
    if process == 0:
        os._exit(0 if compiled_here(np.float32(-3)) == 3 else 1)
    assert os.waitpid(process, 0)[1] == 0
