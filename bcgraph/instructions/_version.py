"""Which CPython is running."""

from __future__ import annotations

import sys

SUPPORTED = ((3, 11), (3, 12), (3, 13), (3, 14))

PY312 = sys.version_info >= (3, 12)
PY313 = sys.version_info >= (3, 13)
PY314 = sys.version_info >= (3, 14)
