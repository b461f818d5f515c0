"""Orders over a graph: depth-first numbering, dominators, post-dominators, natural loops.

Dominators by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001); what is
reached from a node by Tarjan's strongly connected components, as in Nuutila, "Efficient Transitive
Closure Computation in Large Digraphs" (1995).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ._graph import Loop

Successors = Callable[[int], Sequence[int]]
Found = tuple[int, Sequence[int]]


def postorder(entry: int, successors: Successors) -> list[int]:
    """Nodes reachable from `entry`, each after all that it leads to (but for back edges)."""
    seen = {entry}
    out: list[int] = []
    stack = [(entry, iter(successors(entry)))]
    while stack:
        node, rest = stack[-1]
        for following in rest:
            if following not in seen:
                seen.add(following)
                stack.append((following, iter(successors(following))))
                break
        else:
            out.append(node)
            stack.pop()
    return out


def closure(entry: int, known: dict[int, int], look: Callable[[int], Found]) -> int:
    """The union of the sets of all nodes reached from the entry.

    `look` tells a node's own set, as bits, and where it leads. Each edge is followed once: `known`
    keeps what was found for each node on the way, for the next entry. Nodes of one cycle have the
    same.
    """
    if entry in known:
        return known[entry]
    union, successors = look(entry)
    if not successors:
        known[entry] = union
        return union
    found, first = {entry: union}, {entry: 0}  # the lowest number in the same cycle, as it seems
    number = {entry: 0}
    unfinished = [entry]  # whose cycle is not complete
    stack = [(entry, iter(successors))]
    while stack:
        node, rest = stack[-1]
        for following in rest:
            if following in known:
                found[node] |= known[following]
            elif following in number:
                first[node] = min(first[node], number[following])
            else:
                found[following], successors = look(following)
                number[following] = first[following] = len(number)
                unfinished.append(following)
                stack.append((following, iter(successors)))
                break
        else:
            stack.pop()
            if first[node] == number[node]:
                done = None
                while done != node:
                    done = unfinished.pop()
                    known[done] = found[node]
            if stack:
                before = stack[-1][0]
                first[before] = min(first[before], first[node])
                found[before] |= found[node]
    return known[entry]


def dominators(entry: int, successors: Successors) -> dict[int, int]:
    """Immediate dominators of the reachable nodes; the entry is its own."""
    order = postorder(entry, successors)
    return _immediate(order, _predecessors(order, successors))


def _predecessors(nodes: list[int], successors: Successors) -> dict[int, list[int]]:
    before: dict[int, list[int]] = {node: [] for node in nodes}
    for node in nodes:
        for following in successors(node):
            before[following].append(node)
    return before


def _immediate(order: list[int], before: dict[int, list[int]]) -> dict[int, int]:
    """Immediate dominators of nodes in postorder, the entry last."""
    number = {node: i for i, node in enumerate(order)}
    entry = order[-1]
    idom = {entry: entry}
    changed = True
    while changed:
        changed = False
        for node in order[-2::-1]:
            new: int | None = None
            for earlier in before[node]:
                if earlier in idom:
                    new = earlier if new is None else _meet(new, earlier, idom, number)
            if new is not None and idom.get(node) != new:
                idom[node] = new
                changed = True
    return idom


def _meet(a: int, b: int, idom: dict[int, int], number: dict[int, int]) -> int:
    while a != b:
        while number[a] < number[b]:
            a = idom[a]
        while number[b] < number[a]:
            b = idom[b]
    return a


END = -1  # the virtual node after every end of a graph


class PostDominators:
    """The post-dominator tree of a graph whose ends lead to one virtual end."""

    def __init__(self, idom: dict[int, int], depth: dict[int, int]) -> None:
        self._idom, self._depth = idom, depth

    def common(self, nodes: Iterable[int]) -> int | None:
        """The nearest node that every path from each of these to the end passes.

        The virtual end is `END`. Nodes from which no path leads to the end do not count; None if
        none of them counts.
        """
        found: int | None = None
        for node in nodes:
            if node not in self._depth:
                continue
            if found is None:
                found = node
                continue
            a, b = found, node
            while a != b:
                if self._depth[a] < self._depth[b]:
                    a, b = b, a
                a = self._idom[a]
            found = a
        return found


def postdominators(
    nodes: Iterable[int], successors: Successors, ends: Iterable[int]
) -> PostDominators:
    """Post-dominators among `nodes`; `ends` are those that lead to the virtual end."""
    before: dict[int, list[int]] = {END: list(ends)}
    for node in nodes:
        before.setdefault(node, [])
        for following in successors(node):
            before.setdefault(following, []).append(node)
    idom = dominators(END, before.__getitem__)
    depth = {END: 0}
    for node in idom:
        chain = []
        while node not in depth:
            chain.append(node)
            node = idom[node]
        level = depth[node]
        for above in reversed(chain):
            level += 1
            depth[above] = level
    return PostDominators(idom, depth)


def natural_loops(
    entry: int, successors: Successors, flow: Successors
) -> tuple[tuple[Loop, ...], bool]:
    """Natural loops, smallest first, and whether some cycle has more than one entry.

    `successors` holds exception edges too, `flow` only the ordinary ones: back edges are ordinary.
    """
    order = postorder(entry, successors)
    number = {node: i for i, node in enumerate(order)}
    back = [(node, header) for node in order for header in flow(node)]
    back = [(node, header) for node, header in back if number[header] >= number[node]]
    if not back:
        return (), False
    before = _predecessors(order, successors)
    idom = _immediate(order, before)
    level: dict[int, int] = {entry: 0}
    for node in order[-2::-1]:
        level[node] = level[idom[node]] + 1

    def dominates(a: int, b: int) -> bool:
        while level[b] > level[a]:
            b = idom[b]
        return a == b

    members: dict[int, set[int]] = {}
    irreducible = False
    for node, header in back:
        if not dominates(header, node):
            irreducible = True
            continue
        found = members.setdefault(header, {header})
        work = [node]
        while work:
            n = work.pop()
            if n not in found:
                found.add(n)
                work.extend(before[n])
    loops = []
    for header, blocks in sorted(members.items(), key=lambda item: len(item[1])):
        exits = frozenset(s for b in blocks for s in flow(b)) - blocks
        loops.append(Loop(header, frozenset(blocks), sum(1 << b for b in blocks), exits))
    return tuple(loops), irreducible
