"""Learning to learn (MAML): loops in loops, a gradient through gradient steps."""

import numpy as np

from ._program import Forms, Program, Sizes

TASKS, SAMPLES, FEATURES, ADAPTATIONS = 3, 8, 6, 3


def _data(size):
    random = np.random.default_rng(0)
    x = random.normal(size=(TASKS, SAMPLES, FEATURES)).astype("float32")
    y = (x @ random.normal(size=(TASKS, FEATURES, 1)).astype("float32"))[:, :, 0]
    numbers = [np.array(n, "int32") for n in (TASKS, ADAPTATIONS, size)]
    return np.zeros(FEATURES, "float32"), x, y, *numbers


def _tensorflow():
    import tensorflow as tf

    def loss_of(w, x, y):
        return tf.reduce_mean((tf.linalg.matvec(x, w) - y) ** 2)

    def maml(w, xs, ys, tasks, adaptations, steps):
        step = 0
        while step < steps:
            with tf.GradientTape() as outer:
                outer.watch(w)
                total = 0.0
                for task in range(tasks):
                    x, y = xs[task], ys[task]
                    fast = w
                    for _ in range(adaptations):
                        with tf.GradientTape() as inner:
                            inner.watch(fast)
                            loss = loss_of(fast, x, y)
                        fast = fast - 0.1 * inner.gradient(loss, fast)
                    total += loss_of(fast, x, y)
            w = w - 0.05 * outer.gradient(total, w)
            step += 1
        return w

    def by_hand(w, xs, ys, tasks, adaptations, steps, bounds=(None, None)):
        def adapt(w, x, y):
            def turn(i, fast):
                with tf.GradientTape() as inner:
                    inner.watch(fast)
                    loss = loss_of(fast, x, y)
                return i + 1, fast - 0.1 * inner.gradient(loss, fast)

            first = (0, w)
            return tf.while_loop(
                lambda i, _: i < adaptations, turn, first, maximum_iterations=bounds[0]
            )[1]

        def outer_turn(step, w):
            def turn(task, total):
                x, y = xs[task], ys[task]
                return task + 1, total + loss_of(adapt(w, x, y), x, y)

            with tf.GradientTape() as outer:
                outer.watch(w)
                total = tf.while_loop(
                    lambda task, _: task < tasks, turn, (0, 0.0), maximum_iterations=bounds[1]
                )[1]
            return step + 1, w - 0.05 * outer.gradient(total, w)

        return tf.while_loop(lambda step, _: step < steps, outer_turn, (0, w))[1]

    def by_hand_xla(*arguments):
        return by_hand(*arguments, (ADAPTATIONS, TASKS))

    return Forms(maml, by_hand=by_hand, by_hand_xla=by_hand_xla)


PROGRAM = Program(
    "maml",
    "three nested loops, nested tapes",
    _data,
    Sizes(2, 10, 30),
    lambda size: size * TASKS * ADAPTATIONS,
    {"tensorflow": _tensorflow},
    tolerance=1e-3,
)
