"""Programs in which tensors choose among, order and seek structures: tuples, lists, dicts."""

from __future__ import annotations

from typing import Any

from programs.nasty import on
from programs.ops import T

ROWS = ((T([3.0, 1.0, 2.0]),), (T([1.0, 3.0, 2.0]),), (T([1.0, 1.0, 1.0]),))
PLACES = ((T([3.0, 1.0, 2.0]), T(1)), (T([1.0, 3.0, 2.0]), T(0)), (T([1.0, 3.0, 2.0]), T(-1)))


@on(*ROWS)
def structures_sorted_by_a_part(xs: Any) -> Any:
    pairs = sorted([(xs[0], 0), (xs[1], 1), (xs[2], 2)], key=lambda pair: pair[0])
    down = sorted(pairs, key=lambda pair: pair[0], reverse=True)
    return pairs, down[0][1], [place for _, place in down]


@on(*ROWS)
def structures_sorted_by_all_parts(xs: Any) -> Any:
    pairs = [(xs[0], 5), (xs[1], 2), (xs[2], 3)]
    by_both = sorted(pairs, key=lambda pair: (-pair[0], pair[1]))
    return sorted(pairs), sorted(pairs, reverse=True), by_both


@on(*ROWS)
def structures_sorted_in_place(xs: Any) -> Any:
    rows = [{"score": xs[0], "place": 0}, {"score": xs[1], "place": 1}]
    rows.sort(key=lambda row: -row["score"])
    rows[0]["place"] = rows[0]["place"] + 10
    return rows[0]["place"], rows[1]["place"]


@on(*ROWS)
def structures_sorted_keys_of_a_dict(xs: Any) -> Any:
    scores = {0: xs[0], 1: xs[1], 2: xs[2]}
    best = sorted(scores.items(), key=lambda item: item[1])[0][0]
    return sorted(scores, key=scores.get), best, sorted(range(3), key=lambda i: -scores[i])


@on(*ROWS)
def structures_sorted_of_a_tensor(xs: Any) -> Any:
    numbered = sorted(enumerate(xs), key=lambda item: item[1])
    return numbered[0][0], sorted(zip(xs, [5, 6, 7], strict=True))[0][1]


@on((T([3.0, 1.0, 2.0]),), (T([1.0, 3.0, 2.0]),))
def structures_greatest_of_a_staged_list(xs: Any) -> Any:
    large = [(x, i) for i, x in enumerate(xs) if x > 1.5]
    return max(large)[1], min(large, key=lambda pair: pair[0])[1]


@on(*ROWS)
def structures_beam_search(xs: Any) -> Any:
    beams: list[Any] = [((), xs[0] * 0)]
    for _ in range(2):
        grown = [
            ((*tokens, token), score + xs[token] - 0.1 * len(tokens) * token)
            for tokens, score in beams
            for token in range(3)
        ]
        beams = sorted(grown, key=lambda beam: beam[1], reverse=True)[:2]
    return beams


@on(*ROWS)
def structures_least_and_greatest(xs: Any) -> Any:
    pairs = [(xs[i], i) for i in range(3)]
    return max((xs[0], 0), (xs[1], 1)), min(pairs), max(pairs, key=lambda pair: -pair[0])


@on(*PLACES)
def structures_row_of_rows(xs: Any, i: Any) -> Any:
    rows = [[xs[0], xs[1]], [xs[2], xs[0] * 2]]
    row = rows[i]
    row[0] = row[0] + 1
    return row[0] + row[1], len(row)


@on(*PLACES)
def structures_swapped(xs: Any, i: Any) -> Any:
    rows = [[xs[0], xs[1]], [xs[2], xs[0] * 2]]
    rows[0], rows[i] = rows[i], rows[0]
    return rows


@on(*PLACES)
def structures_named(xs: Any, i: Any) -> Any:
    rows = ({"a": xs[0], "b": 1}, {"a": xs[1], "b": 2})
    return rows[i]["a"] * rows[i]["b"]


@on((T(1), T(0)), (T(2), T(3)), (T(5), T(5)))
def structures_sought(a: Any, b: Any) -> Any:
    seen = [(0, 1), (2, 3)]
    found = 0
    if (a, b) in seen:
        found += 1
    if (b, a) in seen:
        found += 2
    if (a, b) not in ((5, 5), (6, 6)):
        found += 4
    if [a] in [[1], [2]]:
        found += 8
    return found


@on((T(3.0),), (T(-2.0),))
def maybe_a_tuple_is_true(x: Any) -> Any:
    found = None
    if x > 0:
        found = (x, 1)
    if found:
        value, count = found
        return value + count
    return x
