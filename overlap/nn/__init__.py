"""The losses as torch modules, and a running overlap for validation loops.

Conventions
-----------
- Arrays are ``(batch, class, *spatial)``. A target is bool or floating of the prediction's shape, or integer labels
  ``(batch, *spatial)`` of two classes or more.
- ``from_logits`` names what turns the prediction into probabilities: None (they are), "sigmoid" or "softmax".
- `OverlapLoss` takes any index; the others are named cases of it.
- One ratio is taken for each case and class; with ``batch=True`` the sizes of all cases are added first, so that
  a class which a case lacks still counts. Then ``smooth`` may be 0; otherwise it is 1 cell by default.
- What a t-norm seeks, and when to smooth or to pool, stands in `overlap.losses`.

This module imports torch at once; the rest of the package does not.
"""

from .modules import (
    BoxLoss,
    DiceCELoss,
    DiceLoss,
    FocalTverskyLoss,
    GeneralisedDiceLoss,
    JaccardLoss,
    OverlapLoss,
    TverskyLoss,
)
from .running import RunningOverlap

__all__ = [
    "BoxLoss",
    "DiceCELoss",
    "DiceLoss",
    "FocalTverskyLoss",
    "GeneralisedDiceLoss",
    "JaccardLoss",
    "OverlapLoss",
    "RunningOverlap",
    "TverskyLoss",
]
