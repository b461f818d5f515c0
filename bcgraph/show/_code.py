"""`to_code`: a converted function as readable text, from its bytecode alone."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, MappingProxyType
from typing import Any

from bcgraph._places import place_of_code
from bcgraph.cfg import Cfg, build
from bcgraph.errors import UnreadableFunction, UnsupportedPython
from bcgraph.instructions import UnknownPython, UnreadableCode, read
from bcgraph.runtime import original

from ._expressions import Defaults, Statement, Unreadable
from ._nested import arguments
from ._nodes import Guarded, If, Node, Repeat
from ._structure import structure

Marks = dict[int, str]
_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_Line = tuple[str, int | None]
_GIVEN = (
    "__module__", "__qualname__", "__firstlineno__", "__static_attributes__", "__classcell__",
)  # fmt: skip


def code_of(fn: Any) -> CodeType:
    """The code object of a function, method, or callable object; of a converted one, what it was.

    Raises `TypeError` if there is none.
    """
    target = inspect.unwrap(fn)
    for found in (target, getattr(target, "func", None), type(target).__call__):
        code = getattr(found, "__code__", None)
        if isinstance(code, CodeType):
            return original(code)
    raise TypeError(f"{fn!r} is no Python function")


def graph_of(code: CodeType) -> Cfg:
    """The control-flow graph of a function's code.

    Raises `UnreadableFunction`, or `UnsupportedPython`.
    """
    try:
        return build(read(code))
    except UnknownPython as error:
        raise UnsupportedPython(str(error), place=place_of_code(code)) from None
    except UnreadableCode as error:
        raise UnreadableFunction(str(error), place=place_of_code(code)) from None


def printed(
    code: CodeType, marks: Marks, defaults: Defaults = MappingProxyType({})
) -> Iterator[tuple[str, int | None]]:
    """The lines of a function, each with the source line that it is of.

    `marks` gives, for the block of a branch or `for`, what to say beside it.
    """
    name = code.co_name if code.co_name.isidentifier() else f"_{code.co_name.strip('<>')}"
    word = "async def" if code.co_flags & _ASYNC else "def"
    yield f"{word} {name}({arguments(code, defaults)}):", code.co_firstlineno
    yield from ((f"    {text}", None) for text in _declared(code))
    yield from _body(code, "    ", marks)


def _body(code: CodeType, indent: str, marks: Marks) -> Iterator[_Line]:
    """What a function or a class does."""
    try:
        nodes = structure(code)
    except Unreadable as reason:
        yield f"{indent}# Not structured ({reason}); its blocks:", None
        for line in str(graph_of(code)).splitlines():
            yield f"{indent}{line}", None
        return
    if not code.co_flags & inspect.CO_OPTIMIZED:
        nodes = tuple(filter(_is_own, nodes))
    yield from _lines(nodes, indent, marks)


def _declared(code: CodeType) -> Iterator[str]:
    """The `global` and `nonlocal` declarations that a function needs."""
    written: dict[str, list[str]] = {"global": [], "nonlocal": []}
    for ins in dis.get_instructions(code):
        if ins.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            written["global"].append(ins.argval)
        elif ins.opname in ("STORE_DEREF", "DELETE_DEREF") and ins.argval in code.co_freevars:
            written["nonlocal"].append(ins.argval)
    for word, names in written.items():
        if names:
            yield f"{word} {', '.join(dict.fromkeys(names))}"


def _lines(nodes: tuple[Node, ...], indent: str, marks: Marks) -> Iterator[tuple[str, int | None]]:
    if not nodes:
        yield f"{indent}pass", None
    deeper = indent + "    "
    for node in nodes:
        match node:
            case Statement(text, line, None, _):
                yield f"{indent}{text}", line
            case Statement(text, line, code, defaults):
                assert code is not None
                if text.startswith("class "):
                    yield from _class(text, line, code, indent)
                    continue
                named = text.removeprefix("def ")
                for inner, its in printed(code.replace(co_name=named), {}, defaults):
                    yield f"{indent}{inner}", its
            case If():
                yield from _if(node, "if", indent, marks)
            case Repeat(head, body, other, line, sites):
                yield _marked(f"{indent}{head}:", sites, marks), line
                yield from _lines(body, deeper, marks)
                if other:
                    yield f"{indent}else:", None
                    yield from _lines(other, deeper, marks)
            case Guarded(head, body, handlers, line):
                yield f"{indent}{head}:", line
                yield from _lines(body, deeper, marks)
                for clause, handled in handlers:
                    yield f"{indent}{clause}:", None
                    yield from _lines(handled, deeper, marks)


def _class(text: str, line: int | None, code: CodeType, indent: str) -> Iterator[_Line]:
    yield f"{indent}{text}:", line
    yield from _body(code, indent + "    ", {})


def _is_own(node: Node) -> bool:
    """Whether a statement of a class is the program's, not what the compiler puts into each."""
    text = node.text if isinstance(node, Statement) else ""
    return text.partition(" = ")[0] not in _GIVEN and not text.startswith("return ")


def _if(node: If, word: str, indent: str, marks: Marks) -> Iterator[tuple[str, int | None]]:
    yield _marked(f"{indent}{word} {node.test}:", node.sites, marks), node.line
    yield from _lines(node.then, indent + "    ", marks)
    if len(node.other) == 1 and isinstance(node.other[0], If):
        yield from _if(node.other[0], "elif", indent, marks)
    elif node.other:
        yield f"{indent}else:", None
        yield from _lines(node.other, indent + "    ", marks)


def _marked(text: str, sites: tuple[int, ...], marks: Marks) -> str:
    said = list(dict.fromkeys(marks[site] for site in sites if site in marks))
    return f"{text}  # {'; '.join(said)}" if said else text


def text_of(code: CodeType) -> str:
    """The text of a function's code, nothing marked."""
    return "\n".join(text for text, _ in printed(code, {}))


def to_code(fn: Callable[..., Any]) -> str:
    """A function as Python-like text, made of its bytecode, with what is staged of it marked.

    `if`, `while`, `for` and `try` are recovered from the graph. The text is for people: defaults
    and decorators are not in it, and it is never run.

    Raises:
        TypeError: if `fn` is no Python function.
        UnreadableFunction, UnsupportedPython: if its bytecode cannot be read.
    """
    from ._explain import marks_of

    code = code_of(fn)
    return "\n".join(text for text, _ in printed(code, marks_of(code))) + "\n"
