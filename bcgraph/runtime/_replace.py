"""Putting a staged list wherever a Python list is held."""

from __future__ import annotations

from types import CellType
from typing import Any

from ._journal import Journal, Location
from ._trees import record_fields


def replace_in_state(
    state: dict[str, Any] | list[Any], old: Any, new: Any, journal: Journal
) -> None:
    """The same for an environment's variables or operands: those are no effects."""
    keys: Any = list(state) if isinstance(state, dict) else range(len(state))
    for key in keys:
        if state[key] is old:
            state[key] = new
        else:
            replace(state[key], old, new, journal)


def replace(holder: Any, old: Any, new: Any, journal: Journal, depth: int = 4) -> None:
    """Puts `new` in place of `old` wherever a dict, list, cell or object holds it, to a depth."""
    if isinstance(holder, CellType):
        location = Location("cell", holder)
        held = location.read()
        if held is old:
            journal.note(location)
            location.write(new)
        return
    pairs: list[tuple[str, Any, Any]]
    if type(holder) is dict:
        pairs = [("item", key, value) for key, value in holder.items()]
    elif type(holder) is list:
        pairs = [("item", i, value) for i, value in enumerate(holder)]
    elif type(holder) is tuple:
        for value in holder:
            replace(value, old, new, journal, depth - 1)
        return
    elif (fields := record_fields(holder)) is not None:
        pairs = [("attribute", name, value) for name, value in fields.items()]
    else:
        return
    for kind, key, value in pairs:
        if value is old:
            location = Location(kind, holder, key)
            journal.note(location)
            location.write(new)
        elif depth and (type(value) in (dict, list, tuple) or record_fields(value) is not None):
            replace(value, old, new, journal, depth - 1)
