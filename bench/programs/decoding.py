"""Greedy and beam search with an early stop."""

import numpy as np

from ._program import Forms, Program, Sizes

UNITS, WORDS, BEAMS, END = 16, 24, 4, 0


def _data(size):
    """A small random decoder: the end is unlikely before the turn number `size`, and sure after."""
    random = np.random.default_rng(1)
    embedding = random.normal(size=(WORDS, UNITS))
    u = random.normal(size=(UNITS, UNITS), scale=0.2)
    out = random.normal(size=(UNITS, WORDS))
    push = np.where(np.arange(WORDS) == END, 50.0, 0.0)
    arrays = [array.astype("float32") for array in (embedding, u, out, push)]
    return *arrays, np.array(size, "int32"), np.array(2 * size, "int32")


def _greedy():
    import tensorflow as tf

    def greedy(embedding, u, out, push, late, limit):
        token = tf.constant(1)
        state = tf.zeros([1, u.shape[0]])
        tokens = []
        for step in range(limit):
            state = tf.tanh(embedding[token] + state @ u)
            scores = (state @ out)[0] + tf.cast(step - late, tf.float32) * push
            token = tf.argmax(scores, output_type=tf.int32)
            if token == END:
                break
            tokens.append(token)
        return tf.stack(tokens)

    def by_hand(embedding, u, out, push, late, limit):
        def turn(step, token, state, tokens):
            tokens = tokens.write(step - 1, token)
            return step + 1, *decoded(step, token, state), tokens

        def decoded(step, token, state):
            state = tf.tanh(embedding[token] + state @ u)
            scores = (state @ out)[0] + tf.cast(step - late, tf.float32) * push
            return tf.argmax(scores, output_type=tf.int32), state

        tokens = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=())
        first = decoded(tf.constant(0), tf.constant(1), tf.zeros([1, u.shape[0]]))

        def goes(step, token, state, tokens):
            return (step <= limit) & (token != END)

        return tf.while_loop(goes, turn, (1, *first, tokens))[-1].stack()

    return Forms(greedy, by_hand=by_hand)


def _beam():
    import tensorflow as tf

    def turn(step, states, scores, ended, tokens, embedding, u, out, push, late):
        """One step of all beams: their new states, scores, whether they have ended, and tokens."""
        words = tf.gather(tokens, tf.maximum(step - 1, 0), axis=1)
        states = tf.tanh(tf.gather(embedding, words) + states @ u)
        likely = tf.nn.log_softmax(states @ out + tf.cast(step - late, tf.float32) * push)
        stays = tf.where(tf.range(WORDS) == END, 0.0, -1e9)
        totals = scores[:, tf.newaxis] + tf.where(ended[:, tf.newaxis], stays, likely)
        scores, picked = tf.math.top_k(tf.reshape(totals, [-1]), BEAMS)
        parents, words = picked // WORDS, picked % WORDS
        here = tf.range(tokens.shape[1]) == step
        tokens = tf.where(here, words[:, tf.newaxis], tf.gather(tokens, parents))
        ended = tf.gather(ended, parents) | (words == END)
        return tf.gather(states, parents), scores, ended, tokens

    def begin(u, limit):
        scores = tf.where(tf.range(BEAMS) == 0, 0.0, -1e9)
        states, ended = tf.zeros([BEAMS, u.shape[0]]), tf.zeros([BEAMS], tf.bool)
        return states, scores, ended, tf.ones([BEAMS, ROOM], tf.int32)

    def beam(embedding, u, out, push, late, limit):
        states, scores, ended, tokens = begin(u, limit)
        step = 0
        while step < limit:
            states, scores, ended, tokens = turn(
                step, states, scores, ended, tokens, embedding, u, out, push, late
            )
            if tf.reduce_all(ended):
                break
            step += 1
        return scores, tokens

    def by_hand(embedding, u, out, push, late, limit):
        def goes(step, states, scores, ended, tokens):
            return (step < limit) & ~tf.reduce_all(ended)

        def body(step, *state):
            return step + 1, *turn(step, *state, embedding, u, out, push, late)

        _, _, scores, _, tokens = tf.while_loop(goes, body, (0, *begin(u, limit)))
        return scores, tokens

    return Forms(beam, by_hand=by_hand)


ROOM = 64  # tokens in a row of the beam search, at most

GREEDY = Program(
    "greedy search",
    "for + break, list append",
    _data,
    Sizes(5, 40, 100),
    lambda size: size + 1,
    {"tensorflow": _greedy},
    exits=True,
)
BEAM = Program(
    "beam search",
    "while, break at the end",
    _data,
    Sizes(5, 20, 30),
    lambda size: size + 1,
    {"tensorflow": _beam},
    exits=True,
    tolerance=1e-3,
)
