"""What writes: assignments, deletions; and what enters and leaves `with` and `except`."""

from __future__ import annotations

from typing import Any

from ._expressions import ATOM, Expression, bound, plain
from ._patterns import Patterns


class Writing(Patterns):
    """Instructions that make statements; each method is named by its instruction."""

    def _store_named(self, arg: Any) -> None:
        self._store(plain(arg))

    _store_deref = _store_global = _store_name = _store_named

    def _delete_named(self, arg: Any) -> None:
        self.say(f"del {plain(arg)}")

    _delete_deref = _delete_global = _delete_name = _delete_named

    def _store_attr(self, arg: Any) -> None:
        target = self.pop()
        self._place(f"{target.inside(ATOM)}.{arg}")

    def _store_subscr(self, _: Any) -> None:
        target, key = self.take(2)
        self._place(f"{target.inside(ATOM)}[{key.text}]")

    def _store_slice(self, _: Any) -> None:
        target, start, stop = self.take(3)
        self._place(f"{target.inside(ATOM)}[{bound(start)}:{bound(stop)}]")

    def _place(self, target: str) -> None:
        value = self.pop()
        if value.kind == "unpacked":
            self._unpacked(value, target)
        elif value.kind == "inplace" and value.parts[0] == target:
            self.say(f"{target} {value.parts[1]}= {value.parts[2]}")
        else:
            self.say(f"{target} = {value.text}")

    def _delete_attr(self, arg: Any) -> None:
        self.say(f"del {self.pop().inside(ATOM)}.{arg}")

    def _delete_subscr(self, _: Any) -> None:
        target, key = self.take(2)
        self.say(f"del {target.inside(ATOM)}[{key.text}]")

    def _unpack_sequence(self, count: int) -> None:
        if self.stack[-1].kind == "matched":
            self._taken(count, None)
            return
        source, names = self.pop(), list[str]()
        parts = (names, count, source)
        self.stack += [Expression("", kind="unpacked", parts=parts) for _ in range(count)]

    def _unpack_ex(self, arg: int) -> None:
        before, after = arg & 0xFF, arg >> 8
        if self.stack[-1].kind == "matched":
            self._taken(before, after)
            return
        source, names = self.pop(), list[str]()
        parts = (names, before + 1 + after, source)
        texts = [*[""] * before, "*", *[""] * after]
        self.stack += [Expression(t, kind="unpacked", parts=parts) for t in reversed(texts)]

    # `with` and `except`

    def _before_with(self, _: Any) -> None:
        value = self.pop()
        self.stack.append(Expression(value.text, kind="exit"))
        self.stack.append(Expression(f"{value.inside(ATOM)}.__enter__()", kind="entered"))

    def _push_exc_info(self, _: Any) -> None:
        self.stack.insert(len(self.stack) - 1, Expression("", kind="iterator"))

    def _pop_except(self, _: Any) -> None:
        self.pop()

    def _check_exc_match(self, _: Any) -> None:
        kind = self.pop()
        self._push(f"isinstance({self.stack[-1].text}, {kind.text})", ATOM, "match", kind.text)
