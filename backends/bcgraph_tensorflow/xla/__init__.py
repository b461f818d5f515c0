"""What XLA may compile: a copy of a recorded graph that does the same, or says that it did not.

`refusal` tells why a graph has no such copy, `estimated` what the copy would cost and gain,
`copied` makes it.
"""

from ._copy import Copied, copied
from ._cost import Cost, estimated
from ._kept import DTYPES, NotKept, refusal

__all__ = ["DTYPES", "Copied", "Cost", "NotKept", "copied", "estimated", "refusal"]
