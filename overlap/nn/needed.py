"""What the package cannot do without: torch, or a line that says how to get it.

Examples
--------
>>> torch.__name__
'torch'
"""

from __future__ import annotations

try:
    import torch
except ModuleNotFoundError as error:
    if error.name != "torch":
        # torch is there, and something of its own is not
        raise
    raise ModuleNotFoundError('overlap.nn needs torch: pip install "overlap-toolkit[torch]"', name="torch") from None

__all__ = ["torch"]
