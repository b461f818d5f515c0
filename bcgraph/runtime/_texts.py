"""Texts with staged values in them: f-strings, `%`, `str.format`, what `print` is given."""

from __future__ import annotations

from typing import Any

from bcgraph import _text
from bcgraph.backend import Backend, StagedText
from bcgraph.errors import PythonValueNeeded

from ._lists import StagedList, forward, given, is_staged
from ._values import NATIVE


class Texts:
    """What Python's formatting makes of values of one backend; the hooks of rewritten code."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def is_staged(self, value: Any) -> bool:
        """Whether the text of a value is known only to the running graph."""
        return isinstance(value, StagedText) or is_staged(self.backend, value)

    def told(self, value: Any) -> Any:
        """A list, tuple or dict as its text, if it holds what is staged; any other as itself."""
        value = forward(value)
        if isinstance(value, StagedList):
            return _text.formatted(self._tensor(value), "", "")
        return _text.told(value, self.is_staged, self._tensor)

    def _tensor(self, value: Any) -> Any:
        value = given(value)
        if not isinstance(value, StagedList):
            return value
        stacked = value.stack()
        if not self.backend.is_staged(stacked):
            raise PythonValueNeeded(
                "the text is wanted of a list of several things, whose length only the graph knows",
                mend="stack each of them by itself, and print the tensors",
            )
        return stacked

    def field(self, value: Any, spec: str, conversion: str) -> Any:
        """What a value is in an f-string."""
        if not self.backend.is_recording():
            return NATIVE
        told = self.told(value)
        if not self.is_staged(told):
            return NATIVE
        if told is not value:
            conversion = ""  # a list has one text
        return _text.formatted(self._tensor(told), spec, conversion)

    def percent(self, template: Any, values: Any) -> Any:
        """`template % values`."""
        if type(template) is not str or not self.backend.is_recording():
            return NATIVE
        values = tuple(map(self.told, values if type(values) is tuple else (values,)))
        if not any(map(self.is_staged, values)):
            return NATIVE
        return _text.percent_formatted(template, values, self.is_staged)

    def template(self, template: str, /, *arguments: Any, **keywords: Any) -> Any:
        """`template.format(…)`."""
        arguments = tuple(map(self.told, arguments))
        keywords = {name: self.told(value) for name, value in keywords.items()}
        if not any(map(self.is_staged, (*arguments, *keywords.values()))):
            return template.format(*arguments, **keywords)
        return _text.template_formatted(template, arguments, keywords, self.is_staged)
