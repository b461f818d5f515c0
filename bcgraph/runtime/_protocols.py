"""Methods of users' classes that CPython calls, and whose result it wants to see at once."""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from bcgraph._library import is_users_class

from ._values import NATIVE

_ASKED = {bool: "__bool__", len: "__len__", int: "__int__", float: "__float__",
          operator.index: "__index__"}  # fmt: skip


class Protocols:
    """Calls such methods by themselves, so that what they give may be staged."""

    def __init__(self, convert: Callable[[Any], Any], is_staged: Callable[[Any], bool]) -> None:
        self._convert, self._is_staged = convert, is_staged
        self._last: tuple[Any, Any] = (None, None)

    def asked(self, function: Any, values: tuple[Any, ...]) -> Any:
        """What `bool`, `len`, `int` … of an object gives, if that is staged."""
        name = _ASKED.get(function)
        if name is None or len(values) != 1:
            return NATIVE
        return self._result(values[0], name)

    def truth(self, value: Any) -> Any:
        """An object's staged truth; of any other value itself.

        A branch asks twice: whether it is staged, and what it is.
        """
        asked, found = self._last
        if asked is value and value is not None:
            self._last = (None, None)
            return found
        found = self._result(value, "__bool__")
        if found is NATIVE:
            return value
        self._last = (value, found)
        return found

    def contains(self, item: Any, container: Any) -> Any:
        """Whether an object says that it holds an item, if that is staged."""
        return self._result(container, "__contains__", item)

    def _result(self, value: Any, name: str, *arguments: Any) -> Any:
        kind = type(value)
        if not is_users_class(kind):
            return NATIVE
        method = getattr(kind, name, None)
        if type(method) is not FunctionType:
            return NATIVE
        found = self._convert(MethodType(method, value))(*arguments)
        return found if self._is_staged(found) else NATIVE
