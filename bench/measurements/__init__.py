"""What is measured: each module's `measure(selection)` yields samples and remarks."""

from . import calls, conversion, growth, programs
from ._selection import Selection

MEASUREMENTS = {
    "programs": programs.measure,
    "calls": calls.measure,
    "conversion": conversion.measure,
    "growth": growth.measure,
}

__all__ = ["MEASUREMENTS", "Selection"]
