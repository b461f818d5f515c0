"""A dynamic RNN with masking, forward, and forward and backward."""

import numpy as np

from ._program import Forms, Program, Sizes

BATCH, FEATURES, UNITS = 8, 16, 32


def _data(size):
    random = np.random.default_rng(0)
    x = random.normal(size=(BATCH, size, FEATURES)).astype("float32")
    lengths = np.linspace(1, size, BATCH).astype("int32")
    w = random.normal(size=(FEATURES, UNITS), scale=0.2).astype("float32")
    u = random.normal(size=(UNITS, UNITS), scale=0.15).astype("float32")
    return x, lengths, w, u


def _tensorflow():
    import tensorflow as tf

    def rnn(x, lengths, w, u):
        h = tf.zeros([x.shape[0], u.shape[0]])
        for t in range(tf.reduce_max(lengths)):
            new = tf.tanh(x[:, t] @ w + h @ u)
            h = tf.where((t < lengths)[:, tf.newaxis], new, h)
        return h

    def by_hand(x, lengths, w, u, bound=None):
        longest = tf.reduce_max(lengths)

        def turn(t, h):
            new = tf.tanh(x[:, t] @ w + h @ u)
            return t + 1, tf.where((t < lengths)[:, tf.newaxis], new, h)

        first = (0, tf.zeros([x.shape[0], u.shape[0]]))
        return tf.while_loop(lambda t, _: t < longest, turn, first, maximum_iterations=bound)[1]

    return Forms(rnn, by_hand=by_hand)


def _tensorflow_training():
    import tensorflow as tf

    by_hand = _tensorflow().by_hand

    def rnn_training(x, lengths, w, u):
        with tf.GradientTape() as tape:
            tape.watch([w, u])
            h = tf.zeros([x.shape[0], u.shape[0]])
            for t in range(tf.reduce_max(lengths)):
                new = tf.tanh(x[:, t] @ w + h @ u)
                h = tf.where((t < lengths)[:, tf.newaxis], new, h)
            loss = tf.reduce_sum(h * h)
        return loss, tape.gradient(loss, [w, u])

    def training_by_hand(x, lengths, w, u, bound=None):
        with tf.GradientTape() as tape:
            tape.watch([w, u])
            h = by_hand(x, lengths, w, u, bound)
            loss = tf.reduce_sum(h * h)
        return loss, tape.gradient(loss, [w, u])

    def bounded(x, lengths, w, u):
        return training_by_hand(x, lengths, w, u, x.shape[1])

    return Forms(rnn_training, by_hand=training_by_hand, by_hand_xla=bounded)


def _torch():
    import torch
    from torch._higher_order_ops.while_loop import while_loop

    def rnn(x, lengths, w, u):
        h = torch.zeros(x.shape[0], u.shape[0])
        for t in range(lengths.max()):
            new = torch.tanh(x[:, t] @ w + h @ u)
            h = torch.where((t < lengths)[:, None], new, h)
        return h

    def by_hand(x, lengths, w, u):
        longest = lengths.max()

        def turn(t, h):
            new = torch.tanh(x.index_select(1, t.reshape(1)).squeeze(1) @ w + h @ u)
            return t + 1, torch.where((t < lengths)[:, None], new, h)

        first = (torch.tensor(0), torch.zeros(x.shape[0], u.shape[0]))
        return while_loop(lambda t, _: t < longest, turn, first)[1]

    return Forms(rnn, by_hand=by_hand)


def _torch_training():
    import torch
    from torch._higher_order_ops.scan import scan

    rnn = _torch().natural

    def rnn_training(x, lengths, w, u):
        h = rnn(x, lengths, w, u)
        return (h * h).sum()

    def by_hand(x, lengths, w, u):
        """`while_loop` stacks what it carries, turn by turn, for the gradient: a scan is faster."""

        def turn(h, given):
            t, row = given
            new = torch.where((t < lengths)[:, None], torch.tanh(row @ w + h @ u), h)
            return new.clone(), new.sum().clone()

        first = torch.zeros(x.shape[0], u.shape[0])
        steps = torch.arange(x.shape[1])
        h = scan(turn, first, (steps, x.transpose(0, 1).contiguous()), dim=0)[0]
        return (h * h).sum()

    return Forms(rnn_training, by_hand=by_hand, differentiated=(2, 3))


def _jax_forms():
    from jax import lax
    from jax import numpy as jnp

    def by_hand(x, lengths, w, u):
        def turn(h, given):
            t, row = given
            return jnp.where((t < lengths)[:, None], jnp.tanh(row @ w + h @ u), h), None

        steps = jnp.arange(x.shape[1])
        return lax.scan(turn, jnp.zeros((x.shape[0], u.shape[0])), (steps, x.swapaxes(0, 1)))[0]

    return by_hand


def _jax():
    return Forms(by_hand=_jax_forms())


def _jax_training():
    import jax

    by_hand = _jax_forms()

    def loss(w, u, x, lengths):
        return (by_hand(x, lengths, w, u) ** 2).sum()

    def training(x, lengths, w, u):
        return jax.value_and_grad(loss, argnums=(0, 1))(w, u, x, lengths)

    return Forms(by_hand=training)


FORWARD = Program(
    "rnn",
    "for over the longest row, masked",
    _data,
    Sizes(5, 40, 100),
    lambda size: size,
    {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax},
)
TRAINING = Program(
    "rnn training",
    "the same, forward and backward",
    _data,
    Sizes(5, 40, 100),
    lambda size: size,
    {"tensorflow": _tensorflow_training, "torch": _torch_training, "jax": _jax_training},
    tolerance=1e-3,
)
