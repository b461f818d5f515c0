"""What rewritten code calls. The runtime hands these in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from bcgraph.regions import Flow, Site

SiteHook = Callable[..., tuple[int | None, Any]]


@dataclass(frozen=True, eq=False)
class Hooks:
    """The calls that rewritten code makes, and which of them it needs.

    - `staged(value)`: whether a predicate is staged. With `everything` it is not asked: all are.
    - `site(held, site)`, `held()` being the flow, gives the function that a diverted site calls
      with its operand (a tuple of them, if it has not just one), each of its variables, each of
      the function's cells; it returns (index into `site.resumes`, what to store) or (None, what to
      return).
    - `iterate(value)`: what to iterate over; a staged iterator is a `Mapping` (by registration),
      which one instruction can tell from any native iterator.
    - `walked(iterator, refusal)`: an iterator of Python's over the items of a staged one, for a
      loop that cannot be staged.
    - `resolve(callable)`: what to call instead.
    - `negate`, `contains(item, container, inverted)` (or `native`), `append(list, value)`: staged
      meanings of `not`, `in`, a comprehension's append; `unpack(value, count)` that of unpacking,
      into any number of targets or arguments without a count.
    - `text(value, spec, conversion)` (or `native`), `join(texts)`: parts of an f-string, and it;
      `percent(template, values)` (or `native`): `%` of a text.
    - `is_none(value, inverted)`: what `is None` of a value is that may be None as the graph runs.
    - `subscript(sequence, key)`, `slot(sequence, key)`: the sequence of which an element is taken,
      or set, instead;
      `joined(sequence, other)`: the same for `+`, `*`, `+=`, `*=`.
    - `compared(sequence, other)`: what to compare instead with the other, by `==`, `<` ….
    - `read(value, name)`: a variable that may have no value on some path is read.
    - `local(name)`: the caller's local variable, or `undefined`.
    - `entered(manager)`: the context manager of a `with` that begins.
    - `suppressed(result)`: told what has left a `with` because of an exception; true if it has
      suppressed it.
    - `nested(code)`: what a nested function's code becomes.
    - `born(container)`: told of a new list, dict or set, where `journal` asks for it.
    - `attribute(object, name)`, `item(object, key)`, `variable(name)` (a global), `cell(cell)`:
      told before a write: the first two where `symbolic` asks for it, the others where `journal`
      does; so is `item_read(object, key)` before a read, which of some containers is a write.
    """

    staged: Callable[[object], bool]
    site: Callable[[Callable[[], Flow | None], Site], SiteHook]
    iterate: Callable[[object], object]
    walked: Callable[[object, str], object]
    resolve: Callable[[object], object]
    negate: Callable[[object], object]
    contains: Callable[[object, object, bool], object]
    is_none: Callable[[object, bool], object]
    text: Callable[[object, str, str], object]
    join: Callable[[tuple[object, ...]], object]
    percent: Callable[[object, object], object]
    unpack: Callable[[object, int | None], object]
    subscript: Callable[[object, object], object]
    slot: Callable[[object, object], object]
    joined: Callable[[object, object], object]
    compared: Callable[[object, object], object]
    append: Callable[[list[object], object], None]
    read: Callable[[object, str], object]
    local: Callable[[str], object]
    entered: Callable[[object], object]
    suppressed: Callable[[object], object]
    nested: Callable[[CodeType], CodeType]
    born: Callable[[object], None]
    attribute: Callable[[object, str], None]
    item: Callable[[object, object], None]
    item_read: Callable[[object, object], None]
    variable: Callable[[str], None]
    cell: Callable[[object], None]
    undefined: object
    native: object
    everything: bool = False
    journal: bool = False
    symbolic: bool = False

    @property
    def tests(self) -> tuple[str, ...]:
        """The kinds of branch that get a guard: a value may be None as the graph runs only."""
        return ("truth", "none") if self.symbolic or self.everything else ("truth",)
