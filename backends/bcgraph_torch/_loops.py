"""A repair of Inductor's loops in C++, for graphs that it compiles inside `own_results`.

A loop without turns gives its first values themselves, whose memory Inductor takes for free or for
another value: results and other values were overwritten (PyTorch 2.13). Here loops work on copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch._inductor.codegen.cpp_wrapper_cpu import CppWrapperCpu

_HANDS_ON, _COPIES = "aoti_torch_assign_tensors_out(", "aoti_torch_clone("
_STARTS = "while (1) {"
_TAG = "bcgraph: loops own their results"  # compiled code of others is not taken from caches


@contextmanager
def own_results() -> Iterator[None]:
    """Inside, the results of a compiled loop are nobody else's."""
    original = CppWrapperCpu.codegen_while_loop

    def codegen(self: Any, loop: Any, *rest: Any, **keywords: Any) -> None:
        write, left = self.writeline, [len(loop.carried_inputs)]

        def writeline(line: Any) -> None:
            if line == _STARTS:
                del self.writeline
                if left[0]:
                    raise NotImplementedError("a loop in Inductor's C++ begins in an unknown way")
            elif isinstance(line, str) and _HANDS_ON in line:
                left[0] -= 1
                line = line.replace(_HANDS_ON, _COPIES)
            write(line)

        self.writeline = writeline
        original(self, loop, *rest, **keywords)

    CppWrapperCpu.codegen_while_loop = codegen
    try:
        with torch.compiler.config.patch(cache_key_tag=_TAG):
            yield
    finally:
        CppWrapperCpu.codegen_while_loop = original
