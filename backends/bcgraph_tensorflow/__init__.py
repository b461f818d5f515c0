"""The TensorFlow backend: regions become `tf.cond` and `tf.while_loop` in a `tf.function`."""

from ._backend import Backend

__all__ = ["Backend"]
