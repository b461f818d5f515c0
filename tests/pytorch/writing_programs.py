"""Programs that write tensors in place, in branches and loops."""

from __future__ import annotations

from typing import Any

import torch


def total_in_a_branch(x: Any, y: Any) -> Any:
    total = x * 1
    if y.sum() > 0:
        total += y
    return total


def total_under_another_name(x: Any, y: Any) -> Any:
    total = x * 1
    a = total
    if y.sum() > 0:
        total += y
    return a, total


def total_in_loops(x: Any, y: Any) -> Any:
    total = 0.0
    for row in x:
        for v in row:
            if v > y.sum():
                total += v
    return total


def total_left_early(x: Any, y: Any) -> Any:
    total = 0.0
    index = 0
    for i in range(20):
        index = i
        if total > y.sum():
            break
        total += x[i % 2, 0]
    return total, index


def argument_in_a_branch(x: Any, y: Any) -> Any:
    if y.sum() > 0:
        x += y
    return x * 2


def argument_in_both_ways(x: Any, y: Any) -> Any:
    if y.sum() > 0:
        x.add_(y)
    else:
        x.mul_(3).sub_(1)
    return x


def argument_in_a_loop(x: Any, y: Any) -> Any:
    while x.sum() < 20:
        x += y.abs() + 1
    return x


def another_argument_in_a_loop(x: Any, y: Any) -> Any:
    i = 0
    while i < x.sum():
        y += i
        i = i + 1
    return y.sum()


def what_the_test_reads(x: Any, y: Any) -> Any:
    z = x * 1
    a = z
    while a.sum() < 30:
        z += 1 + y.abs()
    return a


def both_arguments(x: Any, y: Any) -> Any:
    if x.sum() > y.sum():
        x -= 1
        y += 1
    else:
        y.copy_(x)
        x.zero_()
    return x, y


def nested_branches(x: Any, y: Any) -> Any:
    z = x * 2
    if y.sum() > 0:
        if x.sum() > 0:
            z += y
            z *= 2
        z -= 1
    return z


def nested_loops(x: Any, y: Any) -> Any:
    z = x.clone()
    a = z
    i = 0
    while i < y.abs().sum():
        j = 0
        while j < i:
            z += j
            j = j + 1
            if j > 3:
                z *= 0.5
        i = i + 1
    return z, a.sum()


def element_in_a_branch(x: Any, y: Any) -> Any:
    if y.sum() > 0:
        x[0] += 1
    return x


def element_in_a_loop(x: Any, y: Any) -> Any:
    z = torch.zeros(4)
    for i in range(y.abs().sum().int()):
        z[i % 4] += x.sum()
        z[0] = z[0] + i
    return z


def view_from_before(x: Any, y: Any) -> Any:
    z = x * 1
    row = z[0]
    if y.sum() > 0:
        z += y
    return row, z


def view_is_written(x: Any, y: Any) -> Any:
    z = x * 1
    row = z[0]
    i = 0
    while i < y.sum():
        row += 1
        i = i + 1
    return z


def view_made_inside(x: Any, y: Any) -> Any:
    z = x * 1
    if y.sum() > 0:
        column = z[:, 0]
        column *= 3
        z.t()[1].fill_(7)
    return z


def column_of_an_argument(x: Any, y: Any) -> Any:
    column = x[:, 1]
    i = 0
    while i < y.sum():
        column += i
        i = i + 1
    return column


def pieces(x: Any, y: Any) -> Any:
    z = x * 1
    a, b = z.chunk(2)
    if y.sum() > 0:
        a += b
    return z


def made_inside(x: Any, y: Any) -> Any:
    if y.sum() > 0:
        z = x * 2
        z += 1
        z[0] = 5
    else:
        z = x - 1
        z.clamp_(min=0)
    return z


def chosen(x: Any, y: Any) -> Any:
    z = x if y.sum() > 0 else y
    z += 1
    return x * 1, y * 1


def chosen_and_fresh(x: Any, y: Any) -> Any:
    z = x * 2 if y.sum() > 0 else y * 3
    z += 1
    return z


def chosen_in_a_loop(x: Any, y: Any) -> Any:
    z = x
    i = 0
    while i < y.sum():
        z += 1
        z = z * 2
        i = i + 1
    return z, x


def made_anew_in_a_loop(x: Any, y: Any) -> Any:
    z = x * 1
    i = 0
    while i < y.sum():
        old = z
        z = z * 2
        z += old
        i = i + 1
    return z


def kept_from_before(x: Any, y: Any) -> Any:
    z = x * 1
    old = z
    i = 0
    while i < y.sum():
        old = z
        z += 1
        i = i + 1
    return z, old


def exchanged(x: Any, y: Any) -> Any:
    a, b = x * 1, x * 2
    i = 0
    while i < y.sum():
        a += 1
        a, b = b, a
        i = i + 1
    return a, b


def narrow_keeps_its_dtype(x: Any, y: Any) -> Any:
    z = x * 1
    if y.sum() > 0:
        z += y.double() / 3
    return z


def integers(x: Any, y: Any) -> Any:
    n = torch.zeros((), dtype=torch.int32)
    for v in y:
        if (v > 0).any():
            n += v.long().sum()
    return n


def smaller_operand(x: Any, y: Any) -> Any:
    if y.sum() > 0:
        x += y[0, 0]
    return x


def of_itself(x: Any, y: Any) -> Any:
    z = x * 1
    while z.sum().abs() < 50 and y.sum() > 0:
        z += z + 1
    return z


def result_of_the_write(x: Any, y: Any) -> Any:
    z = x * 1
    if y.sum() > 0:
        w = z.add_(1)
        w.mul_(2)
    else:
        w = z
    return z, w


def transposed(x: Any, y: Any) -> Any:
    z = x.t()
    if y.sum() > 0:
        z += y
    return x


def transposed_in_a_loop(x: Any, y: Any) -> Any:
    z = x.t()
    i = 0
    while i < y.sum():
        z += y
        i = i + 1
    return x, z


def into_a_result(x: Any, y: Any) -> Any:
    z = torch.zeros_like(x)
    if y.sum() > 0:
        torch.add(x, y, out=z)
    return z


def of_several(x: Any, y: Any) -> Any:
    a, b = x * 1, y * 1
    if y.sum() > 0:
        torch._foreach_add_([a, b], 1.0)
    return a, b


def before_and_after(x: Any, y: Any) -> Any:
    x += 1
    before = x * 1
    if y.sum() > 0:
        x += 1
    after = x * 1
    x -= 3
    return before, after


def by_a_closure(x: Any, y: Any) -> Any:
    z = x * 1

    def add(v: Any) -> None:
        z.add_(v)

    for v in y:
        if v.sum() > 0:
            add(v.sum())
    return z


def in_a_list(x: Any, y: Any) -> Any:
    held = [x * 1, y * 1]
    if y.sum() > 0:
        held[0] += 1
    return held


def twice_in_a_loop(x: Any, y: Any) -> Any:
    a = b = x * 1
    i = 0
    while i < y.sum():
        a += 1
        b *= 2
        i = i + 1
    return a, b


def early_return(x: Any, y: Any) -> Any:
    z = x * 1
    for v in y:
        z += v.sum()
        if z.sum() > 5:
            return z * 2
        z *= 1.5
    return z


PROGRAMS = [fn for fn in list(globals().values()) if getattr(fn, "__module__", "") == __name__]
